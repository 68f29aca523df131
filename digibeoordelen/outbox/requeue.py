"""What the sweep brings back: mails that wait and are due, and what a worker that is gone or stuck left."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, Exists, F, OuterRef, TextField, Value, When
from django.utils import timezone

from .drop import give_up_dropped
from .models import Claim, MailState, OutgoingMail, OutgoingMailQuerySet

BROKEN_OFF = "Het verzenden is telkens afgebroken voordat het klaar was."
_RELEASED = {"claim_id": None, "lease_until": None}


def requeue() -> None:
    """Puts what waits and is due, and what a crash left in flight, back in the queue.

    A mail that was broken off as often as it may be tried is given up: it may be what breaks the worker.
    One that was dropped meanwhile is given up, too.
    """
    now = timezone.now()
    overdue = OutgoingMail.objects.filter(state=MailState.IN_FLIGHT, lease_until__lt=now)
    for claim_id in set(overdue.order_by().values_list("claim_id", flat=True)):
        if claim_id is not None:  # a constraint holds that it never is
            _settle(claim_id, now)
    _forget_empty_claims(now)
    give_up_dropped()
    OutgoingMail.objects.filter(state=MailState.WAITING, next_attempt_at__lte=now).update(
        state=MailState.QUEUED, next_attempt_at=None, announce_at=now
    )


def _settle(claim_id: uuid.UUID, now: datetime) -> None:
    """Takes back what is overdue of a claim; all of it when the lease of what was begun last is over, too."""
    with transaction.atomic():
        held = OutgoingMail.objects.filter(state=MailState.IN_FLIGHT, claim_id=claim_id)
        if not _locked(held):
            return
        claim = _lock(claim_id)
        if claim is None and Claim.objects.filter(pk=claim_id).exists():
            return  # its worker begins one at this moment
        if claim is None:  # as of a version of the product without claims: what is in flight may have been begun
            _try_again(held.filter(lease_until__lt=now), now)
        elif claim.lease_until < now:
            _mark_gone(held, claim)
            held.filter(pk=claim.begun or 0).update(attempts=F("attempts") + 1)
            _try_again(held, now)
            claim.delete()
        else:  # the worker is stuck in the one it has begun
            _mark_gone(held, claim)
            held.exclude(pk=claim.begun or 0).update(state=MailState.QUEUED, announce_at=now, **_RELEASED)
            Claim.objects.filter(pk=claim.pk).update(stopped=True)


def _locked(held: OutgoingMailQuerySet) -> bool:
    """Locks them all; False where someone else has one: the next sweep comes soon enough."""
    if not connection.features.has_select_for_update_skip_locked:
        return True
    locked = held.order_by("pk").select_for_update(skip_locked=True).values_list("pk", flat=True)
    return len(locked) == held.count()


def _lock(claim_id: uuid.UUID) -> Claim | None:
    found = Claim.objects.filter(pk=claim_id)
    if connection.features.has_select_for_update_skip_locked:
        found = found.select_for_update(skip_locked=True)
    return found.first()


def _mark_gone(held: OutgoingMailQuerySet, claim: Claim) -> None:
    """What stands before the one that was begun last was taken by the mail server."""
    held.filter(pk__lt=claim.begun or 0).update(
        state=MailState.SENT, sent_at=claim.begun_at, last_error="", attempts=F("attempts") + 1, **_RELEASED
    )


def _try_again(mails: OutgoingMailQuerySet, now: datetime) -> None:
    often = {"attempts__gt": len(settings.OUTBOX_RETRY_SECONDS)}
    mails.update(
        state=Case(When(**often, then=Value(MailState.FAILED)), default=Value(MailState.QUEUED)),
        last_error=Case(When(**often, then=Value(BROKEN_OFF, TextField())), default=F("last_error")),
        announce_at=now,
        **_RELEASED,
    )


def _forget_empty_claims(now: datetime) -> None:
    held = OutgoingMail.objects.filter(state=MailState.IN_FLIGHT, claim_id=OuterRef("pk"))
    Claim.objects.filter(~Exists(held), lease_until__lt=now).delete()
