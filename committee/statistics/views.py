"""'Beeld van het werk': the page of `picture`, for the own schools."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import UserRequest
from assessments.models import Assessment, PastAssessments
from committee.access import get_schools, student_memberships
from exams.models import Exam

from . import statistics


@require_GET
def overview(request: UserRequest) -> HttpResponse:
    """Every exam, with how many are in each state."""
    schools, period = _read_period(request)
    own = student_memberships(request.user)
    context = {
        "exams": statistics.read_exams(schools, period, own=own),
        "earlier": statistics.read_earlier(schools, period, own=own),
        "period": period,
        "periods": statistics.periods(timezone.localdate()),
    }
    return render(request, "committee/statistics/overview.html", context)


@require_GET
def exam_statistics(request: UserRequest, exam_id: int) -> HttpResponse:
    """One exam: what was given for each criterion and by each examiner."""
    schools, period = _read_period(request)
    exam = get_object_or_404(_assessed_at(schools), pk=exam_id)
    own = student_memberships(request.user)
    found = statistics.read_exams(schools, period, exam=exam, own=own)
    context = {
        "exam": exam,
        "found": found[0] if found else None,
        "earlier": statistics.read_earlier(schools, period, exam=exam, own=own),
        "scored": statistics.SCORED if found and found[0].states.total > statistics.SCORED else None,
        "criteria": statistics.read_criteria(exam, schools, period, own),
        "examiners": statistics.read_examiners(exam, schools, period, own),
        "period": period,
        "periods": statistics.periods(timezone.localdate()),
    }
    return render(request, "committee/statistics/exam.html", context)


def _assessed_at(schools: list[int]) -> QuerySet[Exam]:
    """Exams of which these schools have an assessment, or had one that was erased."""
    there, erased = (
        Exists(model.objects.filter(school__in=schools, exam=OuterRef("pk")).order_by())
        for model in (Assessment, PastAssessments)
    )
    return Exam.objects.filter(there | erased)


def _read_period(request: UserRequest) -> tuple[list[int], statistics.Period]:
    """The member's schools, 404 without any; and the period of the address, else the current school year."""
    schools = [school.pk for school in get_schools(request.user)]
    every = statistics.periods(timezone.localdate())
    key = request.GET.get("periode", "")
    return schools, next((period for period in every if period.key == key), every[0])
