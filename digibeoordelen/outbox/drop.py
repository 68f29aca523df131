"""Sees to it that a mail that is no longer true goes out no more."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from . import claims
from .models import MailState, OutgoingMail

DROPPED = "Niet verzonden: wat erin stond klopte intussen niet meer."


def drop(pk: int) -> bool:
    """Has the mail begun no more; whether nothing of it can have gone out.

    What a worker has begun at this moment may still arrive, but is not tried again. Call it in the
    transaction that makes the mail untrue.
    """
    with transaction.atomic():
        # Whoever claims, gives back or marks it waits from now; who has claimed it is stopped.
        OutgoingMail.objects.filter(pk=pk).exclude(state=MailState.SENT).update(dropped_at=timezone.now())
        mail = OutgoingMail.objects.only("attempts", "state", "last_error", "claim_id").get(pk=pk)
        in_time = claims.stop(mail)
        give_up_dropped()
    # What failed once may have arrived all the same, its answer lost.
    return in_time and mail.state != MailState.SENT and mail.attempts == 0 and not mail.last_error


def give_up_dropped() -> None:
    """Marks what was dropped and is with no worker now."""
    idle = Q(state__in=[MailState.QUEUED, MailState.WAITING])
    OutgoingMail.objects.filter(idle, dropped_at__isnull=False).update(
        state=MailState.FAILED, last_error=DROPPED, next_attempt_at=None
    )
