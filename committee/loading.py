"""Loading is the check: a search, or an assessment for the committee's screens, and the address of a page of it."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import Form
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.http import UserRequest
from accounts.models import Role, School, User
from assessments.models import Assessment

from .afnames import AfnamesFilter
from .prepared import Prepared


def get_schools(user: User) -> QuerySet[School]:
    """The schools where `user` is in the committee, by name, fetched; 404 for who is in none."""
    schools = user.schools_as(Role.EXAMENCOMMISSIE).order_by("name")
    if not schools:
        raise Http404
    return schools


def own_memberships(user: User) -> list[int]:
    """As a student: nobody sees the own assessments as a member of the committee (`for_committee`)."""
    return list(user.memberships.filter(role=Role.STUDENT).order_by().values_list("pk", flat=True))


def get_afname(user: User, public_id: UUID) -> Assessment:
    """An assessment of a school where `user` is in the committee, and not the student; else 404."""
    return get_object_or_404(Assessment.objects.for_committee(user).for_pages(), public_id=public_id)


def shown(request: UserRequest, form: Form, name: str, now: object) -> object:
    """What a hidden field holds: `now`, but where the form is shown again for its errors what it was opened with.

    So mending an error does not take in unseen what changed meanwhile.
    """
    return request.POST.get(name, now) if form.errors else now


def address(request: UserRequest, name: str, assessment: Assessment | None = None) -> str:
    """A page, of this assessment, that keeps the list's search in its address, for the way back."""
    search = request.GET.urlencode()
    return reverse(name, args=[assessment.public_id] if assessment else None) + (f"?{search}" if search else "")


def _schools(user: int, *, passed_second_step: bool) -> QuerySet[Any, Any]:
    """Those of `get_schools`, with the own membership as a student (`own_memberships`)."""
    member = User(pk=user)
    member.passed_second_step = passed_second_step
    mine = member.memberships.filter(role=Role.STUDENT, school=OuterRef("pk")).order_by().values("pk")
    theirs = member.schools_as(Role.EXAMENCOMMISSIE).order_by("name").annotate(own=Subquery(mine))
    return theirs.values_list("pk", "name", "digital_assessment_active", "four_eyes", "own")


SCHOOLS = {passed: Prepared(partial(_schools, passed_second_step=passed)) for passed in (False, True)}


def get_filter(request: UserRequest) -> AfnamesFilter:
    """The search as the address has it; 404 for someone who is in no committee."""
    schools = SCHOOLS[request.user.passed_second_step].ask(request.user.pk)
    if not schools:
        raise Http404
    return AfnamesFilter(
        request.GET,
        schools=[pk for pk, *_ in schools],
        inactive=[name for _, name, is_active, *_ in schools if not is_active],
        own=[own for *_, own in schools if own],
        four_eyes=any(four_eyes for *_, four_eyes, _ in schools),
    )
