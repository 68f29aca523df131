"""Loading is the check: a search, or an assessment for the committee's screens, and the address of a page of it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.http import UserRequest
from accounts.models import Role, School, User
from assessments.models import Assessment


def get_schools(user: User) -> QuerySet[School]:
    """The schools where `user` is in the committee, by name, fetched; 404 for who is in none."""
    schools = user.schools_as(Role.EXAMENCOMMISSIE).order_by("name")
    if not schools:
        raise Http404
    return schools


def student_memberships(user: User) -> list[int]:
    """As a student: nobody sees the own assessments as a member of the committee (`for_committee`)."""
    return list(user.memberships.filter(role=Role.STUDENT).order_by().values_list("pk", flat=True))


def get_assessment(user: User, public_id: UUID) -> Assessment:
    """An assessment of a school where `user` is in the committee, and not the student; else 404."""
    return get_object_or_404(Assessment.objects.for_committee(user).for_pages(), public_id=public_id)


def posted_value(request: UserRequest, form: Form, name: str, now: object) -> object:
    """What a hidden field holds: `now`, but where the form is shown again for its errors what it was opened with.

    So mending an error does not take in unseen what changed meanwhile.
    """
    return request.POST.get(name, now) if form.errors else now


def page_url(request: UserRequest, name: str, assessment: Assessment | None = None) -> str:
    """A page, of this assessment, that keeps the list's search in its address, for the way back."""
    search = request.GET.urlencode()
    return reverse(name, args=[assessment.public_id] if assessment else None) + (f"?{search}" if search else "")
