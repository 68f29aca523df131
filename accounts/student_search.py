"""The search for a student on the pages of Schoolbeheer: each student of the school, page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import QueryDict

from .models import Membership, MembershipQuerySet, Role, School
from .people.key_pages import Page, read_page
from .search import matches


@dataclass(frozen=True)
class StudentSearch:
    """What was typed, and a page of whom it finds; of nothing typed the page may be of others."""

    query: str
    page: Page


def search_students(asked: QueryDict, *, school: School, unasked: Callable[[], QuerySet[Membership]]) -> StudentSearch:
    """By last name those who hold every word of `q`: who left and who has no number yet, too. Without it `unasked`."""
    query = asked.get("q", "").strip()
    found = students_of(school).filter(matches(query)) if query else unasked()
    found = found.select_related("user", "school")
    page = read_page(found, order="sort_key", after=asked.get("na", ""), before=asked.get("voor", ""))
    return StudentSearch(query, page)


def students_of(school: School) -> MembershipQuerySet:
    return Membership.objects.filter(school=school, role=Role.STUDENT)


def without_number(school: School) -> QuerySet[Membership]:
    """The school's students who can't be assessed, since nobody knows their number: not those who left."""
    return students_of(school).present().filter(student_number="", user__is_active=True)
