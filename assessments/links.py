"""The examiner's link: a signature over (invitation, generation); no secret is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

from accounts.sessions.private_pages import set_readable_cookie, show_while
from digibeoordelen.outbox.links import Link, LinkVoid

from .models import Invitation, Status
from .models.assessment import is_student

LINK_KIND = "examiner"
_LINK_SALT = "assessments.links.link"
_COOKIE_SALT = "assessments.links.cookie"
_OPEN_COOKIE = "formulier_open"


@dataclass
class NoAccess(Exception):
    """Why a link or its cookie gives no access.

    `reason`: `unknown` (an invalid signature), `no_cookie`, `void` (a newer link was made), `expired`, `withdrawn`,
    `replaced` (another took the examiner's place), `cancelled` (the whole assessment), `closed` (final since the form
    was opened), `too_many` and `asked_enough` (`rate_limits`). `invitation` is set unless the signature is invalid.
    `renewable`: whether the examiner may be mailed a new link; not after withdrawal, replacement or cancellation, nor
    when the student left.
    """

    reason: str
    invitation: Invitation | None = None

    @property
    def renewable(self) -> bool:
        if self.invitation is None or self.reason == "withdrawn":
            return False
        return is_active(self.invitation) and not self.invitation.assessment.student_left


def is_active(invitation: Invitation) -> bool:
    """Return whether the invitation is active: not withdrawn or replaced, the assessment not cancelled."""
    return not _inactive_reason(invitation)


def why_closed(invitation: Invitation) -> NoAccess:
    """Return why an examiner with an open form can no longer save it, read again."""
    current = Invitation.objects.select_related("assessment").get(pk=invitation.pk)
    return NoAccess(_inactive_reason(current) or "closed")


def _inactive_reason(invitation: Invitation) -> str:
    """Return the reason why the invitation is no longer active; '' while it is."""
    if invitation.assessment.status == Status.CANCELLED:
        return "cancelled"
    if invitation.withdrawn_at is None:
        return ""
    return "replaced" if invitation.replaced_by_id else "withdrawn"


def token_for(*, invitation: Invitation) -> str:
    """Return the link's token for the invitation's current generation: URL-safe text."""
    return _token(invitation.pk, invitation.generation)


def _token(pk: int, generation: int) -> str:
    return signing.Signer(salt=_LINK_SALT).sign_object([pk, generation])


def mail_link(*, invitation: Invitation, batch: Sequence[Invitation] = ()) -> Link:
    """Return the reference that the outbox stores in place of the link, until it sends.

    `batch` are all invitations of a mail with a link for each: a void link does not hold back the others.
    """
    data: dict[str, Any] = {"invitation": invitation.pk, "generation": invitation.generation}
    if batch:
        data["batch"] = [[other.pk, other.generation] for other in batch]
    return Link(kind=LINK_KIND, data=data)


def resolve(data: Mapping[str, Any]) -> str:
    """Return the absolute URL for `mail_link`'s data; raise `LinkVoid` when a newer link replaced it.

    In a mail with several links a void one is sent as well, as long as one of the others is valid: its page explains
    why it is void.
    """
    [url] = resolve_many([data])
    if isinstance(url, LinkVoid):
        raise url
    return url


def resolve_many(batch: Sequence[Mapping[str, Any]]) -> list[str | LinkVoid]:
    """Return for each what `resolve` returns, or the `LinkVoid` that it would raise; one query."""
    pks = {pk for data in batch for pk in _wanted(data)}
    looked_at = ("generation", "withdrawn_at", "replaced_by", "assessment__status")  # `is_active` reads these too
    invitations = Invitation.objects.filter(pk__in=pks).select_related("assessment").only(*looked_at)
    standing = {invitation.pk: invitation.generation for invitation in invitations if is_active(invitation)}
    return [_resolve(data, standing) for data in batch]


def _resolve(data: Mapping[str, Any], standing: Mapping[int, int]) -> str | LinkVoid:
    """Resolve with `standing`, the current generation by id of each active invitation."""
    generations = [(standing[pk], generation) for pk, generation in _wanted(data).items() if pk in standing]
    if not generations:
        return LinkVoid("De uitnodiging was al ingetrokken of vervangen toen deze mail zou worden verzonden.")
    if not any(present == generation for present, generation in generations):
        return LinkVoid("Er is intussen een nieuwere uitnodiging gemaakt.")
    return _url(data["invitation"], data["generation"])


def _wanted(data: Mapping[str, Any]) -> dict[int, int]:
    """Return the generation that the mail was made for, by invitation id, of all invitations of that mail."""
    return {data["invitation"]: data["generation"]} | dict(data.get("batch", ()))


def _url(pk: int, generation: int) -> str:
    return settings.SITE_URL + reverse("assessments:open_link", args=[_token(pk, generation)])


def open_token(token: str) -> Invitation:
    """Return the invitation of a link's token, when it is valid now; else raise `NoAccess`."""
    try:
        pk, generation = signing.Signer(salt=_LINK_SALT).unsign_object(token)
    except signing.BadSignature:
        raise NoAccess("unknown") from None
    return _usable(Invitation.objects.filter(pk=pk), generation)


def set_cookie(response: HttpResponse, *, invitation: Invitation) -> None:
    """Give the browser access to this invitation only: HttpOnly, signed, limited to its path.

    A second cookie without access, which ends with the first, marks which pages may be cached
    (`accounts.sessions.private_pages`).
    """
    value = signing.Signer(salt=_COOKIE_SALT).sign_object([invitation.pk, invitation.generation])
    path = reverse("assessments:form", args=[invitation.public_id])
    response.set_cookie(
        _cookie_name(invitation.public_id),
        value,
        expires=invitation.expires_at,
        path=path,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    set_readable_cookie(response, _OPEN_COOKIE, invitation.public_id.hex, path=path)


def delete_cookie(response: HttpResponse, *, public_id: UUID) -> None:
    """Remove the browser's access to this invitation; the mailed link still works."""
    path = reverse("assessments:form", args=[public_id])
    for name in (_cookie_name(public_id), _OPEN_COOKIE):
        response.delete_cookie(name, path=path, samesite="Lax")


def open_cookie(request: HttpRequest, public_id: UUID) -> Invitation:
    """Return the invitation of the request's cookie, checked again; else raise `NoAccess`.

    Activates the examiner's language.
    """
    value = request.COOKIES.get(_cookie_name(public_id), "")
    try:
        pk, generation = signing.Signer(salt=_COOKIE_SALT).unsign_object(value)
    except signing.BadSignature:
        raise NoAccess("no_cookie") from None
    invitation = _usable(Invitation.objects.filter(pk=pk, public_id=public_id), generation)
    translation.activate(invitation.contact.language)
    show_while(request, _OPEN_COOKIE, public_id.hex)
    return invitation


def _cookie_name(public_id: UUID) -> str:
    return f"beoordelen_{public_id.hex}"


def _usable(found: Any, generation: int) -> Invitation:
    related = ("contact", "assessment__student__user", "assessment__exam", "assessment__unit", "assessment__school")
    # At most one row. With a LIMIT, as of first(), PostgreSQL takes six times as long to plan these nine tables: 9 ms.
    invitation = next(iter(found.select_related(*related, "assessment__initiator")), None)
    if invitation is None:
        raise NoAccess("unknown")
    if over := _inactive_reason(invitation):
        raise NoAccess(over, invitation)
    if is_student(invitation.assessment, invitation.contact):  # the examiner's address or account became the student's
        raise NoAccess("withdrawn", invitation)
    if invitation.generation != generation:
        raise NoAccess("void", invitation)
    if invitation.is_expired:
        raise NoAccess("expired", invitation)
    return invitation
