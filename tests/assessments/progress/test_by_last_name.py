"""Every list of people is ordered by last name, ignoring infixes, accents and case."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import School, User
from addressbook.lookup import suggestions
from addressbook.models import Contact, full_names
from assessments.coupling import batch, couplings
from assessments.coupling.couplings import Target
from assessments.coupling.overview import read_overview
from assessments.models import Assessment
from assessments.progress.detail import examiner_rows
from assessments.rubric import read_rubric
from exams.models import ExamUnit
from tests import steps
from tests.factories import ContactFactory, MembershipFactory

# (infix, last name), as they are sorted.
NAMES = [
    ("", "Abbas"),
    ("", "abbing"),
    ("", "Éder"),
    ("van 't", "Hoff"),
    ("de", "Hoop"),
    ("", "Olsen"),
    ("", "Özdemir"),
    ("", "Pieters"),
    ("", "Şahin"),
    ("El", "Zahra"),
]
IN_ORDER = [last_name for _, last_name in NAMES]


def shuffled() -> list[tuple[str, str]]:
    return random.Random(7).sample(NAMES, len(NAMES))


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def contacts(school: School) -> list[Contact]:
    return [ContactFactory(school=school, infix=infix, last_name=name) for infix, name in shuffled()]


@pytest.fixture
def students(school: School, unit: ExamUnit, docent: User) -> list[Assessment]:
    """Their assessments, all NEW."""
    made = [MembershipFactory(school=school, user__infix=i, user__last_name=name) for i, name in shuffled()]
    return [steps.start_assessment(student, unit, docent) for student in made]


@pytest.fixture
def examined(contacts: list[Contact], assessment: Assessment) -> Assessment:
    """The assessment of a student by all contacts."""
    steps.choose(assessment, *contacts)
    return assessment


def last_names(people: Any) -> list[str]:
    return [person.last_name for person in people if person.last_name in IN_ORDER]


def of_students(assessments: Any) -> list[str]:
    return [assessment.student.user.last_name for assessment in assessments]


def test_address_book_and_picker_order(teacher: Client, contacts: list[Contact], assessment: Assessment) -> None:
    assert last_names(teacher.get(reverse("addressbook:contacts")).context["page"]) == IN_ORDER
    pick = teacher.get(reverse("assessments:pick", args=[assessment.public_id]))
    assert last_names(pick.context["others"]) == IN_ORDER


def test_suggestion_order(contacts: list[Contact], school: School, monkeypatch) -> None:
    assert last_names(suggestions(school)) == IN_ORDER
    monkeypatch.setattr("addressbook.lookup.SUGGESTED", len(NAMES) - 1)
    assert last_names(suggestions(school)) == IN_ORDER[:-1]


def test_examiner_order(examined: Assessment) -> None:
    overview = read_overview([examined], examined.unit)
    assert [last_names(row.examiners) for row in overview.rows] == [IN_ORDER] * len(overview.rows)
    assert last_names(couplings.invitable(examined)) == IN_ORDER
    [member] = batch.read_batch([examined]).members
    assert last_names(member.examiners) == last_names(member.invitable) == IN_ORDER
    assert last_names(batch.shared_choice([examined], Target()).contacts) == IN_ORDER
    assert last_names(contact for contact, _ in batch.read_batch([examined]).invitable) == IN_ORDER


def test_invited_and_waiting_examiner_order(teacher: Client, examined: Assessment, unit: ExamUnit) -> None:
    steps.invite_for_one(examined, contacts=couplings.invitable(examined)[::-1], by=examined.initiator)
    rows = examiner_rows(examined, read_rubric(examined), [])
    assert last_names(row.invitation.contact for row in rows) == IN_ORDER
    [row] = teacher.get(reverse("assessments:unit_list", args=[unit.pk])).context["rows"]
    assert last_names(one.contact for one in row.waiting) == IN_ORDER


def test_history_order(examined: Assessment, contacts: list[Contact]) -> None:
    [chosen] = examined.events.filter(kind="COUPLED")
    assert chosen.data["examiners"] == full_names(contacts)
    assert [name.split()[-1] for name in full_names(contacts)] == IN_ORDER


def test_student_order_on_tab_and_start(teacher: Client, students: list[Assessment], unit: ExamUnit) -> None:
    tab = reverse("assessments:unit_list", args=[unit.pk])
    assert of_students(row.assessment for row in teacher.get(tab, {"sorteer": "student"}).context["rows"]) == IN_ORDER
    down = teacher.get(tab, {"sorteer": "-student"}).context["rows"]
    assert of_students(row.assessment for row in down) == IN_ORDER[::-1]
    page = teacher.get(steps.flow_url("examiners", students))
    assert of_students(page.context["assessments"]) == IN_ORDER
    chosen = teacher.get(steps.flow_url("students", students)).context["chosen"]
    assert of_students(row.started for row in chosen) == IN_ORDER


def test_student_search_order(teacher: Client, school: School, unit: ExamUnit) -> None:
    for infix, name in shuffled():
        MembershipFactory(school=school, user__first_name="Zoek", user__infix=infix, user__last_name=name)
    student_rows = teacher.get(reverse("assessments:choose_student", args=[unit.pk]), {"q": "zoek"}).context["found"]
    assert [row.student.user.last_name for row in student_rows] == IN_ORDER


def test_renamed_contact_moves(contacts: list[Contact], school: School) -> None:
    contact = contacts[0]
    contact.last_name = "Ääkkönen"
    contact.save()
    assert school.contacts.first() == contact
