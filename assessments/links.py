"""The examiner's link: a signature over (invitation, generation); no secret is stored.

The one link of a mail about several students signs the pair of each of them, in the order of the mail.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation

from accounts.sessions.private_pages import set_readable_cookie, show_while
from digibeoordelen.outbox.links import Link, LinkVoid

from .models import Invitation, Status
from .models.assessment import is_student

LINK_KIND = "examiner"
_LINK_SALT = "assessments.links.link"
_COOKIE_SALT = "assessments.links.cookie"
_OPEN_COOKIE = "formulier_open"
_BATCH_SALT = "assessments.links.batch"
_BATCH_COOKIE_SALT = "assessments.links.batch_cookie"
_BATCH_COOKIE = "beoordelen_studenten_"
_OPEN_BATCH_COOKIE = "studenten_open_"
_BATCH_PATH = "/beoordelen/"
_MAX_BATCHES = 5  # cookies: a server refuses a request whose headers are too long
_AT_LEAST = timedelta(hours=1)  # the page of expired links can be used, too


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


def mail_link(*, invitation: Invitation) -> Link:
    """Return the reference that the outbox stores in place of the link, until it sends."""
    return Link(kind=LINK_KIND, data={"invitation": invitation.pk, "generation": invitation.generation})


def batch_mail_link(*, invitations: Sequence[Invitation]) -> Link:
    """Return the reference of the one link of a mail about several students."""
    return Link(kind=LINK_KIND, data={"invitations": [[one.pk, one.generation] for one in invitations]})


def resolve(data: Mapping[str, Any]) -> str:
    """Return the absolute URL for the data of `mail_link`; raise `LinkVoid` when a newer link replaced it.

    That of `batch_mail_link` is sent as long as one of its students is valid: the page explains the others.
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
    if "invitations" in data:
        return _url(Batch(dict(data["invitations"])).token)
    return _url(_token(data["invitation"], data["generation"]))


def _wanted(data: Mapping[str, Any]) -> dict[int, int]:
    """Return the generation that the mail was made for, by invitation id, of all invitations of that mail."""
    if "invitations" in data:
        return dict(data["invitations"])
    return {data["invitation"]: data["generation"]} | dict(data.get("batch", ()))  # one per student in older mails


def _url(token: str) -> str:
    return settings.SITE_URL + reverse("assessments:open_link", args=[token])


def open_token(token: str) -> Invitation:
    """Return the invitation of a link's token, when it is valid now; else raise `NoAccess`."""
    try:
        pk, generation = signing.Signer(salt=_LINK_SALT).unsign_object(token)
    except signing.BadSignature:
        raise NoAccess("unknown") from None
    return _usable(Invitation.objects.filter(pk=pk), {pk: [generation]})


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


@dataclass(frozen=True)
class Batch:
    """The students of one mail: the generation of each invitation by its id, in the order of the mail."""

    generations: dict[int, int]

    @property
    def key(self) -> UUID:
        """Return the id in the page's URL, which gives no access."""
        return uuid5(NAMESPACE_OID, " ".join(map(str, self.generations)))

    @property
    def token(self) -> str:
        return self._signed(_BATCH_SALT)

    def _signed(self, salt: str) -> str:
        return signing.Signer(salt=salt).sign_object([list(pair) for pair in self.generations.items()], compress=True)

    def set_cookie(self, request: HttpRequest, response: HttpResponse, *, invitations: Sequence[Invitation]) -> None:
        """Give the browser access to these invitations only: HttpOnly, signed, limited to the examiner's pages."""
        expires = max([*(one.expires_at for one in invitations), timezone.now() + _AT_LEAST])
        response.set_cookie(
            _BATCH_COOKIE + self.key.hex,
            self._signed(_BATCH_COOKIE_SALT),
            expires=expires,
            path=_BATCH_PATH,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )
        set_readable_cookie(response, _OPEN_BATCH_COOKIE + self.key.hex, "1", path=_BATCH_PATH)
        others = [other for other in read_batches(request) if other.key != self.key]
        for other in others[: max(0, len(others) + 1 - _MAX_BATCHES)]:
            other.delete_cookie(response)

    def delete_cookie(self, response: HttpResponse) -> None:
        for name in (_BATCH_COOKIE, _OPEN_BATCH_COOKIE):
            response.delete_cookie(name + self.key.hex, path=_BATCH_PATH, samesite="Lax")

    def invitations(self) -> list[Invitation]:
        """Return the invitations in the order of the mail, with what their pages show; one query."""
        found = {one.pk: one for one in _with_related(Invitation.objects.filter(pk__in=self.generations))}
        return [found[pk] for pk in self.generations if pk in found]

    def why_unusable(self, invitation: Invitation) -> str:
        """Return the reason of `NoAccess` with which this link does not open the invitation; '' when it does."""
        return _why_unusable(invitation, [self.generations[invitation.pk]])


def open_batch_token(token: str) -> Batch | None:
    """Return the students of the link of a mail about several; None for another token."""
    return _read_batch(token, _BATCH_SALT)


def open_batch(request: HttpRequest, key: UUID) -> Batch:
    """Return the students that the request's cookie opens; else raise `NoAccess`."""
    batch = _read_batch(request.COOKIES.get(_BATCH_COOKIE + key.hex, ""), _BATCH_COOKIE_SALT)
    if batch is None or batch.key != key:
        raise NoAccess("no_cookie")
    show_while(request, _OPEN_BATCH_COOKIE + key.hex, "1")
    return batch


def read_batches(request: HttpRequest, *, of: Invitation | None = None) -> list[Batch]:
    """Return the students of each mail that this browser opened, or of each that has `of` among them."""
    values = [value for name, value in request.COOKIES.items() if name.startswith(_BATCH_COOKIE)]
    batches = [batch for value in values if (batch := _read_batch(value, _BATCH_COOKIE_SALT))]
    return [batch for batch in batches if of is None or of.pk in batch.generations]


def _read_batch(signed: str, salt: str) -> Batch | None:
    try:
        return Batch(dict(signing.Signer(salt=salt).unsign_object(signed)))
    except signing.BadSignature:
        return None


def open_cookie(request: HttpRequest, public_id: UUID) -> Invitation:
    """Return the invitation that a cookie of the request opens, checked again; else raise `NoAccess`.

    That is its own cookie, or that of a mail about several students. Activates the examiner's language.
    """
    batches = read_batches(request)
    generations: dict[int, list[int]] = {}
    for batch in batches:
        for pk, generation in batch.generations.items():
            generations.setdefault(pk, []).append(generation)
    own = ""
    try:
        own = request.COOKIES.get(_cookie_name(public_id), "")
        pk, generation = signing.Signer(salt=_COOKIE_SALT).unsign_object(own)
        generations.setdefault(pk, []).append(generation)
    except signing.BadSignature:
        own = ""
        if not generations:
            raise NoAccess("no_cookie") from None
    try:
        invitation = _usable(Invitation.objects.filter(pk__in=generations, public_id=public_id), generations)
    except NoAccess as refused:
        if refused.invitation is None and not own:  # its cookies are for other invitations
            raise NoAccess("no_cookie") from None
        raise
    translation.activate(invitation.contact.language)
    if own:
        show_while(request, _OPEN_COOKIE, public_id.hex)
    else:
        [batch, *_] = [batch for batch in batches if invitation.pk in batch.generations]
        show_while(request, _OPEN_BATCH_COOKIE + batch.key.hex, "1")
    return invitation


def _cookie_name(public_id: UUID) -> str:
    return f"beoordelen_{public_id.hex}"


def _with_related(queryset: Any) -> Any:
    related = ("contact", "assessment__student__user", "assessment__exam", "assessment__unit", "assessment__school")
    return queryset.select_related(*related, "assessment__initiator", "assessment__participation__sitting")


def _usable(queryset: Any, generations: Mapping[int, Collection[int]]) -> Invitation:
    # At most one row. With a LIMIT, as of first(), PostgreSQL takes six times as long to plan these nine tables: 9 ms.
    invitation = next(iter(_with_related(queryset)), None)
    if invitation is None:
        raise NoAccess("unknown")
    if reason := _why_unusable(invitation, generations[invitation.pk]):
        raise NoAccess(reason, invitation)
    return invitation


def _why_unusable(invitation: Invitation, generations: Collection[int]) -> str:
    """Return the reason of `NoAccess` for links of these generations; '' when one of them opens the invitation."""
    if over := _inactive_reason(invitation):
        return over
    if is_student(invitation.assessment, invitation.contact):  # the examiner's address or account became the student's
        return "withdrawn"
    if invitation.generation not in generations:
        return "void"
    return "expired" if invitation.is_expired else ""
