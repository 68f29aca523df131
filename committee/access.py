"""Load what a committee member may see; loading is the permission check."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.forms import Form
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.http import UserRequest
from accounts.models import ExamCommittee, Role, School, User
from assessments.models import Assessment


def get_schools(user: User) -> QuerySet[School]:
    """Return the schools where `user` is in a committee, by name; raise `Http404` without one."""
    schools = user.schools_as(Role.EXAMENCOMMISSIE).order_by("name")
    if not schools:
        raise Http404
    return schools


def get_committees(user: User) -> list[ExamCommittee]:
    """Return the committees of `user`, by school, the default one first; raise `Http404` without one."""
    committees = ExamCommittee.objects.visible_to(user).select_related("school")
    found = list(committees.order_by("school__name", "-is_default", Lower("name")))
    if not found:
        raise Http404
    return found


def student_memberships(user: User) -> list[int]:
    """Return the ids of the user's memberships as a student, whose assessments `for_committee` excludes."""
    return list(user.memberships.filter(role=Role.STUDENT).order_by().values_list("pk", flat=True))


def get_assessment(user: User, public_id: UUID) -> Assessment:
    """Return an assessment of one of the committees of `user`, not their own; else raise `Http404`."""
    return get_object_or_404(Assessment.objects.for_committee(user).for_pages(), public_id=public_id)


def posted_value(request: UserRequest, form: Form, name: str, now: object) -> object:
    """Return the value for a hidden field: `now`, or the posted one when the form is shown again for its errors.

    The posted one detects a change made since the form was opened.
    """
    return request.POST.get(name, now) if form.errors else now


PART = "onderdeel"  # the parameter of 'Bewerken' with the only part to edit


def page_url(request: UserRequest, name: str, assessment: Assessment | UUID | None = None) -> str:
    """Return the URL of page `name`, with the list's search in the query string for the link back."""
    params = request.GET.copy()
    params.pop(PART, None)
    public_id = assessment.public_id if isinstance(assessment, Assessment) else assessment
    search = params.urlencode()
    return reverse(name, args=[public_id] if public_id else None) + (f"?{search}" if search else "")
