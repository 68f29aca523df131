"""Background jobs: claimed once, retried after a pause, abandoned, purged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from committee.models import FinalBatch
from digibeoordelen.file_storage import StorageDown
from digibeoordelen.jobs import tasks
from digibeoordelen.jobs.models import ClaimLost, Job, run
from digibeoordelen.jobs.tasks import purge, sweep
from tests.concurrency import at_once
from tests.factories import FinalBatchFactory

LABEL = "committee.FinalBatch"


class Died(BaseException):
    """Simulates a killed worker: no code runs after it."""


@pytest.fixture(autouse=True)
def announced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The ids of the jobs sent to a worker."""
    calls: list[tuple[str, int]] = []
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: calls.append((label, pk)))
    return calls


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of finished jobs; the work only records the id."""
    pks: list[int] = []

    def work(job: FinalBatch) -> None:
        pks.append(job.pk)
        job.finish(finished_at=timezone.now())

    monkeypatch.setattr(FinalBatch, "work", work)
    return pks


@pytest.fixture
def abandoned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    pks: list[int] = []

    def give_up(job: FinalBatch) -> None:
        pks.append(job.pk)
        job.finish(finished_at=timezone.now())

    monkeypatch.setattr(FinalBatch, "give_up", give_up)
    return pks


@pytest.fixture
def job(db: None) -> FinalBatch:
    """A job of a kind with at most three attempts."""
    batch: FinalBatch = FinalBatchFactory()
    return batch


def work_raises(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(job: FinalBatch) -> None:
        raise error

    monkeypatch.setattr(FinalBatch, "work", fail)


def test_job_is_announced_on_commit(
    job: FinalBatch, announced: list[tuple[str, int]], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job.start()
        assert announced == []
    assert announced == [(LABEL, job.pk)]


def test_a_task_that_runs_twice_works_once(job: FinalBatch, done: list[int]) -> None:
    run(LABEL, job.pk)
    run(LABEL, job.pk)
    assert done == [job.pk]
    job.refresh_from_db()
    assert (job.claim_id, job.lease_until) == (None, None)


@pytest.mark.django_db(transaction=True)
def test_only_one_worker_claims_a_job(job: FinalBatch) -> None:
    claims = at_once(*[lambda: FinalBatch.objects.claim(job.pk)] * 2)
    assert [claim for claim in claims if claim] == [job]


def test_a_claim_holds_until_its_lease_ends(job: FinalBatch, pass_time: Callable[..., None], settings: Any) -> None:
    settings.JOB_LEASE_SECONDS = 60
    first = FinalBatch.objects.claim(job.pk)
    pass_time(seconds=50)
    first.extend(exam_office_email="new@hier.test")
    pass_time(seconds=50)
    assert FinalBatch.objects.claim(job.pk) is None
    pass_time(seconds=20)
    second = FinalBatch.objects.claim(job.pk)
    assert (second.attempts, second.exam_office_email) == (2, "new@hier.test")
    with pytest.raises(ClaimLost):
        first.extend()
    with pytest.raises(ClaimLost):
        first.finish(finished_at=timezone.now())
    job.refresh_from_db()
    assert (job.finished_at, job.claim_id) == (None, second.claim_id)


def test_lost_claim_changes_nothing(job: FinalBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    other = uuid4()

    def work(claimed: FinalBatch) -> None:
        FinalBatch.objects.update(claim_id=other)
        claimed.finish(finished_at=timezone.now())

    monkeypatch.setattr(FinalBatch, "work", work)
    assert not FinalBatch.objects.run(job.pk)
    job.refresh_from_db()
    assert (job.finished_at, job.claim_id) == (None, other)


def test_deleted_work_that_fails_raises_its_own_error(job: FinalBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(claimed: FinalBatch) -> None:
        FinalBatch.objects.all().delete()
        raise OSError

    monkeypatch.setattr(FinalBatch, "work", work)
    with pytest.raises(OSError):  # noqa: PT011
        run(LABEL, job.pk)


def test_failed_work_backs_off_and_is_abandoned(
    job: FinalBatch, abandoned: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    work_raises(OSError("disk"), monkeypatch)
    monkeypatch.setattr(FinalBatch, "pauses", (10, 20))
    monkeypatch.setattr(FinalBatch, "max_attempts", 4)
    pauses = []
    for _ in range(3):
        with pytest.raises(OSError, match="disk"):
            run(LABEL, job.pk)
        job.refresh_from_db()
        assert job.claim_id is None
        assert job.lease_until is not None
        pauses.append(round((job.lease_until - timezone.now()).total_seconds()))
        assert not FinalBatch.objects.run(job.pk)
        FinalBatch.objects.update(lease_until=timezone.now())
    assert pauses == [10, 20, 20]
    assert abandoned == []
    with pytest.raises(OSError, match="disk"):
        run(LABEL, job.pk)
    assert abandoned == [job.pk]
    assert "was given up after 4 attempts" in caplog.text


def test_storage_that_is_down_uses_up_no_last_attempt(
    job: FinalBatch, abandoned: list[int], done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = FinalBatch.work
    work_raises(StorageDown("De opslag is weg."), monkeypatch)
    monkeypatch.setattr(FinalBatch, "pauses", (10, 20))
    pauses = []
    for _ in range(6):
        assert not FinalBatch.objects.run(job.pk)
        job.refresh_from_db()
        assert job.lease_until is not None
        pauses.append(round((job.lease_until - timezone.now()).total_seconds()))
        FinalBatch.objects.update(lease_until=timezone.now())
    assert pauses == [10, 20, 20, 20, 20, 20]
    monkeypatch.setattr(FinalBatch, "work", work)
    run(LABEL, job.pk)
    assert (done, abandoned) == ([job.pk], [])


def test_job_that_kills_workers_is_abandoned(
    job: FinalBatch, abandoned: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    work_raises(Died(), monkeypatch)
    for _ in range(3):
        with pytest.raises(Died):
            run(LABEL, job.pk)
        FinalBatch.objects.update(lease_until=timezone.now())
    assert abandoned == []
    run(LABEL, job.pk)
    assert abandoned == [job.pk]


def test_work_without_a_limit_is_never_abandoned(
    job: FinalBatch, abandoned: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    work_raises(OSError("disk"), monkeypatch)
    monkeypatch.setattr(FinalBatch, "max_attempts", None)
    FinalBatch.objects.update(attempts=100)
    with pytest.raises(OSError, match="disk"):
        run(LABEL, job.pk)
    assert abandoned == []


def test_restarted_work_is_due_at_once_with_all_attempts(job: FinalBatch, done: list[int]) -> None:
    later = timezone.now() + timedelta(hours=1)
    FinalBatch.objects.update(claim_id=uuid4(), lease_until=later, attempts=3)
    assert FinalBatch.objects.filter(pk=job.pk).restart() == 1
    run(LABEL, job.pk)
    assert done == [job.pk]


def test_sweep_announces_due_jobs(job: FinalBatch, announced: list[tuple[str, int]]) -> None:
    now = timezone.now()
    FinalBatchFactory(lease_until=now + timedelta(minutes=1), claim_id=uuid4())
    FinalBatchFactory(finished_at=now)
    left = FinalBatchFactory(lease_until=now - timedelta(seconds=1), claim_id=uuid4())
    sweep()
    assert announced == [(LABEL, job.pk), (LABEL, left.pk)]


def test_purge_keeps_unfinished_jobs(job: FinalBatch) -> None:
    long_ago = timezone.now() - timedelta(days=31)
    FinalBatchFactory(started_at=long_ago, finished_at=long_ago)
    recent = FinalBatchFactory(finished_at=timezone.now())
    FinalBatch.objects.filter(pk=job.pk).update(started_at=long_ago)
    purge()
    assert set(FinalBatch.objects.all()) == {job, recent}


@pytest.mark.parametrize("kind", tuple(tasks._kinds()), ids=str)
@pytest.mark.django_db
def test_each_kind_defines_work_and_pending(kind: type[Job]) -> None:
    assert callable(kind.work)
    assert not kind.objects.due().exists()
