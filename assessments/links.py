"""The examiner's link: a signature over (invitation, generation), and nothing kept that is secret."""

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
    """Why a link or its cookie opens nothing now.

    `reason`: `unknown` (no link of ours), `no_cookie`, `void` (a newer link was made), `expired`,
    `withdrawn`, `replaced` (another took the examiner's place), `cancelled` (the whole assessment),
    `closed` (final since the form was opened), `too_many` and `asked_enough` (`rate_limits`).
    `invitation` is known unless the signature is wrong; `renewable` says whether its examiner may
    be mailed a new link: while the invitation stands, not after withdrawal, replacement or
    cancellation, nor when the student left.
    """

    reason: str
    invitation: Invitation | None = None

    @property
    def renewable(self) -> bool:
        if self.invitation is None or self.reason == "withdrawn":
            return False
        return is_active(self.invitation) and not self.invitation.assessment.student_left


def is_active(invitation: Invitation) -> bool:
    """Whether the examiner is still asked: not withdrawn or replaced, the assessment not cancelled."""
    return not _inactive_reason(invitation)


def why_closed(invitation: Invitation) -> NoAccess:
    """Why an examiner who had the form open a moment ago can't save it any more, read anew."""
    fresh = Invitation.objects.select_related("assessment").get(pk=invitation.pk)
    return NoAccess(_inactive_reason(fresh) or "closed")


def _inactive_reason(invitation: Invitation) -> str:
    """The reason why the examiner is asked no more; '' while the invitation stands."""
    if invitation.assessment.status == Status.CANCELLED:
        return "cancelled"
    if invitation.withdrawn_at is None:
        return ""
    return "replaced" if invitation.replaced_by_id else "withdrawn"


def token_for(*, invitation: Invitation) -> str:
    """The link's token for the invitation's present generation: URL-safe text."""
    return _token(invitation.pk, invitation.generation)


def _token(pk: int, generation: int) -> str:
    return signing.Signer(salt=_LINK_SALT).sign_object([pk, generation])


def mail_link(*, invitation: Invitation, together: Sequence[Invitation] = ()) -> Link:
    """What the outbox keeps in place of the link, until it sends.

    `together` are all invitations of a mail that holds a link for each: one that is void by then
    doesn't keep the others' from being sent.
    """
    data: dict[str, Any] = {"invitation": invitation.pk, "generation": invitation.generation}
    if together:
        data["together"] = [[other.pk, other.generation] for other in together]
    return Link(kind=LINK_KIND, data=data)


def resolve(data: Mapping[str, Any]) -> str:
    """The absolute URL for `mail_link`'s data; raises `LinkVoid` when a newer one took its place.

    In a mail with a link for each of several students a void one is sent as well, as long as one of
    the others stands: its page says why it is void.
    """
    [url] = resolve_many([data])
    if isinstance(url, LinkVoid):
        raise url
    return url


def resolve_many(batch: Sequence[Mapping[str, Any]]) -> list[str | LinkVoid]:
    """What `resolve` gives for each, or the `LinkVoid` that it would raise; one query."""
    wanted = {pk for data in batch for pk in _wanted(data)}
    looked_at = ("generation", "withdrawn_at", "replaced_by", "assessment__status")  # what `is_active` goes by, too
    found = Invitation.objects.filter(pk__in=wanted).select_related("assessment").only(*looked_at)
    standing = {invitation.pk: invitation.generation for invitation in found if is_active(invitation)}
    return [_resolve(data, standing) for data in batch]


def _resolve(data: Mapping[str, Any], standing: Mapping[int, int]) -> str | LinkVoid:
    """`standing`: the present generation of each invitation that stands."""
    found = [(standing[pk], generation) for pk, generation in _wanted(data).items() if pk in standing]
    if not found:
        return LinkVoid("De uitnodiging was al ingetrokken of vervangen toen deze mail zou worden verzonden.")
    if not any(present == generation for present, generation in found):
        return LinkVoid("Er is intussen een nieuwere uitnodiging gemaakt.")
    return _url(data["invitation"], data["generation"])


def _wanted(data: Mapping[str, Any]) -> dict[int, int]:
    """An invitation's id → the generation that the mail was made for, of all invitations of that mail."""
    return {data["invitation"]: data["generation"]} | dict(data.get("together", ()))


def _url(pk: int, generation: int) -> str:
    return settings.SITE_URL + reverse("assessments:open_link", args=[_token(pk, generation)])


def open_token(token: str) -> Invitation:
    """The invitation of a link's token, when it is valid now; else raises `NoAccess`."""
    try:
        pk, generation = signing.Signer(salt=_LINK_SALT).unsign_object(token)
    except signing.BadSignature:
        raise NoAccess("unknown") from None
    return _usable(Invitation.objects.filter(pk=pk), generation)


def set_cookie(response: HttpResponse, *, invitation: Invitation) -> None:
    """Give the browser access to this invitation alone: HttpOnly, signed, limited to its path.

    A second cookie without access, which ends with the first, says which pages may be shown again
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
    """Takes the browser's access to this invitation away again; the mailed link still works."""
    path = reverse("assessments:form", args=[public_id])
    for name in (_cookie_name(public_id), _OPEN_COOKIE):
        response.delete_cookie(name, path=path, samesite="Lax")


def open_cookie(request: HttpRequest, public_id: UUID) -> Invitation:
    """The invitation whose cookie this request carries, checked anew; else raises `NoAccess`.

    The page goes on in the examiner's language.
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
    # One row at most. With a LIMIT, as of first(), PostgreSQL plans these nine tables six times as long: 9 ms a page.
    invitation = next(iter(found.select_related(*related, "assessment__initiator")), None)
    if invitation is None:
        raise NoAccess("unknown")
    if over := _inactive_reason(invitation):
        raise NoAccess(over, invitation)
    if is_student(invitation.assessment, invitation.contact):  # by an address or account that became theirs
        raise NoAccess("withdrawn", invitation)
    if invitation.generation != generation:
        raise NoAccess("void", invitation)
    if invitation.is_expired:
        raise NoAccess("expired", invitation)
    return invitation
