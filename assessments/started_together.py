"""Students who were started together and are not all invited for: the way back to where that is done for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Exists, OuterRef

from accounts.models import User
from exams.models import ExamUnit, Part

from .follow import of_unit
from .models import Assessment, AssessmentQuerySet, Assignment, Invitation
from .together import together_url


@dataclass(frozen=True)
class UnfinishedStart:
    """Several of one start who still lack an invitation; `url` is of their page."""

    started_at: datetime
    count: int
    url: str


def unfinished_starts(*, user: User, unit: ExamUnit) -> list[UnfinishedStart]:
    """Those of the docent's own starts of this unit, the newest first, in one query.

    One start gives all its assessments the same moment (`start.start_together`). Of whom one is left has no page
    for several: the list names that one.
    """
    return [
        UnfinishedStart(batch[0].created_at, len(batch), together_url("together", unit, batch))
        for batch in _batches(of_unit(user=user, unit=unit).running().filter(initiator=user))
        if len(batch) > 1
    ]


def _batches(own: AssessmentQuerySet) -> Iterator[list[Assessment]]:
    """By moment and school: each school has an address book of its own."""
    invited = Invitation.objects.standing().filter(assessment=OuterRef("assessment"), contact=OuterRef("contact"))
    examiners = Assignment.objects.live().filter(assessment=OuterRef("pk"))
    of_part = Assignment.objects.live().filter(assessment=OuterRef(OuterRef("pk")), part=OuterRef("pk"))
    parts = Part.objects.filter(work_process__core_task__unit=OuterRef("unit"))
    uninvited, without_examiner = examiners.exclude(Exists(invited)), parts.exclude(Exists(of_part))
    lacking = own.filter(Exists(uninvited) | Exists(without_examiner)).only("public_id", "created_at", "school_id")
    for _, batch in groupby(lacking.order_by("-created_at", "school", "pk"), lambda a: (a.created_at, a.school_id)):
        yield list(batch)
