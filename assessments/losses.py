"""What would no longer count if examiners who have begun were taken off: for the page that asks whether to do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from addressbook.models import Contact
from exams.models import Criterion

from .couple import WouldLoseWork
from .models import Assessment, Assignment, Score


@dataclass(frozen=True)
class Loss:
    """One part that an examiner has begun: how many of its criteria have a score."""

    assignment: Assignment
    scored: int
    criteria: int


@dataclass
class StudentLoss:
    """Of one student: who has begun, and on which parts."""

    assessment: Assessment
    examiners: dict[Contact, list[Loss]] = field(default_factory=dict)


def read_losses(refused: Sequence[tuple[Assessment, WouldLoseWork]]) -> list[StudentLoss]:
    """What each of them would lose, in two queries; parts in the order of the exam."""
    assignments = [assignment for _, error in refused for assignment in error.assignments]
    scored = _counted(Score.objects.all(), "assignment", [assignment.pk for assignment in assignments])
    criteria = _counted(Criterion.objects.all(), "part", list({assignment.part_id for assignment in assignments}))
    students = []
    for assessment, error in refused:
        student = StudentLoss(assessment)
        for a in sorted(error.assignments, key=lambda a: (a.contact.sort_key, a.contact_id, a.part_id)):
            loss = Loss(a, scored.get(a.pk, 0), criteria.get(a.part_id, 0))
            student.examiners.setdefault(a.contact, []).append(loss)
        students.append(student)
    return students


def _counted(rows: QuerySet[Any], name: str, ids: Sequence[int]) -> dict[int, int]:
    """How many rows each of these ids has under `name`."""
    return dict(rows.order_by().filter(**{f"{name}__in": ids}).values_list(f"{name}_id").annotate(Count("pk")))
