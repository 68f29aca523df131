"""'Geen herinneringen meer': the examiner stops reminders by a link in the mail that does not expire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from digibeoordelen.outbox.links import Link

from . import lifecycle
from .models import Event, Invitation

STOP_LINK_KIND = "stop_reminders"
_SALT = "assessments.stop_reminders"


def stop_link(*, invitations: Sequence[Invitation]) -> Link:
    """Return the reference that the outbox stores in place of the link, until it sends."""
    return Link(kind=STOP_LINK_KIND, data={"invitations": [invitation.pk for invitation in invitations]})


def resolve_stop_link(data: Mapping[str, Any]) -> str:
    """Return the absolute URL for `stop_link`'s data."""
    return settings.SITE_URL + reverse("assessments:no_reminders", args=[_token(*_pks(data))])


def _pks(data: Mapping[str, Any]) -> list[int]:
    return list(data["invitations"]) if "invitations" in data else [data["invitation"]]  # one in queued older mails


def stop_token(*invitations: Invitation) -> str:
    """Return the link's token. It only stops reminders, and stays valid when newer links are made."""
    return _token(*(invitation.pk for invitation in invitations))


def _token(*pks: int) -> str:
    return signing.Signer(salt=_SALT).sign_object(pks[0] if len(pks) == 1 else pks)


def find_invitations(token: str) -> list[Invitation]:
    """Return the invitations of a token; empty when the signature is invalid."""
    try:
        signed = signing.Signer(salt=_SALT).unsign_object(token)
    except signing.BadSignature:
        return []
    pks = signed if isinstance(signed, list) else [signed]
    return list(Invitation.objects.select_related("contact", "assessment__student__user").filter(pk__in=pks))


def stop(*, invitation: Invitation) -> None:
    """Stop scheduled reminders to this examiner; idempotent. A docent may still send one by hand."""
    with lifecycle.locked(invitation.assessment) as current:
        current_invitation = current.invitations.select_related("contact").get(pk=invitation.pk)
        if current_invitation.reminders_stopped_at is None:
            current_invitation.reminders_stopped_at = timezone.now()
            current_invitation.save(update_fields=["reminders_stopped_at"])
            name = current_invitation.contact.full_name
            lifecycle.record(current, kind=Event.Kind.REMINDERS_OFF, by_name=name, examiner=name)
