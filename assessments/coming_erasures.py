"""What will be erased in the coming weeks, a row for each student: the dry run that Schoolbeheer sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import Membership, School

from . import retention
from .models import Assessment, Rule

AHEAD = timedelta(weeks=4)


@dataclass(frozen=True)
class Row:
    """One student: from which day on what goes. With no assessment it is the account that does."""

    student: Membership
    count: int
    day: date
    rules: list[str]


@dataclass(frozen=True)
class Coming:
    """`until` is the last day that was looked at; `counts` has each rule that takes something, by its words."""

    until: date
    counts: list[tuple[str, int]]
    leaving: int
    kept_by_appeal: int
    students: QuerySet[Membership]


def look_ahead(school: School, *, on: date | None = None) -> Coming:
    """What the nightly task will do up to then, if nothing is mended and nobody appeals."""
    until = (on or timezone.localdate()) + AHEAD
    due = retention.due(school, on=until)
    leaving = retention.leaving(school, on=until)
    counts = dict(due.order_by().values_list("rule").annotate(Count("pk")))
    concerned = due.order_by().values("student").union(leaving.order_by().values("pk"))
    return Coming(
        until=until,
        counts=[(str(rule.label), counts[rule.value]) for rule in Rule if rule.value in counts],
        leaving=leaving.count(),
        kept_by_appeal=retention.due(school, on=until, appealed=True).count(),
        students=school.memberships.filter(pk__in=concerned).select_related("user"),
    )


def rows_of(students: Iterable[Membership], school: School, *, until: date) -> list[Row]:
    """The rows of a page of `Coming.students`; three queries."""
    students = list(students)
    due = retention.due(school, on=until, among=Q(student__in=students)).select_related("student")
    by_student: dict[int, list[Assessment]] = {}
    found = list(due)
    for assessment in found:
        by_student.setdefault(assessment.student_id, []).append(assessment)
    facts, terms, today = retention.facts_of(found, school), retention.Terms.of(school), timezone.localdate()
    rows = []
    for student in students:
        own = [retention.erased_from(facts[one.pk], terms) for one in by_student.get(student.pk, [])]
        days = [found for found in own if found] or [(today, Rule.DIPLOMA if student.diploma_on else Rule.LEFT)]
        first = max(min(day for day, _ in days), today)
        rows.append(Row(student, len(own), first, list(dict.fromkeys(str(rule.label) for _, rule in days))))
    return rows
