"""Celery beat with a clock that is set back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from time_machine import TimeMachineFixture

from digibeoordelen.celery import app
from digibeoordelen.jobs.scheduler import Scheduler

DAY = timedelta(days=1)


class Silent(Scheduler):
    """Notes the tasks that are due."""

    def setup_schedule(self) -> None:
        super().setup_schedule()
        self.sent: list[str] = []

    def apply_entry(self, entry, producer=None) -> None:
        self.sent.append(entry.name)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Silent]:
    made = Silent(app, schedule_filename=str(tmp_path / "schedule"), lazy=False)
    yield made
    made.close()


def due(scheduler: Silent) -> set[str]:
    """Return what is sent at this moment."""
    scheduler.sent.clear()
    for _ in range(2 * len(scheduler.schedule)):
        scheduler.tick()
    return set(scheduler.sent)


def test_tasks_are_due_after_the_clock_was_set_back(scheduler: Silent, time_machine: TimeMachineFixture) -> None:
    now = app.now()
    time_machine.move_to(now + DAY)
    assert due(scheduler) >= {"sweep-outbox", "sweep-jobs", "heartbeat"}
    time_machine.move_to(now)
    due(scheduler)
    time_machine.move_to(now + timedelta(seconds=61))
    assert due(scheduler) >= {"sweep-outbox", "sweep-jobs", "heartbeat"}
