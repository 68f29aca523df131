"""The pages of Schoolbeheer: which schools someone manages, and the first page of one."""

from __future__ import annotations

from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from .models import Role, School, User
from .signed_in import UserRequest
from .still_to_do import still_to_do

_OF_SEVERAL = {Role.STUDENT: "Studenten", Role.DOCENT: "Docenten", Role.PRAKTIJKOPLEIDER: "Praktijkopleiders"}


def get_managed_school(user: User, school_id: int) -> School:
    """A school where `user` is Schoolbeheer; else 404."""
    return get_object_or_404(user.schools_as(Role.SCHOOLBEHEER), pk=school_id)


def start(request: UserRequest) -> HttpResponse:
    """Leads to the school, or lists them for who manages several."""
    schools = list(request.user.schools_as(Role.SCHOOLBEHEER).order_by("name"))
    if not schools:
        raise Http404
    if len(schools) == 1:
        return redirect("school:overview", schools[0].pk)
    return render(request, "accounts/managed_schools.html", {"schools": schools})


def overview(request: UserRequest, school_id: int) -> HttpResponse:
    """What the school still lacks, and how many hold each role in it."""
    school = get_managed_school(request.user, school_id)
    active = school.memberships.present().filter(user__is_active=True)
    counts = dict(active.values_list("role").annotate(Count("pk")).order_by())
    roles = [(role.value, _OF_SEVERAL.get(role, role.label), counts.get(role.value, 0)) for role in Role]
    context = {"school": school, "roles": roles, "to_do": still_to_do(school, counts=counts)}
    return render(request, "accounts/school_overview.html", context)
