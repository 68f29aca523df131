"""Figures of work that is in the database, read at each scrape, so that every process gives the same.

What was done is counted over the last hour, and among the newest rows alone: a total would read tables of millions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import DatabaseError, models
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from assessments.models import Document
from digibeoordelen.jobs.models import Job
from digibeoordelen.outbox.models import MailState, OutgoingMail
from exchange.models import Call, WebhookMessage

UNSENT = (MailState.QUEUED, MailState.IN_FLIGHT, MailState.WAITING)
HOUR = timedelta(hours=1)
NEWEST = 10_000


class DatabaseMetrics(Collector):
    """Yields nothing but `digibeoordelen_database` 0 while the database is gone."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            families = [*_queues(), _mails(), _returned(), _pdfs(), _exchange_calls()]
        except DatabaseError:
            families = []
        yield _gauge("database", "Whether the database answers.", value=1 if families else 0)
        yield from families


def _queues() -> Iterator[GaugeMetricFamily]:
    depth = _gauge("queue_depth", "Unfinished work.", "kind")
    oldest = _gauge("queue_oldest_seconds", "Age of the oldest unfinished work.", "kind")
    for kind, (count, since) in {"mail": _unsent(), **dict(_jobs())}.items():
        depth.add_metric([kind], count)
        oldest.add_metric([kind], (timezone.now() - since).total_seconds() if since else 0)
    yield depth
    yield oldest


def _unsent() -> tuple[int, datetime | None]:
    # One query would read the sent mails too: each state has an index of its own.
    states = [_depth(OutgoingMail.objects.filter(state=state), "queued_at") for state in UNSENT]
    return sum(count for count, _ in states), min((since for _, since in states if since), default=None)


def _jobs() -> Iterator[tuple[str, tuple[int, datetime | None]]]:
    for kind in apps.get_models():
        if issubclass(kind, Job):
            yield str(kind._meta.model_name), _depth(kind.objects.pending(), kind.since)  # noqa: SLF001


def _depth(work: models.QuerySet[Any], since: str) -> tuple[int, datetime | None]:
    figures = work.order_by().aggregate(count=Count("pk"), since=Min(since))
    return figures["count"], figures["since"]


def _mails() -> GaugeMetricFamily:
    states = dict.fromkeys(MailState.values, 0)
    states |= dict(_newest(OutgoingMail.objects).values_list("state").annotate(Count("pk")))
    family = _gauge("mails_last_hour", "Mails that were queued in the last hour, by state.", "state")
    for state, count in states.items():
        family.add_metric([state.lower()], count)
    return family


def _returned() -> GaugeMetricFamily:
    failed = OutgoingMail.objects.filter(state=MailState.FAILED, failed_at__gte=timezone.now() - HOUR)
    count = failed.exclude(returned_at=None).count()
    return _gauge("mails_returned_last_hour", "Mails that a server returned after it had accepted them.", value=count)


def _pdfs() -> GaugeMetricFamily:
    made = _newest(Document.objects).filter(file__isnull=False).count()
    return _gauge("pdfs_last_hour", "PDFs made of the results of the last hour.", value=made)


def _newest(rows: models.Manager[Any]) -> models.QuerySet[Any]:
    """Return the rows of the last hour among the `NEWEST`, found by primary key: there is no index on the time."""
    newest = rows.order_by("-pk").values("pk")[:NEWEST]
    return rows.filter(pk__in=newest, created_at__gte=timezone.now() - HOUR).order_by()


def _exchange_calls() -> GaugeMetricFamily:
    since = timezone.now() - HOUR
    family = _gauge("exchange_calls_last_hour", "Calls with other systems in the last hour.", "direction", "status")
    calls = {"in": Call.objects.filter(at__gte=since), "out": WebhookMessage.objects.filter(created_at__gte=since)}
    for direction, rows in calls.items():
        by_class: Counter[str] = Counter()
        for status, count in rows.exclude(http_status=None).order_by().values_list("http_status").annotate(Count("pk")):
            by_class[f"{status // 100}xx"] += count
        for status_class, count in by_class.items():
            family.add_metric([direction, status_class], count)
    return family


def _gauge(name: str, explanation: str, *labels: str, value: float | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"digibeoordelen_{name}", explanation, value=value, labels=labels or None)
