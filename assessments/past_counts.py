"""Counts an assessment that is about to be erased into what is kept of past cohorts (`past`).

Counts of a school year with one student tell that student's result, without a name: who knows that it was one knows
whose. So they are made only where enough students did the exam that year, and shown only once enough are erased.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from .models import Assessment, AssessmentQuerySet, PastAssessments, PastScores, Score, Status

ENOUGH_STUDENTS = 5


def school_year(day: date) -> int:
    """The year in which the school year of this day began, in August."""
    return day.year if day.month >= 8 else day.year - 1


def first_moment(year: int) -> datetime:
    """Of the school year that begins in August of this year."""
    return timezone.make_aware(datetime.combine(date(year, 8, 1), time.min))


def counting() -> QuerySet[Score]:
    """The scores that a picture of the work is made of: given and completed by an examiner who was not taken off,
    in an assessment that was not cancelled. Not what the committee decided."""
    completed = Score.objects.filter(assignment__removed_at__isnull=True, assignment__completed_at__isnull=False)
    return completed.exclude(assignment__assessment__status=Status.CANCELLED)


def count(assessment: Assessment) -> None:
    """Adds the assessment and its scores to the counts, each where enough students did the exam and the unit that year.

    Call it in the transaction that erases it, before it is gone: of a year that shrinks the last are counted too.
    """
    began_at: datetime = assessment.created_at
    year = school_year(timezone.localdate(began_at))
    of = {"school": assessment.school, "exam_id": assessment.exam_id, "year": year}
    same_year = Assessment.objects.filter(
        school=assessment.school_id,
        exam=assessment.exam_id,
        created_at__gte=first_moment(year),
        created_at__lt=first_moment(year + 1),
    )
    if _are_enough(same_year) or PastAssessments.objects.filter(**of).exists():  # then they were enough before
        PastAssessments.objects.add([{**of, "status": assessment.status, "ovg": assessment.ovg}])
    of_unit = same_year.filter(unit_code=assessment.unit_code).exclude(status=Status.CANCELLED)
    counted = {**of, "criterion__part__work_process__core_task__unit__code": assessment.unit_code}
    if _are_enough(of_unit) or PastScores.objects.filter(**counted).exists():
        _count_scores(assessment, of)


def _are_enough(assessments: AssessmentQuerySet) -> bool:
    students = assessments.order_by().values("student").distinct()
    return students[:ENOUGH_STUDENTS].count() == ENOUGH_STUDENTS


def _count_scores(assessment: Assessment, of: dict[str, Any]) -> None:
    given = Counter(counting().filter(assignment__assessment=assessment).values_list("criterion", "value"))
    by_times: dict[int, list[dict[str, Any]]] = {}
    for (criterion, value), times in given.items():
        by_times.setdefault(times, []).append({**of, "criterion_id": criterion, "value": value})
    for times, rows in by_times.items():
        PastScores.objects.add(rows, count=times)
