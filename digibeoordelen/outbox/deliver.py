"""The mails' way from claim to mark; nothing here runs inside a transaction.

A worker claims a batch and sends it one by one. Two writes stand between two mails: the first one's mark and the
second one's beginning, made in one statement, before anything of the second goes out. So a worker that is killed may
repeat one mail, the one that was begun and not marked; what it had only claimed is sent once, by another.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from .announce import announce
from .compose import AttachmentGone, Letter, compose
from .links import LinkVoid, hide, resolve_many
from .models import MailState, OutgoingMail
from .transport import Refused, TryLater, carrier

logger = logging.getLogger(__name__)

T = TypeVar("T")

BATCH = 50
SPELL_SECONDS = 5.0  # after which other tasks have their turn, and a worker that must stop can
FRESH_SECONDS = 1.0  # links resolved this short ago aren't resolved again


class NotOurs(Exception):
    """The mail that was to go out isn't ours any more: its time was over before it was begun."""


def deliver(mail_id: int) -> None:
    """Sends this mail alone, and marks what became of it; does nothing when it isn't queued."""
    _Batch(OutgoingMail.objects.claim(mail_id)).send()


def deliver_queued(*, first: int) -> None:
    """Sends the mail `first`, then what else is queued, until there is no more or the spell is over.

    Killed after the server took a mail and before its mark, it is sent once more when its lease is
    over, with the same Message-ID. An error that is none of the mail's or the server's is raised; that
    mail then waits for the end of its lease, too.
    """
    until = time.monotonic() + SPELL_SECONDS
    batch = OutgoingMail.objects.claim(first) or OutgoingMail.objects.claim_queued(BATCH)
    while batch:
        _Batch(batch).send(until=until)
        if time.monotonic() >= until:
            return
        batch = OutgoingMail.objects.claim_queued(BATCH)


class _Batch:
    """Mails under one claim, on their way out one by one."""

    def __init__(self, mails: Sequence[OutgoingMail]) -> None:
        self._left = deque(mails)
        self._begun: OutgoingMail | None = None
        self._sent: OutgoingMail | None = None  # taken by the server; its mark is the next thing written
        self._ahead: Letter | None = None  # of the mail that is next
        self._urls: dict[int, dict[str, str] | LinkVoid] = {}
        self._resolved_at = 0.0

    def send(self, until: float = float("inf")) -> None:
        """Until all is sent or `until` (monotonic) has come; what wasn't begun by then goes back in the queue."""
        try:
            while self._left and time.monotonic() < until:
                mail = self._left.popleft()
                try:
                    self._send(mail)
                except NotOurs:
                    logger.warning("Mail %s (%s) was taken back before it was sent", mail.pk, mail.kind)
                except Exception:
                    with suppress(NotOurs):
                        self._begin(mail)  # it counts as an attempt: it may be what breaks its worker every time
                    raise
            self._mark_sent()
        finally:
            self._give_back()

    def _send(self, mail: OutgoingMail) -> None:
        urls: Mapping[str, str] = {}
        try:
            letter = self._letter(mail)
            urls = letter.urls
            carrier.send(letter, ready=partial(self._begin, mail), meanwhile=self._compose_ahead)
        except (Refused, LinkVoid, AttachmentGone) as refusal:
            self._begin(mail)
            _give_up(mail, hide(str(refusal), urls))
        except TryLater as pause:
            self._begin(mail)
            _wait(mail, hide(str(pause), urls))
        except OSError as error:  # the storage; the transport's own are TryLater
            self._begin(mail)
            _wait(mail, f"De bijlagen zijn nu niet te lezen: {error.strerror or error}")
        else:
            self._sent = mail

    def _letter(self, mail: OutgoingMail) -> Letter:
        letter, self._ahead = self._ahead, None
        if letter is None:
            self._mark_sent()  # reading attachments may take long
            letter = compose(mail, self._links(mail))
        return letter

    def _compose_ahead(self) -> None:
        """Makes the next letter while the server is busy with this one; not where that could take long or fail."""
        if not self._left or self._left[0].attachments.all() or self._is_stale():
            return
        if not isinstance(self._urls[self._left[0].pk], LinkVoid):
            with suppress(Exception):  # met again, and judged, when it is this mail's turn
                self._ahead = compose(self._left[0], self._links(self._left[0]))

    def _links(self, mail: OutgoingMail) -> dict[str, str]:
        """The mail's URLs, resolved for all that are left at once; raises `LinkVoid`."""
        if self._is_stale():
            mails = [mail, *self._left]
            urls = resolve_many([each.links for each in mails])
            self._urls = {each.pk: found for each, found in zip(mails, urls, strict=True)}
            self._resolved_at = time.monotonic()
        found = self._urls[mail.pk]
        if isinstance(found, LinkVoid):
            raise found
        return found

    def _is_stale(self) -> bool:
        return not self._urls or time.monotonic() - self._resolved_at > FRESH_SECONDS

    def _begin(self, mail: OutgoingMail) -> None:
        """Marks the one before, and has this one's attempt counted and leased; raises `NotOurs`. Once a mail."""
        if self._begun is mail:
            return
        moved = self._move_on(begun=mail)
        if mail.pk not in moved:
            raise NotOurs
        self._begun = mail
        mail.attempts += 1

    def _mark_sent(self) -> None:
        if self._sent is not None:
            self._move_on(begun=None)

    def _move_on(self, *, begun: OutgoingMail | None) -> set[int]:
        sent = self._sent
        moved = _surely(partial(OutgoingMail.objects.move_on, sent=sent, begun=begun))
        self._sent = None
        if sent is not None and sent.pk in moved:
            logger.info("Mail %s (%s) is sent", sent.pk, sent.kind)
        elif sent is not None:
            _tell_overtaken(sent, MailState.SENT)
        return moved

    def _give_back(self) -> None:
        if not (self._left or self._sent):
            return
        with suppress(DatabaseError):  # else when their lease is over
            self._mark_sent()
            OutgoingMail.objects.release(self._left)
        if self._left:
            announce(self._left[0].pk)  # their own tasks may have come and found them claimed; one goes on with all


def _tell_overtaken(mail: OutgoingMail, state: str) -> None:
    logger.error("Mail %s (%s) was claimed by another before it was marked %s", mail.pk, mail.kind, state)


def _wait(mail: OutgoingMail, reason: str) -> None:
    """Until the next attempt; `attempts` counts this one. After the last pause the mail has failed."""
    pauses = settings.OUTBOX_RETRY_SECONDS
    if mail.attempts > len(pauses):
        _give_up(mail, reason)
        return
    logger.warning("Mail %s (%s) waits after attempt %s: %s", mail.pk, mail.kind, mail.attempts, reason)
    due = timezone.now() + timedelta(seconds=pauses[mail.attempts - 1])
    _mark(mail, state=MailState.WAITING, next_attempt_at=due, last_error=reason)


def _give_up(mail: OutgoingMail, reason: str) -> None:
    logger.warning("Mail %s (%s) has failed: %s", mail.pk, mail.kind, reason)
    _mark(mail, state=MailState.FAILED, last_error=reason)


def _mark(mail: OutgoingMail, **values: Any) -> None:
    """Writes what became of the mail at once, and only if the claim is still our own."""
    own = OutgoingMail.objects.filter(pk=mail.pk, claim_id=mail.claim_id)
    if not _surely(partial(own.update, claim_id=None, lease_until=None, **values)):
        _tell_overtaken(mail, values["state"])


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
