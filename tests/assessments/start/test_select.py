"""Ticks in a list of assessments make a selection, with one short address for the pages that follow."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, School, User
from assessments.access import MAX_BATCH
from assessments.models import Assessment, Selection
from assessments.models.selection import KEPT
from assessments.privacy import erasure
from assessments.start import start
from exams.models import ExamUnit
from tests import steps
from tests.factories import AccountExamFactory, MembershipFactory, add_version, first_unit, make_exam

pytestmark = pytest.mark.django_db
SELECT = "/afnames/selectie/"
LIST = "http://testserver/afnames/"


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def three(school: School, unit: ExamUnit, docent: User) -> list[Assessment]:
    students = [MembershipFactory(school=school, user__last_name=name) for name in ("Appel", "Beer", "Citroen")]
    return list(start.start_batch(unit=unit, students=students, by=docent).started)


def post(teacher: Client, assessments: list[Assessment], to: str = "examinatoren"):
    data = {"beoordeling": [str(assessment.public_id) for assessment in assessments], "naar": to}
    return teacher.post(SELECT, data, headers={"Referer": LIST})


def refusal(answer) -> str:
    assert answer["Location"] == LIST
    *_, message = answer.wsgi_request._messages
    assert not Selection.objects.exists()
    return str(message)


@pytest.mark.parametrize(("to", "name"), [("examinatoren", "examiners"), ("bericht", "message"), ("x", "examiners")])
def test_ticks_open_the_step_at_a_short_address(teacher: Client, three, to: str, name: str) -> None:
    answer = post(teacher, three, to)
    selection = Selection.objects.get()
    assert answer["Location"] == reverse(f"assessments:{name}", args=[selection.public_id])
    assert set(selection.assessments) == {assessment.pk for assessment in three}
    page = teacher.get(reverse("assessments:examiners", args=[selection.public_id]))
    assert page.context["assessments"] == three


def test_one_tick_is_the_assessment_itself(teacher: Client, three) -> None:
    assert post(teacher, three[:1])["Location"] == reverse("assessments:examiners", args=[three[0].public_id])
    assert not Selection.objects.exists()


def test_ticks_over_several_units_are_refused(teacher: Client, three, school: School, docent: User) -> None:
    other = make_exam(title="Kok")
    AccountExamFactory(user=docent, exam=other)
    elsewhere = steps.start_assessment(MembershipFactory(school=school), first_unit(other), docent)
    for step in ("examinatoren", "bericht"):
        sentence = refusal(post(teacher, [*three, elsewhere], step))
        assert "Vink beoordelingen van één exameneenheid aan; nu zijn het er 2: " in sentence
        for one in (three[0], elsewhere):
            assert f"{one.unit_code} van {one.exam.title}" in sentence


def test_versions_of_one_exam_go_together(teacher: Client, three, school: School, docent: User, unit: ExamUnit) -> None:
    add_version(unit.exam_version.exam)
    newer = steps.start_assessment(MembershipFactory(school=school), unit, docent)
    assert newer.unit != unit
    page = post(teacher, [three[0], newer])["Location"]
    assert teacher.get(page).context["unit"] == newer.unit


def test_ticks_of_two_schools_are_refused(
    teacher: Client, three, other_school: School, docent: User, unit: ExamUnit
) -> None:
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    elsewhere = steps.start_assessment(MembershipFactory(school=other_school), unit, docent)
    assert "van één school" in refusal(post(teacher, [three[0], elsewhere]))


def test_nothing_ticked_or_only_closed_ones(teacher: Client, three, docent: User) -> None:
    assert "Vink eerst een beoordeling aan" in refusal(post(teacher, []))
    start.undo_start(assessment=three[0], by=docent)
    assert "Vink eerst een beoordeling aan" in refusal(post(teacher, three[:1]))
    post(teacher, three)
    assert set(Selection.objects.get().assessments) == {three[1].pk, three[2].pk}


def test_more_than_the_maximum_is_refused(teacher: Client, three, monkeypatch) -> None:
    monkeypatch.setattr("assessments.access.MAX_BATCH", 2)
    assert "hooguit 2 beoordelingen" in refusal(post(teacher, three))
    assert MAX_BATCH == 60


def test_foreign_and_malformed_ids_are_not_found(client: Client, three, stranger: User) -> None:
    client.force_login(stranger)
    assert post(client, three).status_code == 404
    assert client.post(SELECT, {"beoordeling": "x"}).status_code == 404


def test_referer_of_another_site_is_not_followed(teacher: Client) -> None:
    assert teacher.post(SELECT, headers={"Referer": "https://elders.test/"})["Location"] == reverse("home")


def test_only_the_owner_opens_a_selection(teacher: Client, three, colleague: User) -> None:
    pages = [steps.flow_url(name, three) for name in ("students", "examiners", "pick", "per_student", "message")]
    other = Client()
    other.force_login(colleague)
    for page in pages:
        assert other.get(page).status_code == 404, page
    assert teacher.get(pages[0].replace(str(Selection.objects.get().public_id), str(uuid.uuid4()))).status_code == 404


def test_assessments_that_are_gone_are_left_out(teacher: Client, three, docent: User) -> None:
    page = steps.flow_url("examiners", three)
    three[1].delete()
    assert teacher.get(page).context["assessments"] == [three[0], three[2]]
    docent.account_exams.all().delete()
    assert teacher.get(page).status_code == 404


def test_selections_are_purged_after_a_while(teacher: Client, three) -> None:
    post(teacher, three)
    erasure.tidy_up()
    assert Selection.objects.exists()
    Selection.objects.update(changed_at=timezone.now() - KEPT - timedelta(minutes=1))
    erasure.tidy_up()
    assert not Selection.objects.exists()
