"""'Afronden' of a batch by a worker: each item in one transaction with its outcome.

A worker that takes over, or runs twice, continues at the first item without an outcome.
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

from accounts.models import ExamCommittee, School, User
from assessments.lifecycle import DomainError
from assessments.models import Assessment, FinalProposal
from committee.models import NOT_DONE, FinalBatch, FinalBatchItem

from . import finalise
from .batch import CHANGED, Selected, finalise_one

logger = logging.getLogger(__name__)
Outcome = FinalBatchItem.Outcome
MAX_IMMEDIATE = 10  # items in the request itself, some 20 ms each; a worker does a larger batch
NO_MEMBER = "U bent geen lid meer van de examencommissie van deze beoordeling."


class AlreadyDone(Exception):
    """Another worker wrote this item's outcome first."""


@dataclass(frozen=True)
class Progress:
    """The number of items by outcome."""

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
    """Store the batch and run it at once if it is short, else have a worker run it.

    A form sent twice (`form_id`) starts one batch, unless the selection or the address differs.
    """
    batch = _start_once(selected, FinalBatch(school=school, by=by, exam_office_email=exam_office_email), form_id)
    if len(selected) <= MAX_IMMEDIATE:
        FinalBatch.objects.run(batch.pk)
    return batch


def _start_once(selected: Sequence[Selected], batch: FinalBatch, form_id: UUID | None) -> FinalBatch:
    if form_id is None:
        return _create(batch, selected)
    batch.public_id = form_id
    try:
        return _create(batch, selected)
    except IntegrityError:  # a batch with this form_id exists
        same = FinalBatch.objects.filter(public_id=form_id, by=batch.by, exam_office_email=batch.exam_office_email)
        existing, items = same.first(), {(s.assessment.pk, s.version, s.proposing) for s in selected}
        if existing and set(existing.items.values_list("assessment", "version", "proposing")) == items:
            return existing
        batch.pk, batch.public_id = None, uuid4()
        return _create(batch, selected)


@transaction.atomic
def _create(batch: FinalBatch, selected: Sequence[Selected]) -> FinalBatch:
    proposals = FinalProposal.objects.in_bulk({choice.proposal for choice in selected if choice.proposal})
    batch.save(force_insert=True)
    FinalBatchItem.objects.bulk_create(
        FinalBatchItem(
            batch=batch,
            assessment=choice.assessment,
            version=choice.version,
            proposing=choice.proposing,
            proposal=proposals.get(choice.proposal) if choice.proposal else None,
        )
        for choice in selected
    )
    if len(selected) > MAX_IMMEDIATE:
        batch.start()
    return batch


def progress(batch: FinalBatch) -> Progress:
    counts = Counter(dict(batch.items.order_by().values_list("outcome").annotate(Count("pk"))))
    return Progress(counts.total(), counts)


def work(batch: FinalBatch) -> None:
    """Do the waiting items."""
    for item in batch.items.waiting().select_related("assessment__school", "assessment__committee"):
        _do(item, batch)
        batch.extend(attempts=1)
    _finish(batch)


@transaction.atomic
def _finish(batch: FinalBatch) -> None:
    """Mail each student once about all results of the batch."""
    batch.finish(finished_at=timezone.now())
    final = Assessment.objects.filter(final_batch_items__batch=batch, final_batch_items__outcome=Outcome.FINAL)
    finalise.mail_students(assessments=final.for_pages().order_by("pk"), by=batch.by)


def _do(item: FinalBatchItem, batch: FinalBatch) -> None:
    try:
        _make_final(item, batch)
    except DomainError as error:
        # The text of `lifecycle` for a changed version points to a form below, which this page lacks.
        is_as_shown = Assessment.objects.filter(pk=item.assessment_id, version=item.version).exists()
        item.close(Outcome.REFUSED, str(error) if is_as_shown else CHANGED)
    except AlreadyDone:
        logger.warning("Item %s was done by another worker", item.pk)
    except Exception:
        logger.exception("Item %s of batch %s failed", item.pk, batch.pk)
        item.close(Outcome.REFUSED, NOT_DONE)


@transaction.atomic
def _make_final(item: FinalBatchItem, batch: FinalBatch) -> None:
    """Do the item and write its outcome; raise `AlreadyDone`, which rolls a second proposal back."""
    _refuse_who_left(item, batch.by)
    choice = Selected(item.assessment, item.version, proposing=item.proposing, proposal=item.proposal_id)
    outcome = finalise_one(choice, by=batch.by, exam_office_email=batch.exam_office_email)
    if not item.close(Outcome(outcome)):
        raise AlreadyDone


def _refuse_who_left(item: FinalBatchItem, by: User) -> None:
    """Raise `DomainError` when `by`, who started the batch, is no longer in the assessment's committee."""
    committees = ExamCommittee.objects.with_member(by).order_by()
    is_member = Assessment.objects.filter(pk=item.assessment_id, committee__in=committees).exists()
    if not is_member or not User.objects.filter(pk=by.pk, is_active=True).exists():
        raise DomainError(NO_MEMBER)
