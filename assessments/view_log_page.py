"""'Wie zag wat', for Schoolbeheer: who of the school opened a student's assessment, and when. No results."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.http import UserRequest
from accounts.models import Role, School
from accounts.school.navigation import get_managed_school
from accounts.search import holds, matches

from . import view_log
from .models import Viewing, ViewingQuerySet

PAGE_SIZE = 50
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
    return render(request, "assessments/viewings.html", context)


def find(school: School, *, student: str, person: str) -> ViewingQuerySet:
    """The school's, with what each row names. A download of an export is found by each student in it."""
    found = Viewing.objects.filter(school=school).select_related(
        "assessment__student__user", "assessment__exam", "assessment__unit"
    )
    if student:
        students = school.memberships.filter(matches(student), role=Role.STUDENT).order_by().values("pk")
        found = found.filter(Q(assessment__student__in=students) | Q(export__in=view_log.exports_with(students)))
    if person:
        people = school.memberships.filter(matches(person)).order_by().values("user")
        names = found.order_by().values_list("by_name", flat=True).distinct()
        found = found.filter(Q(by__in=people) | Q(by_name__in=[name for name in names if holds(person, [name])]))
    return found.order_by("-at", "-pk")
