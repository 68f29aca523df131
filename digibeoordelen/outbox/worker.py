"""Sends queued mails: claims a few, sends them one by one, records each result before the next goes."""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from digibeoordelen.file_storage import StorageDown

from .links import LinkVoid, MailRefused, hide, read_refusals, resolve_many
from .message import AttachmentGone, compose
from .models import MailState, OutgoingMail, OutgoingMailQuerySet, announce_grace
from .queue import announce, give_up_dropped
from .smtp import Refused, TryLater, carrier

logger = logging.getLogger(__name__)
BATCH = 20
FRESH_SECONDS = 1.0  # how old the links of a mail that is sent may be, and how long it may be claimed before
SPELL_SECONDS = 5.0  # after which other tasks get their turn, and a worker that must stop can
BROKEN_OFF = "Het verzenden is telkens afgebroken voordat het klaar was."
_RELEASED = {"claim_id": None, "lease_until": None}


def claim(pk: int) -> OutgoingMail | None:
    """Claim this mail for one attempt; None if it is not queued, or another worker is claiming it."""
    return next(iter(_claim(OutgoingMail.objects.filter(pk=pk), 1)), None)


def claim_batch(limit: int) -> list[OutgoingMail]:
    """Claim the mails that are urgent or have waited longest, for one attempt each.

    A mail that was tried before is claimed by its own task only: it may be what breaks the worker.
    """
    return _claim(OutgoingMail.objects.filter(attempts=0).in_order(), limit)


def _claim(mails: OutgoingMailQuerySet, limit: int) -> list[OutgoingMail]:
    """Claim queued mails, and read all of them while they are locked: they may be erased after that."""
    claim_id = uuid.uuid4()
    # By the clock of the database: to a worker whose own is ahead, the leases of the others would be over.
    lease_until = Now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    with transaction.atomic():
        queued = mails.filter(state=MailState.QUEUED, dropped_at=None).select_for_update(skip_locked=True)
        claimed = list(queued.prefetch_related("attachments__file")[:limit])
        OutgoingMail.objects.filter(pk__in=[mail.pk for mail in claimed]).update(
            state=MailState.IN_FLIGHT, claim_id=claim_id, lease_until=lease_until, attempts=F("attempts") + 1
        )
    for mail in claimed:
        mail.claim_id, mail.attempts = claim_id, mail.attempts + 1
    return claimed


def deliver(mail_id: int) -> None:
    """Send this mail and record the result; do nothing when it isn't queued."""
    if mail := claim(mail_id):
        _deliver([mail])


def deliver_queued(*, first: int) -> None:
    """Send the mail `first`, then what else is queued, for about `SPELL_SECONDS`; each mail has a task of its own.

    A mail whose worker is killed after the server accepted it is sent once more when its lease is over, with the same
    Message-ID. So is one that makes its worker raise another error than the mail's, the server's or the storage's.
    """
    until = time.monotonic() + SPELL_SECONDS
    mail = claim(first)
    mails = [mail] if mail else claim_batch(BATCH)
    while mails:
        _deliver(mails)
        mails = claim_batch(BATCH) if time.monotonic() < until else []


def _deliver(mails: Sequence[OutgoingMail]) -> None:
    """Send claimed mails one by one; those that are not reached within `FRESH_SECONDS` are queued again."""
    until = time.monotonic() + FRESH_SECONDS
    left = deque(mails)
    try:
        urls = dict(zip([mail.pk for mail in mails], resolve_many([mail.links for mail in mails]), strict=True))
        urls |= read_refusals(list(urls))
        while left and (len(left) == len(mails) or time.monotonic() < until):
            mail = left.popleft()
            _attempt(mail, urls[mail.pk])
    finally:
        with suppress(DatabaseError):  # they are queued when their lease is over
            _give_back(left)


def _attempt(mail: OutgoingMail, urls: Mapping[str, str] | LinkVoid) -> None:
    try:
        carrier.send(compose(mail, urls))
    except MailRefused as refusal:
        _give_up(mail, str(refusal), dropped_at=timezone.now())
    except (Refused, LinkVoid, AttachmentGone) as refusal:
        _give_up(mail, hide(str(refusal), urls))
    except (TryLater, StorageDown) as failure:
        _wait(mail, hide(str(failure), urls))
    else:
        _mark(mail, state=MailState.SENT, sent_at=timezone.now(), last_error="")
        logger.info("Sent: mail %s (%s)", mail.pk, mail.kind)


def _give_back(mails: Sequence[OutgoingMail]) -> None:
    """Queue claimed mails that were not tried, with a task: their own may have come while they were claimed."""
    if not mails:
        return
    claimed = OutgoingMail.objects.filter(pk__in=[mail.pk for mail in mails], claim_id=mails[0].claim_id)
    soon = timezone.now() + announce_grace()
    claimed.update(state=MailState.QUEUED, attempts=F("attempts") - 1, announce_at=soon, **_RELEASED)
    announce(mails[0])


def _wait(mail: OutgoingMail, reason: str) -> None:
    """Plan the next attempt; after the last pause the mail has failed."""
    pauses = settings.OUTBOX_RETRY_SECONDS
    if mail.attempts > len(pauses):
        _give_up(mail, reason)
        return
    logger.warning("Mail %s (%s) waits after attempt %s: %s", mail.pk, mail.kind, mail.attempts, reason)
    due = timezone.now() + timedelta(seconds=pauses[mail.attempts - 1])
    _mark(mail, state=MailState.WAITING, next_attempt_at=due, last_error=reason)


def _give_up(mail: OutgoingMail, reason: str, **values: Any) -> None:
    logger.warning("Mail %s (%s) has failed: %s", mail.pk, mail.kind, reason)
    _mark(mail, state=MailState.FAILED, failed_at=timezone.now(), last_error=reason, **values)


def _mark(mail: OutgoingMail, **values: Any) -> None:
    """Record the result of the attempt, unless another worker has claimed the mail since.

    Writes once more when the database connection broke while the mail server took its time: a mail that the server
    accepted must not go out twice for that.
    """
    write = partial(OutgoingMail.objects.filter(pk=mail.pk, claim_id=mail.claim_id).update, **_RELEASED, **values)
    try:
        marked = write()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        marked = write()
    if not marked:
        logger.error("Mail %s (%s) was claimed by another before it was marked %s", mail.pk, mail.kind, values["state"])


def requeue() -> None:
    """Queue the mails that wait and are due, and those that a crash left in flight, when their lease is over.

    One that was broken off as often as it may be tried has failed: it may be what breaks the worker.
    """
    now = timezone.now()
    overdue = OutgoingMail.objects.filter(state=MailState.IN_FLIGHT, lease_until__lt=Now())
    overdue.filter(attempts__gt=len(settings.OUTBOX_RETRY_SECONDS)).update(
        state=MailState.FAILED, failed_at=now, last_error=BROKEN_OFF, **_RELEASED
    )
    overdue.update(state=MailState.QUEUED, announce_at=now, **_RELEASED)
    give_up_dropped()
    OutgoingMail.objects.filter(state=MailState.WAITING, next_attempt_at__lte=now).update(
        state=MailState.QUEUED, next_attempt_at=None, announce_at=now
    )
