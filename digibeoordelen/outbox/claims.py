"""Who sends which mails: a worker claims some, says which one it begins, and marks them when they are gone.

Between two mails stands one write, of the claim's own row, made before anything of the second goes out. So a worker
that is killed may repeat one mail, the one that was begun last; what it had only claimed is sent once, by another.
Rows are locked in one order, mails before their claim, so that nobody waits for one who waits for him.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from .models import Claim, MailAttachment, MailState, OutgoingMail, OutgoingMailQuerySet, announce_grace

_BEGIN = "UPDATE outbox_claim SET begun = %s, begun_at = %s, lease_until = %s WHERE id = %s AND NOT stopped"
_RELEASED = {"claim_id": None, "lease_until": None}
_SENDING = [  # what a mail goes out with
    "kind", "to", "to_name", "from_name", "subject", "text", "html", "reply_to", "message_id", "links", "headers",
    "attempts",
]  # fmt: skip


class NotOurs(Exception):
    """The claim is over: its time was, or something in it may not go out any more."""


@dataclass(frozen=True)
class Held:
    """Mails under one claim, in the order in which they are to be begun; none where there was nothing to claim.

    `attachments`: those of a mail's id, where it has any.
    """

    claim_id: uuid.UUID
    mails: Sequence[OutgoingMail] = ()
    attachments: Mapping[int, Sequence[MailAttachment]] = field(default_factory=dict)


def claim(pk: int) -> Held:
    """The mail, held by the caller alone, if it is there to be claimed."""
    return _claim(OutgoingMail.objects.filter(pk=pk), 1)


def claim_queued(limit: int) -> Held:
    """Up to `limit` queued mails, the longest waiting, held by the caller alone."""
    return _claim(OutgoingMail.objects.order_by("announce_at"), limit)


def _claim(wanted: OutgoingMailQuerySet, limit: int) -> Held:
    """All for a time in which each must be begun: until then any may be taken back.

    Of any number of callers one gets a mail: they pass over each other's rows, or on SQLite, where
    every writer waits for the one before, find them claimed.
    """
    held = Held(uuid.uuid4())
    queued = wanted.filter(state=MailState.QUEUED, dropped_at__isnull=True)
    if not queued.exists():  # as for most tasks after a batch: no lock is taken for nothing
        return held
    until = timezone.now() + timedelta(seconds=settings.OUTBOX_HOLD_SECONDS)
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            queued = queued.select_for_update(skip_locked=True, of=("self",))
        mails = sorted(queued.only(*_SENDING)[:limit], key=lambda mail: mail.pk)
        if mails:
            Claim.objects.create(pk=held.claim_id, lease_until=until)
            own = {"state": MailState.IN_FLIGHT, "claim_id": held.claim_id, "lease_until": until}
            OutgoingMail.objects.filter(pk__in=[mail.pk for mail in mails]).update(**own)
    for mail in mails:
        mail.claim_id = held.claim_id
    return Held(held.claim_id, mails, _attachments(mails))


def _attachments(mails: Sequence[OutgoingMail]) -> dict[int, list[MailAttachment]]:
    found: dict[int, list[MailAttachment]] = {}
    for attachment in MailAttachment.objects.filter(mail__in=mails).select_related("file"):
        found.setdefault(attachment.mail_id, []).append(attachment)
    return found


def begin(mail: OutgoingMail) -> None:
    """Says that this one of a claim's mails is begun, and the one before taken by the server; raises `NotOurs`.

    It has its full lease from now. By hand: with a query built for each it would take as long as sending.
    """
    now = timezone.now()
    lease = now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    adapt = connection.ops.adapt_datetimefield_value
    own = Claim.id.field.get_db_prep_value(mail.claim_id, connection)
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [mail.pk, adapt(now), adapt(lease), own])
        if not cursor.rowcount:
            raise NotOurs
    mail.attempts += 1


def mark_sent(claim_id: uuid.UUID, pks: Collection[int]) -> int:
    """Marks mails of a claim that the server took; how many were its own still."""
    return OutgoingMail.objects.filter(pk__in=pks, claim_id=claim_id).update(
        state=MailState.SENT, sent_at=timezone.now(), last_error="", attempts=F("attempts") + 1, **_RELEASED
    )


def end(claim_id: uuid.UUID, left: Collection[int]) -> None:
    """Gives back what wasn't begun, ids `left`. The claim goes, unless a mail of it is still in flight."""
    with transaction.atomic():
        OutgoingMail.objects.filter(pk__in=left, claim_id=claim_id).update(
            state=MailState.QUEUED, announce_at=timezone.now() + announce_grace(), **_RELEASED
        )
        if not OutgoingMail.objects.filter(state=MailState.IN_FLIGHT, claim_id=claim_id).exists():
            Claim.objects.filter(pk=claim_id).delete()


def stop(mail: OutgoingMail) -> bool:
    """Sees to it that the mail, which the caller has written to just now, is not begun; whether that came in time.

    Its claim is over with that: the worker gives back what it has left, and claims anew.
    """
    return not _begun_of([mail])


def stop_all(mails: OutgoingMailQuerySet) -> None:
    """`stop` for each, in the transaction that changes or deletes them: nobody claims one until it ends."""
    if connection.features.has_select_for_update:
        mails = mails.select_for_update()
    _begun_of(list(mails.order_by("pk").only("claim_id")))


def _begun_of(mails: Sequence[OutgoingMail]) -> list[OutgoingMail]:
    """Stops the claims of mails that are locked; which of them it is too late for."""
    held = Claim.objects.filter(pk__in={mail.claim_id for mail in mails if mail.claim_id}).order_by("pk")
    if connection.features.has_select_for_update:
        held = held.select_for_update()
    begun = {claim.pk: claim.begun or 0 for claim in held}  # no id is below 1
    late = [mail for mail in mails if mail.claim_id in begun and begun[mail.claim_id] >= mail.pk]
    in_time = {mail.claim_id for mail in mails if mail.claim_id in begun and begun[mail.claim_id] < mail.pk}
    if in_time:
        Claim.objects.filter(pk__in=in_time).update(stopped=True)
    return late
