"""Finding the people of a school, each once, with all the roles that they hold there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import Membership, MembershipQuerySet, Role, School, User
from accounts.search import matches

LEFT = "VERTROKKEN"  # in place of a role: students who left, of whom results are kept


@dataclass
class Person:
    """Someone of a school; `roles` in the order of `Role`, `left` for who is only known from assessments."""

    user: User
    memberships: list[Membership] = field(default_factory=list)

    @property
    def roles(self) -> list[Membership]:
        order = [role.value for role in Role]
        present = [one for one in self.memberships if one.ended_at is None]
        return sorted(present, key=lambda one: order.index(one.role))

    @property
    def student_number(self) -> str:
        return next((one.student_number for one in self.memberships if one.student_number), "")

    @property
    def has_left(self) -> bool:
        return not self.roles

    @property
    def left_on(self) -> date | None:
        """The day that a student left whose role nobody took away yet."""
        dates = [one.left_on for one in self.roles if one.left_on and one.left_on <= timezone.localdate()]
        return dates[0] if dates else None

    @property
    def has_password(self) -> bool:
        return self.user.has_usable_password()


def people_of(school: School, *, role: str = "", query: str = "") -> QuerySet[Membership]:
    """One membership for each person who is wanted: in `sort_key` the order of last names."""
    wanted = _wanted(school, role, query)
    # Who holds several roles is met at the first of them that is wanted, too.
    earlier = _wanted(school, role, query).filter(user=OuterRef("user"), pk__lt=OuterRef("pk"))
    return wanted.filter(~Exists(earlier.order_by()))


def _wanted(school: School, role: str, query: str) -> MembershipQuerySet:
    wanted = Membership.objects.filter(school=school)
    if role == LEFT:
        # Who has a date of leaving may still hold the role: nobody took it away yet.
        wanted = wanted.filter(Q(ended_at__isnull=False) | Q(left_on__lte=timezone.localdate()))
    else:
        wanted = wanted.present()
        if role in Role:
            wanted = wanted.filter(role=role)
    return wanted.filter(matches(query)) if query else wanted


def with_roles(school: School, met: Sequence[Membership]) -> list[Person]:
    """The people of one page in its order, in two queries."""
    users = User.objects.in_bulk([one.user_id for one in met])
    people = {pk: Person(user) for pk, user in users.items()}
    for membership in Membership.objects.filter(school=school, user__in=users).order_by("pk"):
        people[membership.user_id].memberships.append(membership)
    return [people[one.user_id] for one in met if one.user_id in people]


def get_person(school: School, user_id: int) -> Person:
    """Someone with a role here, now or (a student) earlier; else 404."""
    user = get_object_or_404(User.objects.filter(memberships__school=school).distinct(), pk=user_id)
    return Person(user, list(user.memberships.filter(school=school)))


PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """One page; `previous` and `following` are keys for the address, or ''."""

    rows: Sequence[Any]
    previous: str
    following: str


def read_page(found: QuerySet[Any], *, order: str, after: str = "", before: str = "") -> Page:
    """The page after or before a row (its id), else the first one; an id that is not among `found` is passed over.

    `order` is a column, '-' first for descending; rows with one value are in order of id, the same way round.
    """
    column, descending = order.lstrip("-"), order.startswith("-")
    anchor = _anchor(found, column, after)
    backwards = anchor is None and (anchor := _anchor(found, column, before)) is not None
    downwards = descending != backwards
    sign = "-" if downwards else ""
    listed = found.order_by(f"{sign}{column}", f"{sign}pk") if column != "pk" else found.order_by(f"{sign}pk")
    if anchor:
        listed = listed.filter(_beyond(column, *anchor, downwards=downwards))
    rows = list(listed[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (anchor is not None, more)
    return Page(
        rows=rows,
        previous=str(rows[0].pk) if rows and has_previous else "",
        following=str(rows[-1].pk) if rows and has_next else "",
    )


def _anchor(found: QuerySet[Any], column: str, key: str) -> tuple[Any, int] | None:
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    return found.order_by().filter(pk=int(key)).values_list(column, "pk").first()


def _beyond(column: str, value: Any, pk: int, *, downwards: bool) -> Q:
    than = "lt" if downwards else "gt"
    same = Q(**{column: value, f"pk__{than}": pk})
    if column == "pk":
        return same
    # The first condition follows from the others; PostgreSQL looks it up in an index, and of an OR it reads all.
    return Q(**{f"{column}__{than}e": value}) & (Q(**{f"{column}__{than}": value}) | same)
