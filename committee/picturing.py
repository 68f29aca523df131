"""'Beeld van het werk': the page of `picture`, for the own schools."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.signed_in import UserRequest
from exams.models import Exam

from . import picture
from .loading import get_schools


@require_GET
def overview(request: UserRequest) -> HttpResponse:
    """Every exam, with how many are in each state."""
    schools, period = _asked(request)
    context = {
        "exams": picture.read_exams(schools, period),
        "period": period,
        "periods": picture.periods(timezone.localdate()),
    }
    return render(request, "committee/picture.html", context)


@require_GET
def of_exam(request: UserRequest, exam_id: int) -> HttpResponse:
    """One exam: what was given for each criterion and by each examiner."""
    schools, period = _asked(request)
    exam = get_object_or_404(Exam.objects.filter(assessments__school__in=schools).distinct(), pk=exam_id)
    found = picture.read_exams(schools, period, exam=exam)
    context = {
        "exam": exam,
        "found": found[0] if found else None,
        "criteria": picture.read_criteria(exam, schools, period),
        "examiners": picture.read_examiners(exam, schools, period),
        "period": period,
        "periods": picture.periods(timezone.localdate()),
    }
    return render(request, "committee/picture_of_exam.html", context)


def _asked(request: UserRequest) -> tuple[list[int], picture.Period]:
    """The member's schools, 404 without any; and the period of the address, else the current school year."""
    schools = [school.pk for school in get_schools(request.user)]
    every = picture.periods(timezone.localdate())
    asked = request.GET.get("periode", "")
    return schools, next((period for period in every if period.key == asked), every[0])
