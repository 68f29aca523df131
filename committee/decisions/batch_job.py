"""'Afronden' of many at once by a worker: item by item, each in a transaction of its own with what became of it.

So a worker that dies leaves nothing half, and whoever takes over, or does it twice, goes on at the first item that
still waits: an item that was done is not done again, since its outcome was written with it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from celery import shared_task
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, F
from django.utils import timezone

from accounts.models import Role, School, User
from assessments.lifecycle import DomainError
from assessments.models import Assessment, FinalProposal
from committee.models import FinalBatch, FinalBatchItem

from .batch import CHANGED, Chosen, make_one_final

logger = logging.getLogger(__name__)
Outcome = FinalBatchItem.Outcome
AT_ONCE = 10  # making one final takes some 20 ms; of more, a worker does it
MAX_ATTEMPTS = 3  # of workers that died over one item
NOT_DONE = "Dit is niet gelukt; aan deze beoordeling is niets veranderd. Probeer het nog eens."
NO_MEMBER = "U bent geen lid meer van de examencommissie."


class ClaimLost(Exception):
    """Another worker took the batch over, or it is there no more."""


class DoneAlready(Exception):
    """Another worker was first with this item."""


@dataclass(frozen=True)
class Progress:
    """How many of `total` came to what."""

    total: int
    counts: Counter[str]

    @property
    def done(self) -> int:
        return self.total - self.counts[Outcome.WAITING]

    @property
    def final(self) -> int:
        return self.counts[Outcome.FINAL]

    @property
    def proposed(self) -> int:
        return self.counts[Outcome.PROPOSED]

    @property
    def refused(self) -> int:
        return self.counts[Outcome.REFUSED]


def start(
    *, chosen: Sequence[Chosen], school: School, by: User, exam_office_email: str, form_id: UUID | None = None
) -> FinalBatch:
    """Writes the list down, and does what it says if it is short, else has a worker begin.

    The same form sent twice starts it once: of the same list, to the same address. Who went back and chose others
    starts another.
    """
    batch = _start_once(chosen, FinalBatch(school=school, by=by, exam_office_email=exam_office_email), form_id)
    if len(chosen) <= AT_ONCE:
        work(batch.pk)
    return batch


def _start_once(chosen: Sequence[Chosen], batch: FinalBatch, form_id: UUID | None) -> FinalBatch:
    if form_id is None:
        return _write_down(batch, chosen)
    batch.public_id = form_id
    try:
        return _write_down(batch, chosen)
    except IntegrityError:  # there is one of this form
        same = FinalBatch.objects.filter(public_id=form_id, by=batch.by, exam_office_email=batch.exam_office_email)
        before, listed = same.first(), {(one.assessment.pk, one.version, one.proposing) for one in chosen}
        if before is not None and _listed(before) == listed:
            return before
        batch.pk, batch.public_id = None, uuid4()
        return _write_down(batch, chosen)


@transaction.atomic
def _write_down(batch: FinalBatch, chosen: Sequence[Chosen]) -> FinalBatch:
    proposals = FinalProposal.objects.in_bulk({one.proposal for one in chosen if one.proposal})
    batch.save(force_insert=True)
    FinalBatchItem.objects.bulk_create(
        FinalBatchItem(
            batch=batch,
            assessment=one.assessment,
            version=one.version,
            proposing=one.proposing,
            proposal=proposals.get(one.proposal) if one.proposal else None,
        )
        for one in chosen
    )
    if len(chosen) > AT_ONCE:
        transaction.on_commit(lambda: finalise_batch.delay(batch.pk), robust=True)
    return batch


def _listed(batch: FinalBatch) -> set[tuple[int, int, bool]]:
    return set(batch.items.values_list("assessment", "version", "proposing"))


def progress(batch: FinalBatch) -> Progress:
    counts = batch.items.order_by().values_list("outcome").annotate(Count("pk"))
    found = Counter(dict(counts))
    return Progress(found.total(), found)


def waiting_ids() -> list[int]:
    """Batches that no worker is at: never announced, or left by one that died."""
    return list(FinalBatch.objects.waiting().order_by("pk").values_list("pk", flat=True)[:1000])


def work(batch_id: int) -> bool:
    """Works through a batch; False when there was nothing to do."""
    claim = uuid4()
    free = FinalBatch.objects.waiting().filter(pk=batch_id)
    if not free.update(claim_id=claim, lease_until=_lease(), attempts=F("attempts") + 1):
        return False
    batch = FinalBatch.objects.select_related("school", "by").get(pk=batch_id)
    try:
        for item in batch.items.filter(outcome=Outcome.WAITING).select_related("assessment__school"):
            if batch.attempts > MAX_ATTEMPTS:
                logger.error("Item %s was given up after %s attempts", item.pk, MAX_ATTEMPTS)
                _write(item, Outcome.REFUSED, NOT_DONE)
            else:
                _do(item, batch)
            batch.attempts = 1
            _still_ours(batch, claim, attempts=1, lease_until=_lease())
        _still_ours(batch, claim, finished_at=timezone.now(), claim_id=None, lease_until=None)
    except ClaimLost:
        logger.warning("Batch %s was taken over by another worker, or is there no more", batch_id)
    return True


def _do(item: FinalBatchItem, batch: FinalBatch) -> None:
    try:
        _make_final(item, batch)
    except DomainError as error:
        _write(item, Outcome.REFUSED, _reason(item, error))
    except DoneAlready:
        logger.warning("Item %s was done by another worker", item.pk)
    except Exception:
        logger.exception("Item %s of batch %s failed", item.pk, batch.pk)
        _write(item, Outcome.REFUSED, NOT_DONE)


def _reason(item: FinalBatchItem, error: DomainError) -> str:
    """Of what was changed since it was ticked `lifecycle` says that it stands below, which here it does not."""
    is_as_shown = Assessment.objects.filter(pk=item.assessment_id, version=item.version).exists()
    return str(error) if is_as_shown else CHANGED


@transaction.atomic
def _make_final(item: FinalBatchItem, batch: FinalBatch) -> None:
    """With what came of it in one transaction; raises `DoneAlready`, since a proposal would stand there twice."""
    _refuse_who_left(batch)
    one = Chosen(item.assessment, item.version, proposing=item.proposing, proposal=item.proposal_id)
    outcome = make_one_final(one, by=batch.by, exam_office_email=batch.exam_office_email)
    if not _write(item, Outcome(outcome)):
        raise DoneAlready


def _refuse_who_left(batch: FinalBatch) -> None:
    """Who started it saw the school's results then; whoever lost the role since decides on nothing."""
    roles = batch.by.memberships.filter(school=batch.school, role=Role.EXAMENCOMMISSIE)
    if not User.objects.filter(pk=batch.by_id, is_active=True).exists() or not roles.exists():
        raise DomainError(NO_MEMBER)


def _write(item: FinalBatchItem, outcome: Outcome, reason: str = "") -> bool:
    """What became of it, once: False where that was written before."""
    waiting = FinalBatchItem.objects.filter(pk=item.pk, outcome=Outcome.WAITING)
    return bool(waiting.update(outcome=outcome, reason=reason))


def _still_ours(batch: FinalBatch, claim: UUID, **values: object) -> None:
    if not FinalBatch.objects.filter(pk=batch.pk, claim_id=claim).update(**values):
        raise ClaimLost


def _lease() -> datetime:
    return timezone.now() + timedelta(seconds=settings.FINAL_BATCH_LEASE_SECONDS)


@shared_task(name="committee.tasks.finalise_batch")
def finalise_batch(batch_id: int) -> None:
    """Makes final, or proposes, what a member chose together."""

    work(batch_id)


@shared_task(name="committee.tasks.sweep_final_batches")
def sweep_final_batches() -> None:
    """Starts what a crash left: batches that wait and that nobody is at."""

    for batch_id in waiting_ids():
        finalise_batch.delay(batch_id)


@shared_task(name="committee.tasks.forget_final_batches")
def forget_final_batches() -> None:
    """Deletes batches that ended a while ago."""
    from committee.models import FinalBatch

    FinalBatch.objects.forget_old()
