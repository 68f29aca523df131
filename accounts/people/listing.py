"""The people of a school, each once with all their roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import Membership, MembershipQuerySet, Role, School, User
from accounts.search import matches

LEFT = "VERTROKKEN"  # instead of a role: former students with stored results


@dataclass
class Person:
    """Someone at a school; `roles` in the order of `Role`, empty for a former student."""

    user: User
    memberships: list[Membership] = field(default_factory=list)

    @property
    def roles(self) -> list[Membership]:
        order = [role.value for role in Role]
        present = [item for item in self.memberships if item.ended_at is None]
        return sorted(present, key=lambda item: order.index(item.role))

    @property
    def student_number(self) -> str:
        return next((item.student_number for item in self.memberships if item.student_number), "")

    @property
    def has_left(self) -> bool:
        return not self.roles

    @property
    def left_on(self) -> date | None:
        """The leaving date of a student who still holds the role."""
        dates = [role.left_on for role in self.roles if role.left_on and role.left_on <= timezone.localdate()]
        return dates[0] if dates else None

    @property
    def has_password(self) -> bool:
        return self.user.has_usable_password()


def people_of(school: School, *, role: str = "", query: str = "") -> QuerySet[Membership]:
    """Return one membership per person that matches, for ordering on `sort_key`."""
    queryset = _filtered(school, role, query)
    # Of several matching roles of a person, keep the first.
    earlier = _filtered(school, role, query).filter(user=OuterRef("user"), pk__lt=OuterRef("pk"))
    return queryset.filter(~Exists(earlier.order_by()))


def _filtered(school: School, role: str, query: str) -> MembershipQuerySet:
    queryset = Membership.objects.filter(school=school)
    if role == LEFT:
        # A student with a leaving date may still hold the role.
        queryset = queryset.filter(Q(ended_at__isnull=False) | Q(left_on__lte=timezone.localdate()))
    else:
        queryset = queryset.present()
        if role in Role:
            queryset = queryset.filter(role=role)
    return queryset.filter(matches(query)) if query else queryset


def with_roles(school: School, page: Sequence[Membership]) -> list[Person]:
    """Return the people of one page in its order, with two queries."""
    users = User.objects.in_bulk([item.user_id for item in page])
    people = {pk: Person(user) for pk, user in users.items()}
    for membership in Membership.objects.filter(school=school, user__in=users).order_by("pk"):
        people[membership.user_id].memberships.append(membership)
    return [people[item.user_id] for item in page if item.user_id in people]


def get_person(school: School, user_id: int) -> Person:
    """Return someone with a role here, or a former student; else raise 404."""
    user = get_object_or_404(User.objects.filter(memberships__school=school).distinct(), pk=user_id)
    return Person(user, list(user.memberships.filter(school=school)))
