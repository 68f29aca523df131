"""What is not sent, and sending again what failed since a moment, as after an outage of the mail server."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from .kinds import SHORT_LIVED
from .links import LinkVoid, read_refusals, resolve_many
from .models import NOT_ARRIVED, MailState, OutgoingMail, OutgoingMailQuerySet
from .queue import announce

logger = logging.getLogger(__name__)
BATCH = 500
UNFINISHED = (MailState.QUEUED, MailState.IN_FLIGHT, MailState.WAITING)


@dataclass(frozen=True)
class Outcome:
    """The number of failed mails by kind: those sent again, and those that may not be sent any more."""

    again: Counter[str] = field(default_factory=Counter)
    outdated: Counter[str] = field(default_factory=Counter)


def count_unsent(*, since: datetime) -> dict[str, Counter[str]]:
    """Return the number of mails by state, of each kind: the unfinished ones, and those that failed since `since`.

    `NOT_ARRIVED` counts the failed ones that came back.
    """
    counts: dict[str, Counter[str]] = {}
    # A query per state: each has an index, and the sent mails are not read.
    for mails in (*(OutgoingMail.objects.filter(state=state) for state in UNFINISHED), _failed(since)):
        for kind, state, count in mails.order_by().values_list("kind", "state").annotate(Count("pk")):
            counts.setdefault(kind, Counter())[state] = count
    returned = _failed(since).exclude(returned_at=None)
    for kind, count in returned.order_by().values_list("kind").annotate(Count("pk")):
        counts[kind][NOT_ARRIVED] = count
    return counts


def survey(*, since: datetime) -> Outcome:
    """Return what `resend` would do."""
    outcome = Outcome()
    for mails in _batches(since):
        _sort(mails, outcome)
    return outcome


def resend(*, since: datetime) -> Outcome:
    """Queue again what failed since, but for what may not be sent: its link is void, or it was dropped or held back.

    Each mail keeps its Message-ID and has all its attempts.
    """
    outcome = Outcome()
    for mails in _batches(since):
        with transaction.atomic():
            ids = [mail.pk for mail in mails]
            held = _failed(since).filter(pk__in=ids).select_for_update(skip_locked=True)
            _queue(_sort(list(held.only(*_READ)), outcome))
    logger.info("Sent again: %s mails, not %s", outcome.again.total(), outcome.outdated.total())
    return outcome


_READ = ("kind", "links", "is_urgent")


def _failed(since: datetime) -> OutgoingMailQuerySet:
    return OutgoingMail.objects.filter(state=MailState.FAILED, failed_at__gte=since, dropped_at=None)


def _batches(since: datetime) -> Iterator[list[OutgoingMail]]:
    last = 0
    while mails := list(_failed(since).filter(pk__gt=last).order_by("pk").only(*_READ)[:BATCH]):
        yield mails
        last = mails[-1].pk


def _sort(mails: Sequence[OutgoingMail], outcome: Outcome) -> list[OutgoingMail]:
    """Count the mails, and return those that may be sent, as a worker decides that."""
    refused = read_refusals([mail.pk for mail in mails])
    urls = resolve_many([mail.links for mail in mails])
    sendable = [
        mail
        for mail, url in zip(mails, urls, strict=True)
        if mail.pk not in refused and not isinstance(url, LinkVoid) and mail.kind not in SHORT_LIVED
    ]
    outcome.again.update(mail.kind for mail in sendable)
    outcome.outdated.update(mail.kind for mail in set(mails) - set(sendable))
    return sendable


def _queue(mails: Sequence[OutgoingMail]) -> None:
    """Queue them with one task, whose worker goes on with the others; the sweep starts more."""
    if not mails:
        return
    now = timezone.now()
    OutgoingMail.objects.filter(pk__in=[mail.pk for mail in mails]).update(
        state=MailState.QUEUED, attempts=0, returned_at=None, queued_at=now, announce_at=now
    )
    first = max(mails, key=lambda mail: mail.is_urgent)
    transaction.on_commit(partial(announce, first), robust=True)
