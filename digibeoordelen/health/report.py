"""What is wrong with the work in the background: a few queries, each on an index of few rows, and no names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Min
from django.utils import timezone
from kombu.exceptions import OperationalError

from digibeoordelen import VERSION
from digibeoordelen.celery import app
from digibeoordelen.jobs.models import Job
from digibeoordelen.outbox.models import MailState, OutgoingMail

from .models import Heartbeat

BROKER_SECONDS = 1
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Measure:
    """A figure, its name in the report, and whether it is beyond its limit."""

    name: str
    value: float | bool | None
    is_wrong: bool


def read_report() -> dict[str, Any]:
    """Return the figures, after `status`: 'ok', or the names of those that are wrong. Raises `DatabaseError`."""
    measures = [*_mails(), *_jobs(), *_heartbeats(), *_disk(), _broker()]
    wrong = [measure.name for measure in measures if measure.is_wrong]
    figures = {measure.name: measure.value for measure in measures}
    return {"status": ", ".join(wrong) or "ok", "version": VERSION, "database": True, **figures}


def _mails() -> Iterator[Measure]:
    now, mails = timezone.now(), OutgoingMail.objects
    untried = _oldest(mails.filter(state=MailState.QUEUED, attempts=0))
    stuck = _oldest(mails.filter(state=MailState.IN_FLIGHT, lease_until__lt=now))
    # One query would read the sent mails too: each state has an index of its own.
    paused = _oldest(mails.filter(state=MailState.WAITING))
    due = _oldest(mails.filter(state=MailState.QUEUED, attempts__gt=0))
    waiting = min(filter(None, (paused, due)), default=None)
    yield _age("mail_queued_seconds", untried, limit=settings.HEALTH_MAIL_SECONDS)
    yield _age("mail_stuck_seconds", stuck, limit=settings.HEALTH_MAIL_SECONDS)
    yield _age("mail_waiting_seconds", waiting, limit=settings.HEALTH_WAITING_MAIL_SECONDS)
    day = now - timedelta(days=1)
    failed = mails.filter(state=MailState.FAILED, failed_at__gte=day, dropped_at=None).count()
    yield Measure("mails_failed_in_24_hours", failed, failed > settings.HEALTH_FAILED_MAILS)


def _oldest(mails: Any) -> datetime | None:
    oldest: datetime | None = mails.aggregate(at=Min("queued_at"))["at"]
    return oldest


def _jobs() -> Iterator[Measure]:
    for kind in apps.get_models():
        if issubclass(kind, Job):
            name = f"{kind._meta.model_name}_seconds"  # noqa: SLF001 - Django's documented API
            yield _age(name, kind.objects.oldest(), limit=getattr(settings, kind.health_limit))


def _heartbeats() -> Iterator[Measure]:
    seen = dict(Heartbeat.objects.values_list("process", "at"))
    limits = dict.fromkeys((Heartbeat.Process.WORKER, Heartbeat.Process.BEAT), settings.HEALTH_HEARTBEAT_SECONDS)
    if settings.BOUNCES_IMAP_URL:
        limits[Heartbeat.Process.MAILBOX] = settings.HEALTH_MAILBOX_SECONDS
    for process, limit in limits.items():
        measure = _age(f"{process}_seen_seconds_ago", seen.get(process), limit=limit)
        is_ahead = measure.value is not None and measure.value < -limit  # a wrong clock
        yield replace(measure, is_wrong=measure.is_wrong or is_ahead or process not in seen)


def _age(name: str, since: datetime | None, *, limit: int) -> Measure:
    if since is None:
        return Measure(name, None, is_wrong=False)
    seconds = int((timezone.now() - since).total_seconds())
    return Measure(name, seconds, is_wrong=seconds > limit)


def _disk() -> Iterator[Measure]:
    """Yield the free space where VAR_DIR is, or the files, whichever has less; a folder may not exist yet."""
    folders = [Path(settings.VAR_DIR)]
    with suppress(NotImplementedError):  # object storage
        folders.append(Path(default_storage.path("")))
    free = [shutil.disk_usage(folder).free for folder in folders if folder.exists()]
    if free:
        megabytes = min(free) // MEGABYTE
        yield Measure("disk_free_mb", megabytes, megabytes < settings.HEALTH_FREE_MB)


def _broker() -> Measure:
    answers = broker_answers()
    return Measure("broker", answers, is_wrong=not answers)


def broker_answers() -> bool:
    """Return whether the broker accepts a connection within `BROKER_SECONDS`."""
    with app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
        try:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS, interval_start=0)
        except OperationalError:
            return False
    return True
