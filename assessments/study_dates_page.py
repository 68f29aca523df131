"""One student for Schoolbeheer: the two dates, and what was asked for of their data. No results."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import Membership, Role, School
from accounts.school.changes import ChangedMeanwhile
from accounts.school.forms import opened_with, settings_of
from accounts.school.navigation import get_managed_school
from accounts.student_search import search_students

from . import own_data, retention
from .retention_forms import DatesForm
from .study_dates import DATES, contradiction, set_dates


def get_student(school: School, pk: int) -> Membership:
    """A student of a school that one manages; else 404."""
    students = school.memberships.filter(role=Role.STUDENT).select_related("user", "study_dates_set_by")
    return get_object_or_404(students, pk=pk)


@require_GET
def students(request: UserRequest, school_id: int) -> HttpResponse:
    """Students by what is typed; without that those with a result that no date belongs to."""
    school = get_managed_school(request.user, school_id)
    search = search_students(request.GET, school=school, unasked=lambda: retention.without_date(school))
    return render(request, "assessments/dated_students.html", {"school": school, "search": search})


@require_http_methods(["GET", "POST"])
def student(request: UserRequest, school_id: int, membership_id: int) -> HttpResponse:
    """The two dates, to read and to change. What someone else changed meanwhile is never written over unseen."""
    school = get_managed_school(request.user, school_id)
    found = get_student(school, membership_id)
    form = DatesForm(request.POST or None, instance=copy(found))
    clashes: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            _keep(request, found, form)
        except ChangedMeanwhile as refused:
            clashes = refused.names
            found = get_student(school, membership_id)
        else:
            return redirect("privacy:student", school.pk, found.pk)
    context = {
        "school": school,
        "student": found,
        "form": form,
        "settings": settings_of(form, DATES, kept=found, posted=request.POST, clashes=clashes),
        "clashes": clashes,
        "odd": contradiction(diploma_on=found.diploma_on, left_on=found.left_on),
        "lines": found.changes.filter(name__in=DATES),
        "requests": found.data_requests.all(),
        "notice": retention.NOTICE.days,
    }
    return render(request, "assessments/dated_student.html", context)


def _keep(request: UserRequest, student: Membership, form: DatesForm) -> None:
    opened = opened_with(request.POST, DATES)
    if set_dates(student=student, typed=form.cleaned_data, opened=opened, by=request.user):
        messages.success(request, f"De datums van {student.user.full_name} zijn bewaard.")
    else:
        messages.info(request, "Er is niets gewijzigd.")


@require_POST
def ask_own_data(request: UserRequest, school_id: int, membership_id: int) -> HttpResponse:
    """Starts the file with everything about the student, which the student alone gets (`own_data` says why)."""
    school = get_managed_school(request.user, school_id)
    found = get_student(school, membership_id)
    _, is_new = own_data.ask(student=found, by=request.user)
    name = found.user.full_name
    if is_new:
        messages.success(request, f"Het bestand wordt gemaakt. {name} krijgt een mail zodra het klaarstaat.")
    else:
        messages.info(request, f"Er is al een bestand voor {name}, of het wordt gemaakt.")
    return redirect("privacy:student", school.pk, found.pk)
