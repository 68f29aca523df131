"""The search finds, counts and pages the same as a check of each assessment."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Membership, Role, School, User
from accounts.search import holds
from addressbook.models import Contact
from assessments.models import Assessment, Status
from committee.assessment_list import page as page_module
from committee.assessment_list.page import count_each, read_page
from committee.search import ALL, AssessmentSearch
from exams.models import ExamUnit, Part
from tests.committee.conftest import AfnameMaker, search_of
from tests.factories import ContactFactory, MembershipFactory, first_unit, make_exam, member

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
STUDENTS = ["Emma Jansen", "Emma de Vries", "Lisa Jansen", "Zoë Zwart"]
TEACHERS = ["Dirk Docent", "Emma Docent", "Cora Collega"]
EXAMINERS = ["Erik Examinator", "Emma Examinator", "Lisa Leermeester"]


def called(name: str) -> dict[str, str]:
    first, _, last = name.partition(" ")
    return {"first_name": first, "last_name": last}


@pytest.fixture(autouse=True)
def many(make_afname: AfnameMaker, school: School, other_school: School, unit: ExamUnit) -> None:
    """Assessments of all combinations; some at the same time, two per student and exam."""
    students = [MembershipFactory(school=school, **{f"user__{k}": v for k, v in called(n).items()}) for n in STUDENTS]
    teachers = [member(school, Role.DOCENT, **called(name)) for name in TEACHERS]
    contacts = [ContactFactory(school=school, **called(name)) for name in EXAMINERS]
    others = [first_unit(make_exam()) for _ in range(2)]
    for number, (student, its_unit, _) in enumerate(itertools.product(students, [unit, *others], range(3))):
        status = list(Status.values)[number % 6] if number % 3 == 0 else Status.FINAL
        made = make_afname(
            status,
            student=student,
            unit=its_unit,
            attempt=1 + number % 3,
            initiator=teachers[number % 5 % 3],
            since=MONDAY - timedelta(hours=number % 7 * 24),
        )
        for contact in {contacts[number % 3], contacts[number % 4 % 3]}:
            for part in Part.objects.filter(work_process__core_task__unit=its_unit):
                made.assignments.create(contact=contact, part=part, removed_at=None if number % 11 else MONDAY)
    make_afname(
        student=MembershipFactory(school=other_school, **{f"user__{k}": v for k, v in called("Emma Jansen").items()})
    )


def read_assessments(school: School) -> list[tuple[Assessment, list[Contact], list[Membership]]]:
    """Return the school's assessments, oldest first, with their examiners and the memberships of the initiators."""
    ordered = Assessment.objects.order_by("status_since", "pk").filter(school=school)
    return [
        (one, [part.contact for part in one.live_assignments], list(one.initiator.memberships.filter(school=school)))
        for one in ordered
    ]


def expected(
    all_assessments: list[tuple[Assessment, list[Contact], list[Membership]]], fields: dict[str, str]
) -> list[Assessment]:
    """Return the assessments that match the fields, by checking each."""

    def is_meant(one: Assessment, examiners: list[Contact], roles: list[Membership]) -> bool:
        day = one.status_since.date()
        return (
            fields["status"] in (ALL, one.status)
            and fields.get("examen") in (None, str(one.exam_id))
            and date.fromisoformat(fields.get("van", "2000-01-01")) <= day
            and day <= date.fromisoformat(fields.get("tot", "2100-01-01"))
            and is_called(fields.get("student"), [one.student])
            and is_called(fields.get("initiator"), roles)
            and is_called(fields.get("examinator"), examiners)
        )

    return [one for one, examiners, roles in all_assessments if is_meant(one, examiners, roles)]


def is_called(query: str | None, people: Iterable[Membership | Contact]) -> bool:
    return query is None or any(holds(query, [one.search_text]) for one in people)


def read_all(search: AssessmentSearch) -> list[Assessment]:
    """Return the rows of all pages, first to last; paging back must give the same pages."""
    seen: list[Assessment] = []
    page = read_page(search, {})
    while page.following:
        seen += [row.assessment for row in page.rows]
        following = read_page(search, given(page.following))
        assert read_page(search, given(following.previous)).rows == page.rows
        page = following
    return seen + [row.assessment for row in page.rows]


def given(params: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in params.items() if value is not None}


PEOPLE = [
    {},
    {"student": "emma"},
    {"student": "jansen emma"},
    {"student": "zw"},
    {"student": "niemand"},
    {"student": "´"},
    {"initiator": "docent"},
    {"initiator": "cora"},
    {"initiator": "niemand"},
    {"examinator": "emma"},
    {"examinator": "examinator"},
    {"examinator": "niemand"},
    {"student": "emma", "examinator": "lisa"},
    {"student": "lisa", "initiator": "dirk"},
    {"student": "jansen", "initiator": "docent", "examinator": "e"},
    {"student": "jansen", "initiator": "cora", "examinator": "examinator"},
]


def test_search_finds_and_counts_the_matching_assessments(
    school: School, unit: ExamUnit, committee_member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "PAGE_SIZE", 5)
    all_assessments = read_assessments(school)
    exam = {"examen": str(unit.exam_version.exam_id)}
    period = {"van": "2026-11-19", "tot": "2026-11-22", "status": ALL}
    narrowed = ({"status": ALL}, {"status": "FINAL"}, {"status": "ASSESSED"}, exam | {"status": "FINAL"}, period)
    for fields in (by_status | people for by_status in narrowed for people in PEOPLE):
        search = search_of(committee_member, **fields)
        meant = expected(all_assessments, fields)
        assert read_all(search) == (meant if fields["status"] == "ASSESSED" else meant[::-1]), fields
        [counted] = count_each(search) or []
        assert +counted == Counter(one.status for one in expected(all_assessments, fields | {"status": ALL})), fields


def test_counting_stops(committee_member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "COUNT_UP_TO", 3)
    [counted] = count_each(search_of(committee_member)) or []
    assert counted[Status.FINAL] == 4
    assert count_each(search_of(committee_member, student="emma")) is None
