"""'Bewaren en wissen', for Schoolbeheer: what will be erased, what was, and the school's terms."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import Membership, Role, School
from accounts.models.retention_terms import TERMS
from accounts.people.listing import read_page
from accounts.school.changes import ChangedMeanwhile
from accounts.school.forms import keep_settings, opened_with, settings_of
from accounts.school.navigation import get_managed_school
from accounts.search import holds, matches
from accounts.student_search import search_students
from assessments.models import Erasure, Viewing, ViewingQuerySet

from . import access_log, data_requests
from . import retention as privacy_retention
from .erasure import look_ahead, rows_of
from .forms import DatesForm, TermsForm
from .study_dates import DATES, contradiction, set_dates

PAGE_SIZE = 50
LINES_SHOWN = 10


@require_GET
def retention(request: UserRequest, school_id: int) -> HttpResponse:
    """What goes in the coming weeks, who it is about, and what went lately. No result is seen here."""
    school = get_managed_school(request.user, school_id)
    coming = look_ahead(school)
    asked = {"after": request.GET.get("na", ""), "before": request.GET.get("voor", "")}
    page = read_page(coming.students, order="sort_key", **asked)
    context = {
        "school": school,
        "coming": coming,
        "page": page,
        "rows": rows_of(page.rows, school, until=coming.until),
        "without_date": privacy_retention.count_without_date(school),
        "counted": privacy_retention.MANY,
        "erased": Erasure.objects.filter(school=school)[:LINES_SHOWN],
        "diploma_months": privacy_retention.DIPLOMA_MONTHS,
        "notice": privacy_retention.NOTICE.days,
    }
    return render(request, "assessments/privacy/retention.html", context)


@require_GET
def erased(request: UserRequest, school_id: int) -> HttpResponse:
    """The whole log of what was erased: how much, when, by which rule."""
    school = get_managed_school(request.user, school_id)
    page = Paginator(Erasure.objects.filter(school=school), PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "assessments/privacy/erased.html", {"school": school, "page": page})


@require_http_methods(["GET", "POST"])
def terms(request: UserRequest, school_id: int) -> HttpResponse:
    """The school's own terms; nothing goes by a new one for a while, and none is written over unseen."""
    school = get_managed_school(request.user, school_id)
    form = TermsForm(request.POST or None, instance=copy(school))
    clashes: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        clashes = keep_settings(request, school=school, form=form)
        if not clashes:
            return redirect("privacy:retention", school.pk)
    context = {
        "school": school,
        "form": form,
        "settings": settings_of(form, TERMS, kept=school, posted=request.POST, clashes=clashes),
        "clashes": clashes,
        "diploma_months": privacy_retention.DIPLOMA_MONTHS,
        "notice": privacy_retention.NOTICE.days,
    }
    return render(request, "assessments/privacy/terms.html", context)


MOST = 5000  # lines that one can leaf through; a search narrows it down


@require_GET
def viewings(request: UserRequest, school_id: int) -> HttpResponse:
    """Newest first; by student (name or number), and by who looked."""
    school = get_managed_school(request.user, school_id)
    student, person = (request.GET.get(name, "").strip()[:200] for name in ("student", "wie"))
    found = find(school, student=student, person=person)
    page = Paginator(found[:MOST], PAGE_SIZE).get_page(request.GET.get("pagina"))
    context = {
        "school": school,
        "page": page,
        "student": student,
        "person": person,
        "is_cut": page.paginator.count == MOST,
    }
    return render(request, "assessments/privacy/viewings.html", context)


def find(school: School, *, student: str, person: str) -> ViewingQuerySet:
    """The school's, with what each row names. A download of an export is found by each student in it."""
    found = Viewing.objects.filter(school=school).select_related(
        "assessment__student__user", "assessment__exam", "assessment__unit"
    )
    if student:
        students = school.memberships.filter(matches(student), role=Role.STUDENT).order_by().values("pk")
        found = found.filter(Q(assessment__student__in=students) | Q(export__in=access_log.exports_with(students)))
    if person:
        people = school.memberships.filter(matches(person)).order_by().values("user")
        names = found.order_by().values_list("by_name", flat=True).distinct()
        found = found.filter(Q(by__in=people) | Q(by_name__in=[name for name in names if holds(person, [name])]))
    return found.order_by("-at", "-pk")


def get_student(school: School, pk: int) -> Membership:
    """A student of a school that one manages; else 404."""
    students = school.memberships.filter(role=Role.STUDENT).select_related("user", "study_dates_set_by")
    return get_object_or_404(students, pk=pk)


@require_GET
def students(request: UserRequest, school_id: int) -> HttpResponse:
    """Students by what is typed; without that those with a result that no date belongs to."""
    school = get_managed_school(request.user, school_id)
    search = search_students(request.GET, school=school, unasked=lambda: privacy_retention.without_date(school))
    return render(request, "assessments/privacy/dated_students.html", {"school": school, "search": search})


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
        "notice": privacy_retention.NOTICE.days,
    }
    return render(request, "assessments/privacy/dated_student.html", context)


def _keep(request: UserRequest, student: Membership, form: DatesForm) -> None:
    opened = opened_with(request.POST, DATES)
    if set_dates(student=student, typed=form.cleaned_data, opened=opened, by=request.user):
        messages.success(request, f"De datums van {student.user.full_name} zijn bewaard.")
    else:
        messages.info(request, "Er is niets gewijzigd.")


@require_POST
def request_data_of_student(request: UserRequest, school_id: int, membership_id: int) -> HttpResponse:
    """Starts the file with everything about the student, which the student alone gets (`own_data` says why)."""
    school = get_managed_school(request.user, school_id)
    found = get_student(school, membership_id)
    _, is_new = data_requests.ask(student=found, by=request.user)
    name = found.user.full_name
    if is_new:
        messages.success(request, f"Het bestand wordt gemaakt. {name} krijgt een mail zodra het klaarstaat.")
    else:
        messages.info(request, f"Er is al een bestand voor {name}, of het wordt gemaakt.")
    return redirect("privacy:student", school.pk, found.pk)
