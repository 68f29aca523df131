"""'Afronden' of many at once by a worker: item by item, each in a transaction of its own with what became of it.

So a worker that dies leaves nothing half, and whoever takes over, or does it twice, goes on at the first item that
still waits: an item that was done is not done again, since its outcome was written with it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from accounts.models import Role, School, User
from assessments.lifecycle import DomainError
from assessments.models import Assessment, FinalProposal
from committee.models import NOT_DONE, FinalBatch, FinalBatchItem

from .batch import CHANGED, Selected, finalise_one

logger = logging.getLogger(__name__)
Outcome = FinalBatchItem.Outcome
MAX_IMMEDIATE = 10  # making one final takes some 20 ms; of more, a worker does it
NO_MEMBER = "U bent geen lid meer van de examencommissie."


class AlreadyDone(Exception):
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
    *, selected: Sequence[Selected], school: School, by: User, exam_office_email: str, form_id: UUID | None = None
) -> FinalBatch:
    """Writes the list down, and does what it says if it is short, else has a worker begin.

    The same form sent twice starts it once: of the same list, to the same address. Who went back and chose others
    starts another.
    """
    batch = _start_once(selected, FinalBatch(school=school, by=by, exam_office_email=exam_office_email), form_id)
    if len(selected) <= MAX_IMMEDIATE:
        FinalBatch.objects.run(batch.pk)
    return batch


def _start_once(selected: Sequence[Selected], batch: FinalBatch, form_id: UUID | None) -> FinalBatch:
    if form_id is None:
        return _write_down(batch, selected)
    batch.public_id = form_id
    try:
        return _write_down(batch, selected)
    except IntegrityError:  # there is one of this form
        same = FinalBatch.objects.filter(public_id=form_id, by=batch.by, exam_office_email=batch.exam_office_email)
        before, listed = same.first(), {(one.assessment.pk, one.version, one.proposing) for one in selected}
        if before is not None and _listed(before) == listed:
            return before
        batch.pk, batch.public_id = None, uuid4()
        return _write_down(batch, selected)


@transaction.atomic
def _write_down(batch: FinalBatch, selected: Sequence[Selected]) -> FinalBatch:
    proposals = FinalProposal.objects.in_bulk({one.proposal for one in selected if one.proposal})
    batch.save(force_insert=True)
    FinalBatchItem.objects.bulk_create(
        FinalBatchItem(
            batch=batch,
            assessment=one.assessment,
            version=one.version,
            proposing=one.proposing,
            proposal=proposals.get(one.proposal) if one.proposal else None,
        )
        for one in selected
    )
    if len(selected) > MAX_IMMEDIATE:
        batch.start()
    return batch


def _listed(batch: FinalBatch) -> set[tuple[int, int, bool]]:
    return set(batch.items.values_list("assessment", "version", "proposing"))


def progress(batch: FinalBatch) -> Progress:
    counts = batch.items.order_by().values_list("outcome").annotate(Count("pk"))
    found = Counter(dict(counts))
    return Progress(found.total(), found)


def work(batch: FinalBatch) -> None:
    """Do the items that wait, each in a transaction of its own."""
    for item in batch.items.waiting().select_related("assessment__school"):
        _do(item, batch)
        batch.extend(attempts=1)
    batch.finish(finished_at=timezone.now())


def _do(item: FinalBatchItem, batch: FinalBatch) -> None:
    try:
        _make_final(item, batch)
    except DomainError as error:
        item.close(Outcome.REFUSED, _reason(item, error))
    except AlreadyDone:
        logger.warning("Item %s was done by another worker", item.pk)
    except Exception:
        logger.exception("Item %s of batch %s failed", item.pk, batch.pk)
        item.close(Outcome.REFUSED, NOT_DONE)


def _reason(item: FinalBatchItem, error: DomainError) -> str:
    """Of what was changed since it was ticked `lifecycle` says that it stands below, which here it does not."""
    is_as_shown = Assessment.objects.filter(pk=item.assessment_id, version=item.version).exists()
    return str(error) if is_as_shown else CHANGED


@transaction.atomic
def _make_final(item: FinalBatchItem, batch: FinalBatch) -> None:
    """With what came of it in one transaction; raises `AlreadyDone`, since a proposal would stand there twice."""
    _refuse_who_left(batch)
    one = Selected(item.assessment, item.version, proposing=item.proposing, proposal=item.proposal_id)
    outcome = finalise_one(one, by=batch.by, exam_office_email=batch.exam_office_email)
    if not item.close(Outcome(outcome)):
        raise AlreadyDone


def _refuse_who_left(batch: FinalBatch) -> None:
    """Who started it saw the school's results then; whoever lost the role since decides on nothing."""
    roles = batch.by.memberships.filter(school=batch.school, role=Role.EXAMENCOMMISSIE)
    if not User.objects.filter(pk=batch.by_id, is_active=True).exists() or not roles.exists():
        raise DomainError(NO_MEMBER)
