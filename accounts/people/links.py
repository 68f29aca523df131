"""The link in an invitation's mail: a signature over the invitation, with no stored secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import SchoolInvitation
from digibeoordelen.outbox.links import Link, LinkVoid

LINK_KIND = "join_school"
_SALT = "accounts.people.links"


class NoInvitation(Exception):
    """The link is unusable: `unknown`, `accepted`, `withdrawn`, `void` (resent since) or `expired`."""

    def __init__(self, reason: str, invitation: SchoolInvitation | None = None) -> None:
        self.reason, self.invitation = reason, invitation
        super().__init__(reason)


def invitation_link(invitation: SchoolInvitation) -> Link:
    """Return the outbox's placeholder for the link, resolved when sending."""
    return Link(kind=LINK_KIND, data={"invitation": invitation.pk, "generation": invitation.generation})


def resolve_invitation_link(data: Mapping[str, Any]) -> str:
    """Return the absolute URL for `invitation_link`'s data; raise `LinkVoid` if it may no longer be sent."""
    try:
        invitation = _usable(data["invitation"], data["generation"])
    except NoInvitation:
        raise LinkVoid("De uitnodiging is intussen aangenomen, ingetrokken of opnieuw verzonden.") from None
    return settings.SITE_URL + reverse("accounts:join", args=[token_for(invitation)])


def token_for(invitation: SchoolInvitation) -> str:
    """Return the URL-safe token for the invitation's present generation."""
    return signing.Signer(salt=_SALT).sign_object([invitation.pk, invitation.generation])


def open_token(token: str, *, lock: bool = False) -> SchoolInvitation:
    """Return the invitation of a token if it can be accepted now; else raise `NoInvitation`."""
    try:
        pk, generation = signing.Signer(salt=_SALT).unsign_object(token)
    except signing.BadSignature:
        raise NoInvitation("unknown") from None
    return _usable(pk, generation, lock=lock)


def _usable(pk: int, generation: int, *, lock: bool = False) -> SchoolInvitation:
    queryset = SchoolInvitation.objects.select_related("school", "user", "by")
    if lock:
        queryset = queryset.select_for_update(of=("self",))
    invitation = queryset.filter(pk=pk).first()
    if invitation is None:
        raise NoInvitation("unknown")
    if invitation.accepted_at:
        raise NoInvitation("accepted", invitation)
    if invitation.withdrawn_at:
        raise NoInvitation("withdrawn", invitation)
    if invitation.user and invitation.user.email != invitation.email:  # the user's address changed since
        raise NoInvitation("void", invitation)
    if invitation.generation != generation:
        raise NoInvitation("void", invitation)
    if invitation.is_expired:
        raise NoInvitation("expired", invitation)
    return invitation
