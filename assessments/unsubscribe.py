"""'Geen herinneringen meer': the examiner's own switch, by a link that works as long as the mail is kept."""

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

LINK_KIND = "stop_reminders"
_SALT = "assessments.stop_reminders"


def mail_link(*, invitations: Sequence[Invitation]) -> Link:
    """What the outbox keeps in place of the link of a mail about these, until it sends."""
    return Link(kind=LINK_KIND, data={"invitations": [invitation.pk for invitation in invitations]})


def resolve(data: Mapping[str, Any]) -> str:
    """The absolute URL for `mail_link`'s data."""
    return settings.SITE_URL + reverse("assessments:no_reminders", args=[_token(*_pks(data))])


def _pks(data: Mapping[str, Any]) -> list[int]:
    return list(data["invitations"]) if "invitations" in data else [data["invitation"]]  # one that was queued before


def token_for(*invitations: Invitation) -> str:
    """The link's token. It opens nothing but this switch, and stays valid when newer links are made."""
    return _token(*(invitation.pk for invitation in invitations))


def _token(*pks: int) -> str:
    return signing.Signer(salt=_SALT).sign_object(pks[0] if len(pks) == 1 else pks)


def find(token: str) -> list[Invitation]:
    """The invitations of a token; none when the token is none of ours."""
    try:
        signed = signing.Signer(salt=_SALT).unsign_object(token)
    except signing.BadSignature:
        return []
    pks = signed if isinstance(signed, list) else [signed]
    return list(Invitation.objects.select_related("contact", "assessment__student__user").filter(pk__in=pks))


def stop(*, invitation: Invitation) -> None:
    """No reminder goes to this examiner by itself any more; once is enough, a second time changes nothing.

    A teacher may still send one by hand.
    """
    with lifecycle.locked(invitation.assessment) as current:
        fresh = current.invitations.select_related("contact").get(pk=invitation.pk)
        if fresh.reminders_stopped_at is None:
            fresh.reminders_stopped_at = timezone.now()
            fresh.save(update_fields=["reminders_stopped_at"])
            name = fresh.contact.full_name
            lifecycle.record(current, kind=Event.Kind.REMINDERS_OFF, by_name=name, examiner=name)
