"""How long an assessment is retained (DESIGN.md, 'Retention'); `erasure` applies it.

- 18 months after the student's diploma: everything begun up to that day, in any state. Later assessments belong to a
  next study with a date of its own.
- The same after leaving without a diploma, with the school's term (`School.left_months`).
- Cancelled and unfinished assessments: as above, or after terms of the school if those end first. A final result has
  only the first two rules: without a date it stays, and Schoolbeheer sees a list of those.
- Nothing of a student with an open appeal is erased, other attempts included.
- Dates and terms can be corrected: a change takes effect `NOTICE` later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from accounts.models import Membership, Role, RoleChange, School
from assessments.models import CLOSED, Appeal, Assessment, Event, Rule, Status

DIPLOMA_MONTHS = 18
NOTICE = timedelta(days=30)
# above this number of students without a date a page shows no exact count
MANY = 1000
# an account with a login within this period is in use, regardless of the dates
IN_USE = timedelta(days=180)


def kept_until(start: date, months: int) -> date:
    """Return the last day of a term; 18 months from 31 August end on the last day of February."""
    return start + relativedelta(months=months)


def newest_over(on: date, months: int) -> date:
    """Return the latest start of which a term of this length is over on the day."""
    day = on - relativedelta(months=months)
    while kept_until(day, months) >= on:
        day -= timedelta(days=1)
    while kept_until(day + timedelta(days=1), months) < on:
        day += timedelta(days=1)
    return day


@dataclass(frozen=True)
class Terms:
    """A school's terms, in months."""

    left: int
    cancelled: int
    unfinished: int

    @classmethod
    def of(cls, school: School) -> Terms:
        return cls(school.left_months, school.cancelled_months, school.unfinished_months)


@dataclass(frozen=True)
class Facts:
    """What the rules need of one assessment. `settled_on`: when a date or a term last changed."""

    status: str
    began_on: date
    changed_on: date
    diploma_on: date | None = None
    left_on: date | None = None
    settled_on: date | None = None
    appealed: bool = False


def erased_from(facts: Facts, terms: Terms) -> tuple[date, Rule] | None:
    """Return the first day of erasure and its rule; None while no rule applies."""
    if facts.appealed:
        return None
    ends: list[tuple[date, Rule]] = []
    if facts.diploma_on and facts.began_on <= facts.diploma_on:
        ends.append((kept_until(facts.diploma_on, DIPLOMA_MONTHS), Rule.DIPLOMA))
    elif facts.left_on and facts.began_on <= facts.left_on:
        ends.append((kept_until(facts.left_on, terms.left), Rule.LEFT))
    if facts.status == Status.CANCELLED:
        ends.append((kept_until(facts.changed_on, terms.cancelled), Rule.CANCELLED))
    elif facts.status != Status.FINAL:
        ends.append((kept_until(facts.changed_on, terms.unfinished), Rule.UNFINISHED))
    if not ends:
        return None
    end, rule = min(ends, key=lambda found: found[0])
    if facts.settled_on:
        end = max(end, facts.settled_on + NOTICE)
    return end + timedelta(days=1), rule


def due(school: School, *, on: date, appealed: bool = False, among: Q | None = None) -> QuerySet[Any]:
    """Return the school's assessments due by this day, each with its `rule`; the SQL form of `erased_from`.

    The first applicable `Rule` counts. With `appealed` it returns those retained for an open appeal instead. `among`
    limits it to a few assessments; otherwise candidates are read by date first.
    """
    terms = Terms.of(school)
    cancelled, unfinished = newest_over(on, terms.cancelled), newest_over(on, terms.unfinished)
    rules = [
        (Rule.DIPLOMA, Q(student__diploma_on__lte=newest_over(on, DIPLOMA_MONTHS), began_on__lte=F(_DIPLOMA))),
        (Rule.LEFT, _AFTER_DIPLOMA & Q(student__left_on__lte=newest_over(on, terms.left), began_on__lte=F(_LEFT))),
        (Rule.CANCELLED, Q(status=Status.CANCELLED) & _nothing_since(cancelled)),
        (Rule.UNFINISHED, Q(status__in=_OPEN) & _nothing_since(unfinished)),
    ]
    appeals = Appeal.objects.open().filter(assessment__student=OuterRef("student"))
    condition = Q(pk__in=_candidates(school, on)) if among is None else among
    assessments = Assessment.objects.filter(condition, school=school).annotate(began_on=TruncDate("created_at"))
    assessments = assessments.annotate(
        rule=Case(*(When(holds, then=Value(rule)) for rule, holds in rules), default=Value(""))
    )
    if _too_fresh(school.terms_set_at, on):
        return assessments.none()
    appeal_filter = Exists(appeals) if appealed else ~Exists(appeals)
    return assessments.filter(appeal_filter, _dates_settled(on, "student__")).exclude(rule="")


def _candidates(school: School, on: date) -> QuerySet[Any, Any]:
    """Return a superset of what can be due, by indexes that skip a large school's other assessments."""
    of_school, terms = Assessment.objects.filter(school=school).order_by(), Terms.of(school)
    dated = school.memberships.filter(role=Role.STUDENT).filter(
        Q(diploma_on__lte=newest_over(on, DIPLOMA_MONTHS)) | Q(left_on__lte=newest_over(on, terms.left))
    )
    of_committees = Assessment.objects.filter(committee__school=school).order_by()  # which the index begins with
    undated = (
        of_committees.filter(status=status, status_since__lt=_begin(newest_over(on, months) + timedelta(days=1)))
        for statuses, months in (([Status.CANCELLED], terms.cancelled), (_OPEN, terms.unfinished))
        for status in statuses
    )
    of_dated = of_school.filter(student__in=dated.order_by().values("pk"))
    return of_dated.values("pk").union(*(queryset.values("pk") for queryset in undated), all=True)


_OPEN = [status for status in Status if status not in CLOSED]
_DIPLOMA, _LEFT = "student__diploma_on", "student__left_on"
_AFTER_DIPLOMA = Q(student__diploma_on__isnull=True) | Q(began_on__gt=F(_DIPLOMA))


def _nothing_since(day: date) -> Q:
    """Match assessments without any event after that day."""
    events = Event.objects.filter(assessment=OuterRef("pk"), at__gte=_begin(day + timedelta(days=1)))
    return Q(Q(status_since__lt=_begin(day + timedelta(days=1))), ~Exists(events))


def _dates_settled(on: date, student: str = "") -> Q:
    """Match students whose dates last changed at least `NOTICE` ago."""
    column = f"{student}study_dates_set_at"
    return Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__lt": _begin(on - NOTICE)})


def _too_fresh(set_at: datetime | None, on: date) -> bool:
    return set_at is not None and set_at >= _begin(on - NOTICE)


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def leaving(school: School, *, on: date) -> QuerySet[Any]:
    """Return the students without retained data, each with the `rule`: no assessment, and an old date.

    Students with an account in use are excluded.
    """
    rules = [
        (Rule.DIPLOMA, Q(diploma_on__lte=newest_over(on, DIPLOMA_MONTHS))),
        (Rule.LEFT, Q(diploma_on__isnull=True, left_on__lte=newest_over(on, school.left_months))),
    ]
    rule = Case(*(When(holds, then=Value(rule)) for rule, holds in rules), default=Value(""))
    used = Q(user__last_login__isnull=True) | Q(user__last_login__lt=_begin(on - IN_USE))
    # Added to the school again since then, for instance by an import.
    back = RoleChange.objects.filter(school=school, user=OuterRef("user"), role=Role.STUDENT, change="GIVEN")
    since = back.filter(at__date__gt=Coalesce(OuterRef("diploma_on"), OuterRef("left_on")))
    holds = rules[0][1] | rules[1][1]
    without_assessments = ~Exists(Assessment.objects.filter(student=OuterRef("pk")))
    students = school.memberships.filter(
        used, _dates_settled(on), ~Exists(since), without_assessments, holds, role=Role.STUDENT
    )
    students = students.annotate(rule=rule)
    return students.none() if _too_fresh(school.terms_set_at, on) else students


def without_date(school: School) -> QuerySet[Membership]:
    """Return students with final results that are never due: without a date, or with dates before these results.

    With many such students the first are found quickly in any order; few would be searched among all students, so they
    are collected first.
    """
    if _undated(school).order_by()[: MANY + 1].count() > MANY:
        final = Assessment.objects.filter(student=OuterRef("pk"), status=Status.FINAL)
        began = final.annotate(began_on=TruncDate("created_at"))
        later = began.filter(*(Q(began_on__gt=Coalesce(OuterRef(name), Value(date.min))) for name in _DATES))
        return Membership.objects.filter(Exists(later), school=school, role=Role.STUDENT)
    outgrown = Assessment.objects.filter(_ANY_DATE, *map(_begun_after, _DATES), school=school, status=Status.FINAL)
    concerned = _undated(school).order_by().values("pk").union(outgrown.order_by().values("student"))
    return Membership.objects.filter(pk__in=concerned, school=school)


def count_without_date(school: School) -> int:
    """Count them, at most `MANY` + 1."""
    return without_date(school).order_by()[: MANY + 1].count()


def _undated(school: School) -> QuerySet[Membership]:
    final = Assessment.objects.filter(student=OuterRef("pk"), status=Status.FINAL)
    students = Membership.objects.filter(
        school=school, role=Role.STUDENT, diploma_on__isnull=True, left_on__isnull=True
    )
    return students.filter(Exists(final))


_DATES = ("diploma_on", "left_on")
_ANY_DATE = Q(student__diploma_on__isnull=False) | Q(student__left_on__isnull=False)


def _begun_after(name: str) -> Q:
    """Match a later start than the date `name`, if set; the first, cheap comparison excludes almost all."""
    day = F(f"student__{name}")
    return Q(**{f"student__{name}__isnull": True}) | Q(Q(created_at__gt=day), created_at__date__gt=day)


def facts_of(assessments: Iterable[Assessment], school: School) -> dict[int, Facts]:
    """Return by id what `erased_from` needs of each; two queries. Needs the students to be joined."""
    rows = list(assessments)
    students = {assessment.student_id for assessment in rows}
    appealed = set(
        Appeal.objects.open().filter(assessment__student__in=students).values_list("assessment__student", flat=True)
    )
    newest = dict(Event.objects.filter(assessment__in=rows).order_by("at").values_list("assessment", "at"))
    return {
        assessment.pk: Facts(
            status=assessment.status,
            began_on=timezone.localdate(assessment.created_at),
            changed_on=timezone.localdate(
                max(assessment.status_since, newest.get(assessment.pk, assessment.status_since))
            ),
            diploma_on=assessment.student.diploma_on,
            left_on=assessment.student.left_on,
            settled_on=_settled_on(assessment.student, school),
            appealed=assessment.student_id in appealed,
        )
        for assessment in rows
    }


def _settled_on(student: Membership, school: School) -> date | None:
    moments = [at for at in (student.study_dates_set_at, school.terms_set_at) if at is not None]
    return timezone.localdate(max(moments)) if moments else None
