"""Background work: a kind of work is a model, a job is a row."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self, TypeVar
from uuid import uuid4

from celery import shared_task
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Min, Q
from django.utils import timezone

from digibeoordelen.file_storage import StorageDown

logger = logging.getLogger(__name__)
J = TypeVar("J", bound="Job")


class ClaimLost(Exception):
    """Another worker claimed the job, or it was deleted: the caller must undo what it did."""


class JobQuerySet(models.QuerySet[J]):
    def pending(self) -> Self:
        """Return the unfinished jobs; defined by each kind."""
        raise NotImplementedError

    def due(self) -> Self:
        """Return the pending jobs that no worker holds and whose pause is over."""
        return self.pending().filter(Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now()))

    def due_pks(self) -> models.QuerySet[J, int]:
        """Return the ids to announce, which are of all due jobs unless a kind works in batches."""
        return self.due().order_by("pk").values_list("pk", flat=True)

    def claim(self, pk: int) -> J | None:
        """Return the job, claimed for the caller until its lease ends; None if it is not due."""
        return self.claim_all([pk]).first()

    def claim_all(self, pks: Sequence[int], **values: object) -> Self:
        """Return those of these jobs that are due, under one claim for the caller; `values` are written with it."""
        claim_id = uuid4()
        values |= {"claim_id": claim_id, "lease_until": _lease_end(), "attempts": F("attempts") + 1}
        self.due().filter(pk__in=pks).update(**values)
        return self.filter(pk__in=pks, claim_id=claim_id)

    def run(self, pk: int) -> bool:
        """Claim the job and do its work; return False if it was not due, the claim was lost or the storage is down.

        Any other exception of the work ends the attempt and is raised.
        """
        job = self.claim(pk)
        if job is None:
            return False
        try:
            if job.max_attempts is not None and job.attempts > job.max_attempts:  # the last worker died
                _give_up(job)
            else:
                job.work()
        except ClaimLost:
            logger.warning("%s %s was claimed by another worker, or deleted", self.model.__name__, pk)
            return False
        except StorageDown as down:
            logger.warning("%s %s waits after attempt %s: %s", self.model.__name__, pk, job.attempts, down)
            with suppress(ClaimLost):
                _wait_for_storage(job)
            return False
        except Exception:
            with suppress(ClaimLost):
                _end_attempt(job)
            raise
        return True

    def oldest(self) -> datetime | None:
        """Return since when the longest waiting of the pending jobs waits, those that a worker holds left out."""
        held = Q(claim_id__isnull=False, lease_until__gte=timezone.now())
        oldest: datetime | None = self.pending().exclude(held).aggregate(at=Min(self.model.since))["at"]
        return oldest

    def restart(self) -> int:
        """Make the jobs due now, with all their attempts; return how many."""
        return self.update(attempts=0, claim_id=None, lease_until=None)

    def purge(self) -> None:
        """Delete jobs past their retention; a kind may define this."""


class Job(models.Model):
    """A job; `lease_until` ends the claim of a worker that died, or the pause after a failed attempt."""

    max_attempts: ClassVar[int | None] = 5  # None: unlimited
    pauses: ClassVar[Sequence[int]] = (60, 300, 900, 3600, 4 * 3600)  # seconds after each attempt; the last repeats
    since: ClassVar[str] = "created_at"  # the field with the moment from which it waits
    health_limit: ClassVar[str] = "HEALTH_JOB_SECONDS"  # the setting for how long it may wait
    work: ClassVar[Callable[[Any], None]]  # set by an app's `ready()`, as models can't import it

    claim_id = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField("pogingen", default=0, editable=False)

    objects: Any  # each kind has the manager of a `JobQuerySet`

    class Meta:
        abstract = True

    def start(self) -> None:
        """Announce the job on commit; without a broker the sweep does."""
        transaction.on_commit(lambda: self.announce(self.pk), robust=True)

    @classmethod
    def announce(cls, pk: int) -> None:
        run.delay(cls._meta.label, pk)

    @property
    def next_pause(self) -> timedelta:
        """The pause if this attempt fails."""
        return timedelta(seconds=self.pauses[min(self.attempts, len(self.pauses)) - 1])

    def extend(self, **values: object) -> None:
        """Begin a new lease and write `values`; raise `ClaimLost` if the claim is no longer the caller's."""
        self._write(**values, lease_until=_lease_end())

    def finish(self, **values: object) -> None:
        """Release the claim and write `values`; raise `ClaimLost` if it is no longer the caller's.

        Call it in the transaction that writes the result.
        """
        self._write(**{"claim_id": None, "lease_until": None, **values})

    def give_up(self) -> None:
        """Finish a job whose attempts are used up."""
        self.finish()

    def _write(self, **values: object) -> None:
        if not type(self).objects.filter(pk=self.pk, claim_id=self.claim_id).update(**values):
            raise ClaimLost


@shared_task(name="digibeoordelen.jobs.tasks.run")
def run(label: str, pk: int) -> None:
    """Run the job of the model with this label, unless another worker holds it."""
    apps.get_model(label).objects.run(pk)


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _end_attempt(job: Job) -> None:
    """Set the pause after a failed attempt, or give the job up after the last."""
    if job.attempts == job.max_attempts:
        _give_up(job)
    else:
        job.finish(lease_until=timezone.now() + job.next_pause)


def _wait_for_storage(job: Job) -> None:
    """Set the pause, but leave a last attempt: the job itself did not fail."""
    attempts = job.attempts if job.max_attempts is None else min(job.attempts, job.max_attempts - 1)
    job.finish(attempts=attempts, lease_until=timezone.now() + job.next_pause)


def _give_up(job: Job) -> None:
    logger.error("%s %s was given up after %s attempts", type(job).__name__, job.pk, job.max_attempts)
    job.give_up()
