"""Retention terms: a table of the boundaries, and the queries compared with the rules on many rows."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Membership, Role, School, User
from assessments.models import Appeal, Assessment, Event, Rule, Status
from assessments.privacy import retention
from assessments.privacy.retention import Facts, Terms
from exams.models import ExamUnit
from tests.committee.conftest import AfnameMaker
from tests.factories import MembershipFactory

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
TERMS = Terms(left=84, cancelled=24, unfinished=36)
BEGAN = date(2026, 3, 2)
DONE = date(2026, 7, 10)


def facts(status: str = Status.FINAL, **known: Any) -> Facts:
    usual: dict[str, Any] = {"status": status, "began_on": BEGAN, "changed_on": date(2026, 4, 1)}
    return Facts(**usual | known)


@given(DAYS, DAYS, st.integers(12, 600))
def test_term_ends_after_its_last_day(start: date, on: date, months: int) -> None:
    assert (start <= retention.newest_over(on, months)) == (retention.kept_until(start, months) < on)


@pytest.mark.parametrize(
    ("facts_row", "day", "rule"),
    [
        # A result: 18 months after the diploma, the last day included.
        (facts(diploma_on=DONE), date(2028, 1, 11), Rule.DIPLOMA),
        (facts(diploma_on=date(2026, 8, 31)), date(2028, 3, 1), Rule.DIPLOMA),
        (facts(diploma_on=BEGAN), date(2027, 9, 3), Rule.DIPLOMA),
        # A diploma goes before having left: it is the shorter term.
        (facts(diploma_on=DONE, left_on=DONE), date(2028, 1, 11), Rule.DIPLOMA),
        # Started after the diploma: part of a next study.
        (facts(diploma_on=BEGAN - timedelta(days=1)), None, None),
        (facts(diploma_on=BEGAN - timedelta(days=1), left_on=DONE), date(2033, 7, 11), Rule.LEFT),
        # Without a diploma: the school's term.
        (facts(left_on=DONE), date(2033, 7, 11), Rule.LEFT),
        (facts(left_on=BEGAN - timedelta(days=1)), None, None),
        # No dates: the result is kept.
        (facts(), None, None),
        # Cancelled and never final: by their own term, or earlier with the rest.
        (facts(Status.CANCELLED), date(2028, 4, 2), Rule.CANCELLED),
        (facts(Status.CANCELLED, diploma_on=DONE), date(2028, 1, 11), Rule.DIPLOMA),
        (facts(Status.CANCELLED, left_on=DONE), date(2028, 4, 2), Rule.CANCELLED),
        *((facts(s), date(2029, 4, 2), Rule.UNFINISHED) for s in ("NEW", "INVITED", "IN_PROGRESS", "ASSESSED")),
        (facts(Status.ASSESSED, diploma_on=DONE), date(2028, 1, 11), Rule.DIPLOMA),
        # An appeal keeps everything.
        (facts(diploma_on=DONE, appealed=True), None, None),
        (facts(Status.CANCELLED, appealed=True), None, None),
        # Recent dates can still be corrected.
        (facts(diploma_on=DONE, settled_on=date(2028, 6, 1)), date(2028, 7, 2), Rule.DIPLOMA),
        (facts(diploma_on=DONE, settled_on=date(2026, 8, 1)), date(2028, 1, 11), Rule.DIPLOMA),
    ],
)
def test_first_day_of_erasure(facts_row: Facts, day: date | None, rule: Rule | None) -> None:
    assert retention.erased_from(facts_row, TERMS) == ((day, rule) if day else None)


def moment(day: date, hour: int = 12) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


@pytest.fixture
def strict(school: School) -> School:
    """A school with a different term for each rule."""
    School.objects.filter(pk=school.pk).update(left_months=30, cancelled_months=14, unfinished_months=20)
    school.refresh_from_db()
    return school


def some_day(draw: random.Random) -> date:
    return date(2024, 1, 1) + timedelta(days=draw.randrange(900))


def maybe_day(draw: random.Random, chance: float) -> date | None:
    return some_day(draw) if draw.random() < chance else None


def test_queries_equal_the_rules(
    strict: School,
    make_afname: AfnameMaker,
) -> None:
    draw = random.Random(6)
    for _ in range(150):
        settled = maybe_day(draw, 0.4)
        student = MembershipFactory(
            school=strict,
            diploma_on=maybe_day(draw, 0.5),
            left_on=maybe_day(draw, 0.5),
            study_dates_set_at=moment(settled) if settled else None,
        )
        began, changed = some_day(draw), some_day(draw)
        row = make_afname(draw.choice(Status.values), student=student, since=moment(changed, draw.choice([0, 23])))
        Assessment.objects.filter(pk=row.pk).update(created_at=moment(began, draw.choice([0, 23])))
        if later := maybe_day(draw, 0.3):
            event = Event(assessment=row, kind=Event.Kind.SAVED, actor_name="x", from_status="NEW", to_status="NEW")
            event.at = moment(later, 23)
            event.save()
        if draw.random() < 0.15:
            Appeal.objects.create(assessment=row, received_on=date(2026, 1, 1))
    rows = list(Assessment.objects.select_related("student"))
    erased_from_by_pk = {
        pk: retention.erased_from(facts_row, Terms.of(strict))
        for pk, facts_row in retention.facts_of(rows, strict).items()
    }
    assert len([day for day in erased_from_by_pk.values() if day]) > 80
    for on in [date(2024, 6, 1) + relativedelta(days=61 * n) for n in range(30)]:
        facts_row = dict(retention.due(strict, on=on).values_list("pk", "rule"))
        assert set(facts_row) == {pk for pk, day in erased_from_by_pk.items() if day and day[0] <= on}
        assert facts_row == dict(retention.due(strict, on=on, among=Q(pk__gt=0)).values_list("pk", "rule"))
    assert {rule for day in erased_from_by_pk.values() if day for rule in [day[1]]} == set(Rule)


def test_queries_have_the_same_boundaries(
    strict: School,
    make_afname: AfnameMaker,
) -> None:
    student = MembershipFactory(school=strict, diploma_on=DONE)
    row = make_afname(Status.FINAL, student=student)
    Assessment.objects.filter(pk=row.pk).update(created_at=moment(BEGAN))
    day = date(2028, 1, 11)
    assert not retention.due(strict, on=day - timedelta(days=1)).exists()
    assert [facts_row.rule for facts_row in retention.due(strict, on=day)] == [Rule.DIPLOMA]


def test_appeal_keeps_all_attempts(
    strict: School,
    make_afname: AfnameMaker,
) -> None:
    student = MembershipFactory(school=strict, diploma_on=date(2020, 1, 1))
    rows = [make_afname(Status.FINAL, student=student, attempt=n, created_at=moment(date(2019, 1, 1))) for n in (1, 2)]
    appeal = Appeal.objects.create(assessment=rows[0], received_on=date(2020, 1, 2))
    assert not retention.due(strict, on=date(2026, 1, 1)).exists()
    appeal.closed_on, appeal.outcome = date(2020, 2, 1), Appeal.Outcome.DISMISSED
    appeal.save()
    assert retention.due(strict, on=date(2026, 1, 1)).count() == 2


def test_new_term_applies_after_a_month(
    strict: School,
    make_afname: AfnameMaker,
) -> None:
    make_afname(Status.CANCELLED, since=moment(date(2024, 1, 1)))
    School.objects.filter(pk=strict.pk).update(terms_set_at=moment(date(2026, 5, 1)))
    strict.refresh_from_db()
    assert not retention.due(strict, on=date(2026, 5, 31)).exists()
    assert retention.due(strict, on=date(2026, 6, 1)).exists()


def test_terms_of_another_school_do_not_count(
    strict: School,
    other_school: School,
    make_afname: AfnameMaker,
) -> None:
    make_afname(Status.CANCELLED, since=moment(date(2024, 1, 1)))
    assert not retention.due(other_school, on=date(2040, 1, 1)).exists()


@pytest.mark.parametrize(
    ("dates", "login", "goes"),
    [
        ({"diploma_on": date(2024, 1, 1)}, None, Rule.DIPLOMA),
        ({"diploma_on": date(2025, 1, 1)}, None, None),
        ({"left_on": date(2023, 1, 1)}, None, Rule.LEFT),
        ({"left_on": date(2024, 6, 1)}, None, None),
        ({"diploma_on": date(2024, 1, 1), "left_on": date(2026, 1, 1)}, None, Rule.DIPLOMA),
        ({}, None, None),
        ({"diploma_on": date(2024, 1, 1)}, date(2026, 4, 1), None),
        ({"diploma_on": date(2024, 1, 1)}, date(2025, 4, 1), Rule.DIPLOMA),
    ],
)
def test_students_due_for_erasure(
    strict: School, dates: dict[str, date], login: date | None, goes: Rule | None
) -> None:
    student = MembershipFactory(school=strict, user__last_login=moment(login) if login else None, **dates)
    facts_row = {one.pk: one.rule for one in retention.leaving(strict, on=date(2026, 6, 1))}
    assert facts_row == ({student.pk: goes} if goes else {})


def test_student_with_an_assessment_is_kept(
    strict: School,
    make_afname: AfnameMaker,
) -> None:
    student = MembershipFactory(school=strict, diploma_on=date(2020, 1, 1))
    make_afname(Status.FINAL, student=student)
    assert not retention.leaving(strict, on=date(2040, 1, 1)).exists()


@pytest.mark.parametrize("many", [0, 1000])  # the query of a large school without dates, and of another school
def test_results_without_a_date_are_counted(
    strict: School,
    unit: ExamUnit,
    make_afname: AfnameMaker,
    monkeypatch: pytest.MonkeyPatch,
    many: int,
) -> None:
    monkeypatch.setattr(retention, "MANY", many)
    old, new = date(2001, 1, 1), date(2099, 1, 1)
    dated = [{}, {"diploma_on": new}, {"left_on": new}, {"diploma_on": old}, {"diploma_on": old, "left_on": new}]
    students: list[Membership] = [MembershipFactory(school=strict, **dates) for dates in dated]
    for student in students:
        make_afname(Status.FINAL, student=student)
    make_afname(Status.ASSESSED)
    assert set(retention.without_date(strict)) == {students[0], students[3]}


def test_query_for_old_dates_uses_an_index(school: School) -> None:
    users = User.objects.bulk_create(User(email=f"student{n}@hier.test") for n in range(1000))
    Membership.objects.bulk_create(Membership(user=user, school=school, role=Role.STUDENT) for user in users)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plan = retention.leaving(school, on=date(2026, 6, 1)).order_by().explain()
    assert "students_by_diploma_date" in plan
    assert "students_by_leaving_date" in plan
