"""Appeals (bezwaar): that one came in, and what came of it. The appeal itself is dealt with elsewhere."""

from __future__ import annotations

from datetime import date

from accounts.models import User
from assessments import lifecycle
from assessments.models import Appeal, Assessment, Event, Status


def has_had_a_result(assessment: Assessment) -> bool:
    """Whether there is a final result, or there was one: an appeal may come in around its withdrawal."""
    return assessment.status == Status.FINAL or assessment.documents.exists()


def mark(*, assessment: Assessment, by: User, received_on: date, note: str = "", version: int | None = None) -> Appeal:
    """Notes an appeal against a final result; while it is open nothing of the assessment is cleared away.

    Raises `TransitionRefused` for one that never was FINAL, `DomainError` when one runs already or `version` is old.
    """
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_own(current.student, by=by)
        if not has_had_a_result(current):
            raise lifecycle.TransitionRefused("Bezwaar kan alleen tegen een definitief resultaat.")
        if current.appeals.open().exists():
            raise lifecycle.DomainError("Er loopt al een bezwaar tegen dit resultaat.")
        appeal = current.appeals.create(received_on=received_on, note=note, marked_by=by)
        lifecycle.record(current, kind=Event.Kind.APPEAL_MARKED, by=by)
    return appeal


def close(*, appeal: Appeal, by: User, closed_on: date, outcome: Appeal.Outcome) -> None:
    """Writes down what came of it; raises `DomainError` when that was done before."""
    with lifecycle.locked(appeal.assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        fresh = current.appeals.open().filter(pk=appeal.pk).first()
        if fresh is None:
            raise lifecycle.DomainError("Dit bezwaar is al afgesloten.")
        fresh.closed_on, fresh.outcome, fresh.closed_by = closed_on, outcome, by
        fresh.save(update_fields=["closed_on", "outcome", "closed_by"])
        lifecycle.record(current, kind=Event.Kind.APPEAL_CLOSED, by=by, outcome=outcome.label)
