"""'Bewaren en wissen', for Schoolbeheer: upcoming and past erasures, and the school's terms."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.lists import read_page
from accounts.models import Membership, Role, School
from accounts.models.retention_terms import TERMS
from accounts.school.changes import ChangedMeanwhile
from accounts.school.forms import bound_settings, opened_fingerprints, save_settings
from accounts.school.navigation import get_managed_school
from accounts.school.student_search import search_students
from accounts.search import holds, matches
from assessments.models import Erasure, Viewing, ViewingQuerySet

from . import access_log, data_requests
from . import retention as privacy_retention
from .erasure import look_ahead, rows_of
from .forms import DatesForm, TermsForm
from .study_dates import DATES, contradiction, set_dates

PAGE_SIZE = 50
ERASURES_SHOWN = 10


@require_GET
def retention(request: UserRequest, school_id: int) -> HttpResponse:
    """Show what is erased in the coming weeks, of which students, and recent erasures; no results."""
    school = get_managed_school(request.user, school_id)
    coming = look_ahead(school)
    params = {"after": request.GET.get("na", ""), "before": request.GET.get("voor", "")}
    page = read_page(coming.students, order="sort_key", **params)
    context = {
        "school": school,
        "coming": coming,
        "page": page,
        "rows": rows_of(page.rows, school, until=coming.until),
        "without_date": privacy_retention.count_without_date(school),
        "counted": privacy_retention.MANY,
        "erased": Erasure.objects.filter(school=school)[:ERASURES_SHOWN],
        "diploma_months": privacy_retention.DIPLOMA_MONTHS,
        "notice": privacy_retention.NOTICE.days,
    }
    return render(request, "assessments/privacy/retention.html", context)


@require_GET
def erased(request: UserRequest, school_id: int) -> HttpResponse:
    """Show the whole log of erasures: number, day and rule."""
    school = get_managed_school(request.user, school_id)
    page = Paginator(Erasure.objects.filter(school=school), PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "assessments/privacy/erased.html", {"school": school, "page": page})


@require_http_methods(["GET", "POST"])
def terms(request: UserRequest, school_id: int) -> HttpResponse:
    """Edit the school's terms; a new one takes effect later, and a concurrent change is never overwritten."""
    school = get_managed_school(request.user, school_id)
    form = TermsForm(request.POST or None, instance=copy(school))
    clashes: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        clashes = save_settings(request, school=school, form=form)
        if not clashes:
            return redirect("privacy:retention", school.pk)
    context = {
        "school": school,
        "form": form,
        "settings": bound_settings(form, TERMS, stored=school, posted=request.POST, clashes=clashes),
        "clashes": clashes,
        "diploma_months": privacy_retention.DIPLOMA_MONTHS,
        "notice": privacy_retention.NOTICE.days,
    }
    return render(request, "assessments/privacy/terms.html", context)


MOST = 5000  # rows to page through; a search limits them


@require_GET
def viewings(request: UserRequest, school_id: int) -> HttpResponse:
    """Show views, newest first; filter by student (name or number) and by viewer."""
    school = get_managed_school(request.user, school_id)
    student, person = (request.GET.get(name, "").strip()[:200] for name in ("student", "wie"))
    views = find_viewings(school, student=student, person=person)
    page = Paginator(views[:MOST], PAGE_SIZE).get_page(request.GET.get("pagina"))
    context = {
        "school": school,
        "page": page,
        "searchable": True,
        "student": student,
        "person": person,
        "is_cut": page.paginator.count == MOST,
    }
    return render(request, "assessments/privacy/viewings.html", context)


def find_viewings(school: School, *, student: str, person: str) -> ViewingQuerySet:
    """Filter the school's views. The download of an export matches each student in it."""
    viewings = Viewing.objects.filter(school=school).select_related(
        "assessment__student__user", "assessment__exam", "assessment__unit"
    )
    if student:
        students = school.memberships.filter(matches(student), role=Role.STUDENT).order_by().values("pk")
        viewings = viewings.filter(
            Q(assessment__student__in=students) | Q(export__in=access_log.exports_with(students))
        )
    if person:
        people = school.memberships.filter(matches(person)).order_by().values("user")
        names = viewings.order_by().values_list("by_name", flat=True).distinct()
        viewings = viewings.filter(Q(by__in=people) | Q(by_name__in=[name for name in names if holds(person, [name])]))
    return viewings.order_by("-at", "-pk")


def get_student(school: School, pk: int) -> Membership:
    """Return a student of a school that the user manages; else raise `Http404`."""
    students = school.memberships.filter(role=Role.STUDENT).select_related("user", "study_dates_set_by")
    return get_object_or_404(students, pk=pk)


@require_GET
def students(request: UserRequest, school_id: int) -> HttpResponse:
    """Search students; without a query list those with results that no date covers."""
    school = get_managed_school(request.user, school_id)
    search = search_students(request.GET, school=school, default=lambda: privacy_retention.without_date(school))
    context = {"school": school, "search": search, "page": search.page}
    return render(request, "assessments/privacy/dated_students.html", context)


@require_http_methods(["GET", "POST"])
def student(request: UserRequest, school_id: int, membership_id: int) -> HttpResponse:
    """Show and edit a student's two dates; a concurrent change is never overwritten."""
    school = get_managed_school(request.user, school_id)
    membership = get_student(school, membership_id)
    form = DatesForm(request.POST or None, instance=copy(membership))
    clashes: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            _keep(request, membership, form)
        except ChangedMeanwhile as refused:
            clashes = refused.names
            membership = get_student(school, membership_id)
        else:
            return redirect("privacy:student", school.pk, membership.pk)
    context = {
        "school": school,
        "student": membership,
        "form": form,
        "settings": bound_settings(form, DATES, stored=membership, posted=request.POST, clashes=clashes),
        "clashes": clashes,
        "odd": contradiction(diploma_on=membership.diploma_on, left_on=membership.left_on),
        "lines": membership.changes.filter(name__in=DATES),
        "requests": membership.data_requests.all(),
        "notice": privacy_retention.NOTICE.days,
    }
    return render(request, "assessments/privacy/dated_student.html", context)


def _keep(request: UserRequest, student: Membership, form: DatesForm) -> None:
    opened = opened_fingerprints(request.POST, DATES)
    if set_dates(student=student, typed=form.cleaned_data, opened=opened, by=request.user):
        messages.success(request, f"De datums van {student.user.full_name} zijn bewaard.")
    else:
        messages.info(request, "Er is niets gewijzigd.")


@require_POST
def request_data_of_student(request: UserRequest, school_id: int, membership_id: int) -> HttpResponse:
    """Start the file with everything about the student, which only the student gets (`data_requests`)."""
    school = get_managed_school(request.user, school_id)
    membership = get_student(school, membership_id)
    _, is_new = data_requests.request_file(student=membership, by=request.user)
    name = membership.user.full_name
    if is_new:
        messages.success(request, f"Het bestand wordt gemaakt. {name} krijgt een mail zodra het klaarstaat.")
    else:
        messages.info(request, f"Er is al een bestand voor {name}, of het wordt gemaakt.")
    return redirect("privacy:student", school.pk, membership.pk)
