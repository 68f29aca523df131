"""The examiner's link: a signature over (invitation, generation), and nothing kept that is secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from digibeoordelen.outbox.links import Link, LinkVoid

from .models import Invitation, Status

LINK_KIND = "examiner"
_LINK_SALT = "assessments.links.link"
_COOKIE_SALT = "assessments.links.cookie"


@dataclass
class NoAccess(Exception):
    """Why a link or its cookie opens nothing now.

    `invitation` is known unless the signature is wrong; `renewable` says whether its examiner may
    be mailed a new link: while the invitation stands, not after withdrawal or cancellation.
    """

    reason: str
    invitation: Invitation | None = None

    @property
    def renewable(self) -> bool:
        return self.invitation is not None and stands(self.invitation)


def stands(invitation: Invitation) -> bool:
    """Whether the examiner is still asked: not withdrawn or replaced, the assessment not cancelled."""
    return invitation.withdrawn_at is None and invitation.assessment.status != Status.CANCELLED


def token_for(*, invitation: Invitation) -> str:
    """The link's token for the invitation's present generation: URL-safe text."""
    return signing.Signer(salt=_LINK_SALT).sign_object([invitation.pk, invitation.generation])


def mail_link(*, invitation: Invitation) -> Link:
    """What the outbox keeps in place of the link, until it sends."""
    return Link(kind=LINK_KIND, data={"invitation": invitation.pk, "generation": invitation.generation})


def resolve(data: Mapping[str, Any]) -> str:
    """The absolute URL for `mail_link`'s data; raises `LinkVoid` when a newer one took its place."""
    invitation = Invitation.objects.select_related("assessment").filter(pk=data["invitation"]).first()
    if invitation is None or not stands(invitation):
        raise LinkVoid("De uitnodiging is ingetrokken voordat deze mail verzonden was.")
    if invitation.generation != data["generation"]:
        raise LinkVoid("Er is intussen een nieuwere uitnodiging gemaakt.")
    return settings.SITE_URL + reverse("assessments:open_link", args=[token_for(invitation=invitation)])


def open_token(token: str) -> Invitation:
    """The invitation of a link's token, when it is valid now; else raises `NoAccess`."""
    try:
        pk, generation = signing.Signer(salt=_LINK_SALT).unsign_object(token)
    except signing.BadSignature:
        raise NoAccess("unknown") from None
    return _usable(Invitation.objects.filter(pk=pk), generation)


def set_cookie(response: HttpResponse, *, invitation: Invitation) -> None:
    """Gives the browser access to this invitation alone: HttpOnly, signed, limited to its path."""
    value = signing.Signer(salt=_COOKIE_SALT).sign_object([invitation.pk, invitation.generation])
    response.set_cookie(
        _cookie_name(invitation.public_id),
        value,
        expires=invitation.expires_at,
        path=reverse("assessments:form", args=[invitation.public_id]),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def open_cookie(request: HttpRequest, public_id: UUID) -> Invitation:
    """The invitation whose cookie this request carries, checked anew; else raises `NoAccess`."""
    value = request.COOKIES.get(_cookie_name(public_id), "")
    try:
        pk, generation = signing.Signer(salt=_COOKIE_SALT).unsign_object(value)
    except signing.BadSignature:
        raise NoAccess("no_cookie") from None
    return _usable(Invitation.objects.filter(pk=pk, public_id=public_id), generation)


def _cookie_name(public_id: UUID) -> str:
    return f"beoordelen_{public_id.hex}"


def _usable(found: Any, generation: int) -> Invitation:
    related = ("contact", "assessment__student__user", "assessment__exam", "assessment__unit", "assessment__school")
    invitation = found.select_related(*related, "assessment__initiator").first()
    if invitation is None:
        raise NoAccess("unknown")
    if not stands(invitation):
        raise NoAccess("withdrawn", invitation)
    if invitation.generation != generation:
        raise NoAccess("void", invitation)
    if invitation.is_expired:
        raise NoAccess("expired", invitation)
    return invitation
