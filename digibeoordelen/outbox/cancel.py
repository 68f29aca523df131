"""Sees to it that a mail that is no longer true goes out no more."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Case, F, Q, TextField, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from . import claims
from .models import MailAttachment, MailState, OutgoingMail, OutgoingMailQuerySet

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


BLANKED = "De inhoud is gewist."


def delete(mails: OutgoingMailQuerySet) -> int:
    """Deletes mails, also those that are still to go; how many. Their files go with `unused`."""
    ids = list(mails.order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        claims.stop_all(OutgoingMail.objects.filter(pk__in=ids))
        OutgoingMail.objects.filter(pk__in=ids).delete()
    return len(ids)


def blank(mails: OutgoingMailQuerySet) -> int:
    """Leaves that they were sent, when and to whom, and nothing of what they said; how many.

    What was still to go goes no more.
    """
    ids = list(mails.order_by("pk").values_list("pk", flat=True))
    failed = When(state__in=[MailState.WAITING, MailState.FAILED], then=Value(BLANKED, TextField()))
    said = Case(failed, default=F("last_error"))
    with transaction.atomic():
        claims.stop_all(OutgoingMail.objects.filter(pk__in=ids))
        MailAttachment.objects.filter(mail__in=ids).delete()
        return OutgoingMail.objects.filter(pk__in=ids).update(
            subject="",
            text="",
            html="",
            reply_to="",
            links={},
            headers={},
            last_error=said,
            dropped_at=Coalesce(F("dropped_at"), timezone.now()),
        )
