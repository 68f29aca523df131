"""Links on the tab 'Digitaal beoordelen' to students who were started together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role, School, User
from addressbook.models import Contact
from assessments.models import Assessment
from assessments.start import start
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory, member

StartClass = Callable[..., list[Assessment]]


def ids(assessments: Iterable[Assessment]) -> set[UUID]:
    return {assessment.public_id for assessment in assessments}


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def start_class(school: School, unit: ExamUnit, docent: User) -> StartClass:
    """Return a function that starts students with these last names together."""

    def start_class(*last_names: str, by: User = docent, at: School = school) -> list[Assessment]:
        students = [MembershipFactory(school=at, user__last_name=name) for name in last_names]
        return list(start.start_batch(unit=unit, students=students, by=by).started)

    return start_class


@pytest.fixture
def ways_back(teacher: Client, unit: ExamUnit) -> Callable[[], list[set[UUID]]]:
    """Return a function that returns the ids of the assessments behind each 'Samen verder' on the tab."""

    def ways_back() -> list[set[UUID]]:
        page = teacher.get(reverse("assessments:unit_list", args=[unit.pk]))
        shown = page.content.decode()
        ways = [way.public_ids for way in page.context["unfinished"]]
        assert shown.count("Samen verder met") == len(ways)
        assert all(f'name="beoordeling" value="{public_id}"' in shown for way in ways for public_id in way)
        return [set(way) for way in ways]

    return ways_back


def test_tab_links_to_students_started_together(
    teacher: Client, student: Membership, school: School, unit: ExamUnit, docent: User, ways_back
) -> None:
    second = MembershipFactory(school=school, user__last_name="Zomer")
    start.start_batch(unit=unit, students=[student, second], by=docent)
    [way] = ways_back()
    page = teacher.post(reverse("assessments:select"), {"beoordeling": list(way), "naar": "examinatoren"}, follow=True)
    assert [a.student.user.last_name for a in page.context["assessments"]] == ["Hoff", "Zomer"]


def test_only_uninvited_students_are_included(
    unit: ExamUnit, start_class: StartClass, ways_back, examiner: Contact
) -> None:
    invited, chosen, without_choice = start_class("Albers", "Bakker", "Claes")
    for assessment in (invited, chosen):
        steps.choose(assessment, examiner)
    steps.send_invitation(invited, examiner)
    assert ways_back() == [ids([chosen, without_choice])]


def test_student_with_an_unassigned_part_is_included(
    unit: ExamUnit, start_class: StartClass, ways_back, examiner: Contact
) -> None:
    part = unit.core_tasks.get().work_processes.all()[0].parts.all()[0]
    half, without_choice = start_class("Albers", "Bakker")
    steps.choose(half, examiner, part=part)
    steps.send_invitation(half, examiner)
    assert ways_back() == [ids([half, without_choice])]


def test_each_batch_has_a_link_newest_first(unit: ExamUnit, start_class: StartClass, ways_back) -> None:
    first, second = start_class("Albers", "Bakker"), start_class("Claes", "Dekker")
    assert ways_back() == [ids(second), ids(first)]


def test_single_remaining_student_has_no_link(
    start_class: StartClass, ways_back, examiner: Contact, docent: User
) -> None:
    invited, stays = start_class("Albers", "Bakker")
    steps.choose(invited, examiner)
    steps.send_invitation(invited, examiner)
    assert ways_back() == []
    assert not stays.invitations.exists()


def test_student_started_alone_has_no_link(assessment: Assessment, school: School, unit, docent, ways_back) -> None:
    steps.start_assessment(MembershipFactory(school=school), unit, docent)
    assert ways_back() == []


def test_undone_start_is_excluded(unit: ExamUnit, start_class: StartClass, ways_back, docent: User) -> None:
    mistake, *others = start_class("Albers", "Bakker", "Claes")
    start.undo_start(assessment=mistake, by=docent)
    assert ways_back() == [ids(others)]


def test_batch_of_a_colleague_is_not_offered(school, exam, start_class: StartClass, ways_back) -> None:
    start_class("Albers", "Bakker", by=member(school, Role.DOCENT, exam))
    assert ways_back() == []


def test_batch_of_two_schools_has_a_link_per_school(
    unit: ExamUnit, docent: User, school: School, other_school: School, ways_back
) -> None:
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    here = [MembershipFactory(school=school) for _ in range(2)]
    there = [MembershipFactory(school=other_school) for _ in range(2)]
    started = start.start_batch(unit=unit, students=[*here, *there], by=docent).started
    expected = [ids(pair) for pair in (started[:2], started[2:])]
    assert sorted(map(sorted, ways_back())) == sorted(map(sorted, expected))
