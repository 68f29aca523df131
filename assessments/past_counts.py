"""Counts an assessment that is about to be erased into what is kept of past cohorts (`past`)."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from .models import Assessment, PastAssessments, PastScores, Score, Status


def school_year(day: date) -> int:
    """The year in which the school year of this day began, in August."""
    return day.year if day.month >= 8 else day.year - 1


def counting() -> QuerySet[Score]:
    """The scores that a picture of the work is made of: given and completed by an examiner who was not taken off,
    in an assessment that was not cancelled. Not what the committee decided."""
    completed = Score.objects.filter(assignment__removed_at__isnull=True, assignment__completed_at__isnull=False)
    return completed.exclude(assignment__assessment__status=Status.CANCELLED)


def count(assessment: Assessment) -> None:
    """Adds the assessment and its scores to the counts; call it in the transaction that erases it."""
    began_at: datetime = assessment.created_at
    of = {
        "school": assessment.school,
        "exam_id": assessment.exam_id,
        "year": school_year(timezone.localdate(began_at)),
    }
    PastAssessments.objects.add([{**of, "status": assessment.status, "ovg": assessment.ovg}])
    given = Counter(counting().filter(assignment__assessment=assessment).values_list("criterion", "value"))
    by_times: dict[int, list[dict[str, Any]]] = {}
    for (criterion, value), times in given.items():
        by_times.setdefault(times, []).append({**of, "criterion_id": criterion, "value": value})
    for times, rows in by_times.items():
        PastScores.objects.add(rows, count=times)
