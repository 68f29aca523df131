"""Takes back what the outbox remembers of mails: of whom they spoke nothing may be left."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from . import claims
from .models import MailAttachment, MailState, OutgoingMail, OutgoingMailQuerySet

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
