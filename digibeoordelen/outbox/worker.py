"""The mails' way from claim to mark; nothing here runs inside a transaction.

A worker claims a batch and sends it one by one (`claims` says what stands in the database meanwhile). What the server
took is marked for several mails at once, well within a second.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Case, Exists, F, OuterRef, TextField, Value, When
from django.utils import timezone

from . import claims
from .cancel import give_up_dropped
from .claims import NotOurs
from .links import LinkVoid, hide, resolve_many
from .message import AttachmentGone, Letter, compose
from .models import Claim, MailState, OutgoingMail, OutgoingMailQuerySet
from .queue import announce
from .refusals import MailRefused, read_refusals
from .smtp import Refused, TryLater, carrier, with_cause

logger = logging.getLogger(__name__)
T = TypeVar("T")
BATCH_SECONDS = 0.5  # a worker claims what it can send in so long: what it holds, no other can send
BATCH_LEAST, BATCH_MOST = 10, 250
SPELL_SECONDS = 5.0  # after which other tasks have their turn, and a worker that must stop can
FRESH_SECONDS = 1.0  # links resolved this short ago aren't resolved again
MARK_SECONDS = 0.5  # how long a mail that is gone may look as if it weren't


def deliver(mail_id: int) -> None:
    """Sends this mail alone, and marks what became of it; does nothing when it isn't queued."""
    _Batch(claims.claim(mail_id)).send()


def deliver_queued(*, first: int) -> None:
    """Sends the mail `first`, then what else is queued, until there is no more or the spell is over.

    Killed after the server took a mail and before the next one was begun, it is sent once more when its
    lease is over, with the same Message-ID. An error that is none of the mail's or the server's is
    raised; that mail then waits for the end of its lease, too.
    """
    until = time.monotonic() + SPELL_SECONDS
    held = claims.claim(first)
    held = held if held.mails else claims.claim_queued(BATCH_LEAST)
    while held.mails:
        began = time.monotonic()
        batch = _Batch(held)
        batch.send(until=until)
        now = time.monotonic()
        if now >= until:
            if not batch.gave_back:
                _pass_on()
            return
        held = claims.claim_queued(_next_batch(len(held.mails), now - began))


def _pass_on() -> None:
    """Has another task go on with what is queued: there are fewer of them than mails."""
    if following := OutgoingMail.objects.next_queued():
        announce(following)


def _next_batch(sent: int, seconds: float) -> int:
    """How many to claim after so many took so long."""
    pace = sent / max(seconds, 0.001)
    return min(max(round(pace * BATCH_SECONDS), BATCH_LEAST), BATCH_MOST)


class _Batch:
    """Mails under one claim, on their way out one by one."""

    def __init__(self, held: claims.Held) -> None:
        self._claim_id = held.claim_id
        self._left = deque(held.mails)
        self._attachments = held.attachments
        self._begun: OutgoingMail | None = None
        self._sent: list[OutgoingMail] = []  # taken by the server, and not marked yet
        self._marked_at = time.monotonic()
        self._ahead: Letter | None = None  # of the mail that is next
        self._urls: dict[int, dict[str, str] | LinkVoid] = {}
        self._resolved_at = 0.0
        self.gave_back = False  # and started a task for that

    def send(self, until: float = float("inf")) -> None:
        """Until all is sent or `until` (monotonic) has come; what wasn't begun by then goes back in the queue."""
        try:
            while self._left and time.monotonic() < until:
                try:
                    self._send(self._left[0])
                except NotOurs:
                    logger.warning("Mails from %s on were taken back before they were sent", self._left[0].pk)
                    return
                except Exception:
                    with suppress(NotOurs):
                        self._begin(self._left[0])  # an attempt: it may be what breaks its worker every time
                        self._left.popleft()
                    raise
                self._left.popleft()
        finally:
            self._give_back()

    def _send(self, mail: OutgoingMail) -> None:
        urls: Mapping[str, str] = {}
        try:
            letter = self._letter(mail)
            urls = letter.urls
            carrier.send(letter, ready=partial(self._begin, mail), meanwhile=self._compose_ahead)
        except MailRefused as refusal:
            self._begin(mail)
            _give_up(mail, str(refusal), dropped_at=timezone.now())
        except (Refused, LinkVoid, AttachmentGone) as refusal:
            self._begin(mail)
            _give_up(mail, hide(str(refusal), urls))
        except TryLater as pause:
            self._begin(mail)
            _wait(mail, hide(str(pause), urls))
        except OSError as error:  # the storage; the transport's own are TryLater
            self._begin(mail)
            _wait(mail, with_cause("De bijlagen zijn nu niet te lezen.", error.strerror or str(error)))
        else:
            self._sent.append(mail)

    def _letter(self, mail: OutgoingMail) -> Letter:
        letter, self._ahead = self._ahead, None
        if letter is None:
            self._mark_sent()  # reading attachments may take long
            letter = self._compose(mail)
        return letter

    def _compose_ahead(self) -> None:
        """Makes the next letter while the server is busy with this one; not where that could take long or fail."""
        if len(self._left) < 2 or self._attachments.get(self._left[1].pk) or self._is_stale():
            return
        following = self._left[1]
        if not isinstance(self._urls[following.pk], LinkVoid):
            with suppress(Exception):  # met again, and judged, when it is this mail's turn
                self._ahead = self._compose(following)

    def _compose(self, mail: OutgoingMail) -> Letter:
        return compose(mail, self._links(mail), self._attachments.get(mail.pk, ()))

    def _links(self, mail: OutgoingMail) -> dict[str, str]:
        """The mail's URLs, resolved for all that are left at once; raises `LinkVoid`, or `MailRefused`."""
        if self._is_stale():
            urls = resolve_many([each.links for each in self._left])
            self._urls = {each.pk: found for each, found in zip(self._left, urls, strict=True)}
            self._urls.update(read_refusals(list(self._urls)))
            self._resolved_at = time.monotonic()
        found = self._urls[mail.pk]
        if isinstance(found, LinkVoid):
            raise found
        return found

    def _is_stale(self) -> bool:
        return not self._urls or time.monotonic() - self._resolved_at > FRESH_SECONDS

    def _begin(self, mail: OutgoingMail) -> None:
        """Has this one's attempt written and leased; raises `NotOurs`. Once a mail."""
        if self._begun is mail:
            return
        _surely(partial(claims.begin, mail))
        self._begun = mail
        if time.monotonic() - self._marked_at > MARK_SECONDS:
            self._mark_sent()

    def _mark_sent(self) -> None:
        sent, self._sent, self._marked_at = self._sent, [], time.monotonic()
        if not sent:
            return
        pks = [mail.pk for mail in sent]
        marked = _surely(partial(claims.mark_sent, self._claim_id, pks))
        if marked < len(sent):  # a crash of all but this worker, or a stop of minutes
            logger.error(
                "Of the mails %s %s were settled by another before they were marked sent", pks, len(sent) - marked
            )
        logger.info("Sent: mails %s", ", ".join(f"{mail.pk} ({mail.kind})" for mail in sent))

    def _give_back(self) -> None:
        with suppress(DatabaseError):  # else when their lease is over
            self._mark_sent()
            claims.end(self._claim_id, [mail.pk for mail in self._left])
        if self._left:
            self.gave_back = True
            announce(self._left[0].pk)  # a task for them may have come and found them claimed


def _wait(mail: OutgoingMail, reason: str) -> None:
    """Until the next attempt; `attempts` counts this one. After the last pause the mail has failed."""
    pauses = settings.OUTBOX_RETRY_SECONDS
    if mail.attempts > len(pauses):
        _give_up(mail, reason)
        return
    logger.warning("Mail %s (%s) waits after attempt %s: %s", mail.pk, mail.kind, mail.attempts, reason)
    due = timezone.now() + timedelta(seconds=pauses[mail.attempts - 1])
    _mark(mail, state=MailState.WAITING, next_attempt_at=due, last_error=reason)


def _give_up(mail: OutgoingMail, reason: str, **values: Any) -> None:
    logger.warning("Mail %s (%s) has failed: %s", mail.pk, mail.kind, reason)
    _mark(mail, state=MailState.FAILED, last_error=reason, **values)


def _mark(mail: OutgoingMail, **values: Any) -> None:
    """Writes what became of the mail at once, and only if the claim is still our own."""
    own = OutgoingMail.objects.filter(pk=mail.pk, claim_id=mail.claim_id)
    if not _surely(partial(own.update, claim_id=None, lease_until=None, attempts=mail.attempts, **values)):
        logger.error("Mail %s (%s) was claimed by another before it was marked %s", mail.pk, mail.kind, values["state"])


def _surely(write: Callable[[], T]) -> T:
    """Writes once more when the database connection broke while the mail server took its time.

    What the server took mustn't go out twice for that.
    """
    try:
        return write()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return write()


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
