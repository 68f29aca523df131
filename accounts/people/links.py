"""The link in an invitation's mail: a signature over the invitation, and nothing kept that is secret."""

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
    """Why a link opens nothing: `unknown`, `accepted`, `withdrawn`, `void` (sent again since) or `expired`."""

    def __init__(self, reason: str, invitation: SchoolInvitation | None = None) -> None:
        self.reason, self.invitation = reason, invitation
        super().__init__(reason)


def mail_link(invitation: SchoolInvitation) -> Link:
    """What the outbox keeps in place of the link, until it sends."""
    return Link(kind=LINK_KIND, data={"invitation": invitation.pk, "generation": invitation.generation})


def resolve(data: Mapping[str, Any]) -> str:
    """The absolute URL for `mail_link`'s data; raises `LinkVoid` when it may be sent no more."""
    try:
        invitation = _usable(data["invitation"], data["generation"])
    except NoInvitation:
        raise LinkVoid("De uitnodiging is intussen aangenomen, ingetrokken of opnieuw verzonden.") from None
    return settings.SITE_URL + reverse("accounts:join", args=[token_for(invitation)])


def token_for(invitation: SchoolInvitation) -> str:
    """The token for the invitation's present generation: URL-safe text."""
    return signing.Signer(salt=_SALT).sign_object([invitation.pk, invitation.generation])


def open_token(token: str, *, lock: bool = False) -> SchoolInvitation:
    """The invitation of a link's token, when it can be accepted now; else raises `NoInvitation`."""
    try:
        pk, generation = signing.Signer(salt=_SALT).unsign_object(token)
    except signing.BadSignature:
        raise NoInvitation("unknown") from None
    return _usable(pk, generation, lock=lock)


def _usable(pk: int, generation: int, *, lock: bool = False) -> SchoolInvitation:
    found = SchoolInvitation.objects.select_related("school", "user", "by")
    if lock:
        found = found.select_for_update(of=("self",))
    invitation = found.filter(pk=pk).first()
    if invitation is None:
        raise NoInvitation("unknown")
    if invitation.accepted_at:
        raise NoInvitation("accepted", invitation)
    if invitation.withdrawn_at:
        raise NoInvitation("withdrawn", invitation)
    if invitation.user and invitation.user.email != invitation.email:  # it went to an address that is not theirs
        raise NoInvitation("void", invitation)
    if invitation.generation != generation:
        raise NoInvitation("void", invitation)
    if invitation.is_expired:
        raise NoInvitation("expired", invitation)
    return invitation
