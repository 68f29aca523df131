"""'Beeld van het werk': statistics of the user's committees."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import UserRequest
from accounts.models import ExamCommittee
from assessments.models import Assessment, PastAssessments
from committee.access import get_committees, student_memberships
from exams.models import Exam

from . import statistics


@require_GET
def overview(request: UserRequest) -> HttpResponse:
    """Show each exam with its assessments by status."""
    committees, period = _read_period(request)
    own = student_memberships(request.user)
    context = {
        "exams": statistics.read_exams(committees, period, own=own),
        "earlier": statistics.read_earlier(committees, period, own=own),
        "period": period,
        "periods": statistics.periods(timezone.localdate()),
    }
    return render(request, "committee/statistics/overview.html", context)


@require_GET
def exam_statistics(request: UserRequest, exam_id: int) -> HttpResponse:
    """Show one exam with the scores by criterion and by examiner."""
    committees, period = _read_period(request)
    exam = get_object_or_404(_assessed_by(committees), pk=exam_id)
    own = student_memberships(request.user)
    exams = statistics.read_exams(committees, period, exam=exam, own=own)
    context = {
        "exam": exam,
        "statistics": exams[0] if exams else None,
        "earlier": statistics.read_earlier(committees, period, exam=exam, own=own),
        "scored": statistics.SCORED if exams and exams[0].states.total > statistics.SCORED else None,
        "criteria": statistics.read_criteria(exam, committees, period, own),
        "examiners": statistics.read_examiners(exam, committees, period, own),
        "period": period,
        "periods": statistics.periods(timezone.localdate()),
    }
    return render(request, "committee/statistics/exam.html", context)


def _assessed_by(committees: list[int]) -> QuerySet[Exam]:
    """Filter the exams of which these committees have an assessment, or an erased one."""
    existing = Assessment.objects.filter(committee__in=committees, exam=OuterRef("pk")).order_by()
    own = ExamCommittee.objects.filter(pk__in=committees)
    erased = PastAssessments.objects.filter(own.covers(), exam=OuterRef("pk")).order_by()
    return Exam.objects.filter(Exists(existing) | Exists(erased))


def _read_period(request: UserRequest) -> tuple[list[int], statistics.Period]:
    """Return the user's committees, and the period of the URL, else the current year; raise `Http404` without any."""
    committees = [committee.pk for committee in get_committees(request.user)]
    periods = statistics.periods(timezone.localdate())
    key = request.GET.get("periode", "")
    return committees, next((period for period in periods if period.key == key), periods[0])
