"""'Digitaal beoordelen starten voor student': taking students one by one or as a list, and 'Ga verder'."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from assessments import pasted, start
from assessments.choose_students import choose_url
from assessments.models import Assessment
from committee.finalise import finalise
from exams.models import ExamUnit
from tests import steps
from tests.factories import AccountExamFactory, MembershipFactory, UserFactory


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def page(unit: ExamUnit) -> str:
    return reverse("assessments:choose_student", args=[unit.pk])


@pytest.fixture
def go_on(unit: ExamUnit) -> str:
    return reverse("assessments:start", args=[unit.pk])


@pytest.fixture
def paste(unit: ExamUnit) -> str:
    return reverse("assessments:add_numbers", args=[unit.pk])


@pytest.fixture
def other(school: School) -> Membership:
    return MembershipFactory(
        school=school,
        student_number="200200",
        user__first_name="Bart",
        user__last_name="Boom",
        user__email="b@hier.test",
    )


def rows(response, name):
    return [row.student for row in response.context[name]]


def taken_in(address: str) -> list[int]:
    return [int(pk) for pk in parse_qs(urlsplit(address).query).get("student", [])]


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_while_typing_only_what_was_found_is_answered(teacher: Client, student: Membership, page: str) -> None:
    answer = teacher.get(page, {"q": "hoff"}, headers={"HX-Request": "true"}).content.decode()
    assert "anouk@hier.test" in answer
    assert "<html" not in answer


def test_name_number_and_address_are_shown_before_one_is_taken(teacher: Client, student: Membership, page: str) -> None:
    answer = teacher.get(page, {"q": "hoff"}).content.decode()
    shown = answer[answer.index("Gevonden") : answer.index(">Toevoegen<span")]
    for words in ("Anouk van &#x27;t Hoff", "123456", "anouk@hier.test"):
        assert words in shown


def test_toevoegen_puts_the_student_on_top_beside_those_taken_before(
    teacher: Client, student: Membership, other: Membership, page: str
) -> None:
    [row] = teacher.get(page, {"q": "hoff", "student": str(other.pk)}).context["found"]
    assert taken_in(row.url) == [other.pk, student.pk]
    answer = teacher.get(row.url)
    assert rows(answer, "chosen") == [other, student]
    assert "Toegevoegd: 2 studenten" in answer.content.decode()
    assert [row.taken for row in answer.context["found"]] == [True]


def test_one_is_taken_off_and_the_others_stay(
    teacher: Client, student: Membership, other: Membership, page: str
) -> None:
    answer = teacher.get(page, {"student": [student.pk, other.pk]})
    assert taken_in(answer.context["chosen"][0].url) == [other.pk]


def test_the_same_student_twice_is_one(teacher: Client, student: Membership, page: str) -> None:
    assert rows(teacher.get(page, {"student": [student.pk, student.pk]}), "chosen") == [student]


def test_students_of_another_school_do_not_exist_among_others(
    teacher: Client, student: Membership, other_school: School, page: str, go_on: str, paste: str
) -> None:
    both = {"student": [student.pk, MembershipFactory(school=other_school).pk], "nummers": "1"}
    assert teacher.get(page, both).status_code == 404
    assert teacher.post(go_on, both).status_code == 404
    assert teacher.post(paste, both).status_code == 404
    assert not Assessment.objects.exists()


def test_the_search_takes_as_many_queries_for_many_as_for_one(
    teacher: Client,
    student: Membership,
    school: School,
    unit: ExamUnit,
    docent: User,
    page: str,
    django_assert_num_queries,
) -> None:
    with django_assert_num_queries(8):
        teacher.get(page, {"q": "anouk", "student": str(student.pk)})
    more = MembershipFactory.create_batch(25, school=school, user__first_name="Anouk")
    steps.start_assessment(more[0], unit, docent)
    with django_assert_num_queries(8):
        teacher.get(choose_url(unit, [student.pk, *[one.pk for one in more[5:]]], "anouk"))


def test_a_running_one_is_shown_as_such_and_leads_to_it(teacher: Client, assessment: Assessment, page: str) -> None:
    answer = teacher.get(page, {"q": "hoff"}).content.decode()
    assert "Loopt al" in answer
    assert reverse("assessments:detail", args=[assessment.public_id]) in answer
    assert ">Toevoegen<span" not in answer


def test_a_second_attempt_is_offered_when_the_first_is_final(
    teacher: Client, assessed: Assessment, student: Membership, committee_member: User, page: str, go_on: str
) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    answer = teacher.get(page, {"q": "hoff"}).content.decode()
    assert "Herkansing, poging 2" in answer
    assert ">Toevoegen<span" in answer
    teacher.post(go_on, {"student": student.pk})
    assert sorted(student.assessments.values_list("attempt", flat=True)) == [1, 2]


# --- A pasted list -------------------------------------------------------------------------------
def test_a_pasted_list_names_what_became_of_each_number(
    teacher: Client, assessment: Assessment, school: School, other: Membership, other_school: School, paste: str
) -> None:
    elsewhere = MembershipFactory(school=other_school, student_number="300300")
    MembershipFactory(
        school=school,
        student_number="",
        user__first_name="Tess",
        user__last_name="Zonder",
        user__email="tess@hier.test",
    )
    text = f"200200\r\n123456;999999, {elsewhere.student_number}\tTESS@hier.test"
    answer = teacher.post(paste, {"nummers": text}, follow=True)
    assert rows(answer, "chosen") == [other]
    assert said(answer) == [
        "Toegevoegd: Bart Boom (200200).",
        "Loopt al: Anouk van 't Hoff (123456).",
        "Nog geen studentnummer ingevuld: Tess Zonder (tess@hier.test).",
        "Niet gevonden: 999999, 300300.",
    ]


def test_a_pasted_list_comes_besides_those_taken_before(
    teacher: Client, student: Membership, other: Membership, paste: str
) -> None:
    answer = teacher.post(paste, {"student": student.pk, "nummers": "200200 123456"}, follow=True)
    assert rows(answer, "chosen") == [student, other]
    assert "Was al toegevoegd: Anouk van 't Hoff (123456)." in said(answer)


def test_a_number_and_the_address_of_one_student_are_one(teacher: Client, student: Membership, paste: str) -> None:
    answer = teacher.post(paste, {"nummers": "123456 Anouk@hier.test 123456"}, follow=True)
    assert rows(answer, "chosen") == [student]
    assert said(answer) == ["Toegevoegd: Anouk van 't Hoff (123456)."]


def test_a_number_of_two_schools_is_not_guessed(
    teacher: Client, student: Membership, docent: User, other_school: School, paste: str
) -> None:
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    MembershipFactory(school=other_school, student_number="123456")
    answer = teacher.post(paste, {"nummers": "123456"}, follow=True)
    assert rows(answer, "chosen") == []
    assert said(answer) == ["Staat bij meer dan één school; zoek op naam: 123456."]


@pytest.mark.parametrize("text", ["", " \n ", ",;", "\0"])
def test_an_empty_list_is_refused_and_those_taken_stay(
    teacher: Client, student: Membership, paste: str, text: str
) -> None:
    answer = teacher.post(paste, {"student": student.pk, "nummers": text}, follow=True)
    assert said(answer) == ["Plak eerst een lijst met studentnummers."]
    assert rows(answer, "chosen") == [student]


def test_a_list_that_is_too_long_is_refused(teacher: Client, paste: str) -> None:
    answer = teacher.post(paste, {"nummers": " ".join(map(str, range(pasted.MAX_PASTED + 1)))}, follow=True)
    assert said(answer) == ["Er staan 501 nummers in de lijst; het mogen er hooguit 500 zijn."]


def test_markup_in_a_list_is_text(teacher: Client, paste: str) -> None:
    page = teacher.post(paste, {"nummers": "<b>x</b>"}, follow=True).content.decode()
    assert "Niet gevonden: &lt;b&gt;x&lt;/b&gt;." in page


def test_more_than_fit_are_left_out_and_named(
    teacher: Client, student: Membership, other: Membership, paste: str, page: str, monkeypatch
) -> None:
    monkeypatch.setattr(start, "MAX_TOGETHER", 1)
    answer = teacher.post(paste, {"nummers": "123456 200200"}, follow=True)
    assert rows(answer, "chosen") == [student]
    assert "Hooguit 1 tegelijk; niet toegevoegd: Bart Boom (200200)." in said(answer)
    full = teacher.get(page, {"student": str(student.pk), "q": "boom"}).content.decode()
    assert "meer kan niet tegelijk" in full
    assert ">Toevoegen<span" not in full


# --- Ga verder -----------------------------------------------------------------------------------
def test_one_goes_on_to_its_examiners_with_date_and_place(teacher: Client, student: Membership, go_on: str) -> None:
    on = timezone.localdate() + timedelta(days=7)
    answer = teacher.post(go_on, {"student": student.pk, "planned_on": on.isoformat(), "place": "Bakkerij Bos"})
    started = Assessment.objects.get()
    assert answer["Location"] == reverse("assessments:examiners", args=[started.public_id])
    assert (started.planned_on, started.place) == (on, "Bakkerij Bos")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("planned_on", "0026-12-01", "Kies een datum tussen"),
        ("planned_on", (date.today() + timedelta(days=4000)).isoformat(), "Kies een datum tussen"),  # noqa: DTZ011
        ("planned_on", "31-02-2027", "geldige datum"),
        ("place", "x" * 121, "120"),
        ("place", "Lokaal\0", "tekens"),
    ],
)
def test_a_wrong_date_or_place_is_refused_and_those_taken_stay(
    teacher: Client, student: Membership, other: Membership, go_on: str, field: str, value: str, reason: str
) -> None:
    answer = teacher.post(go_on, {"student": [student.pk, other.pk], field: value})
    assert reason in answer.content.decode()
    assert rows(answer, "chosen") == [student, other]
    assert not Assessment.objects.exists()


def test_several_go_on_to_their_examiners_together(
    teacher: Client, student: Membership, other: Membership, go_on: str
) -> None:
    answer = teacher.post(go_on, {"student": [student.pk, other.pk]}, follow=True)
    assert "Examinatoren kiezen voor 2 studenten" in answer.content.decode()
    assert said(answer) == ["Gestart voor Anouk van 't Hoff (123456), Bart Boom (200200)."]
    assert {a.student for a in answer.context["assessments"]} == {student, other}


def test_who_was_started_by_a_colleague_meanwhile_is_named_and_the_others_go_on(
    teacher: Client, student: Membership, other: Membership, unit: ExamUnit, colleague: User, go_on: str
) -> None:
    steps.start_assessment(student, unit, colleague)
    answer = teacher.post(go_on, {"student": [student.pk, other.pk]}, follow=True)
    assert said(answer) == [
        "Gestart voor Bart Boom (200200).",
        "Niet nog eens gestart, want er loopt al een beoordeling: Anouk van 't Hoff (123456).",
    ]
    assert answer.redirect_chain[-1][0] == reverse("assessments:examiners", args=[other.assessments.get().public_id])
    assert student.assessments.get().initiator == colleague


def test_a_double_click_for_several_ends_where_the_first_click_did(
    teacher: Client, student: Membership, other: Membership, go_on: str
) -> None:
    first = teacher.post(go_on, {"student": [student.pk, other.pk]})
    second = teacher.post(go_on, {"student": [student.pk, other.pk]})
    assert first["Location"] == second["Location"]
    assert Assessment.objects.count() == 2


def test_students_of_two_schools_go_on_to_the_list(
    teacher: Client, student: Membership, docent: User, other_school: School, unit: ExamUnit, go_on: str
) -> None:
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    elsewhere = MembershipFactory(school=other_school)
    answer = teacher.post(go_on, {"student": [student.pk, elsewhere.pk]}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("assessments:unit_list", args=[unit.pk])
    assert Assessment.objects.count() == 2


def test_more_than_the_limit_are_refused(
    teacher: Client, student: Membership, other: Membership, go_on: str, monkeypatch
) -> None:
    monkeypatch.setattr(start, "MAX_TOGETHER", 1)
    answer = teacher.post(go_on, {"student": [student.pk, other.pk]}, follow=True)
    assert said(answer) == ["U kunt hooguit 1 studenten tegelijk starten."]
    assert not Assessment.objects.exists()


def test_a_docent_without_the_exam_gets_nowhere(client: Client, school: School, page: str, go_on: str) -> None:
    bare = UserFactory()
    MembershipFactory(user=bare, school=school, role=Role.DOCENT)
    client.force_login(bare)
    assert client.get(page).status_code == 404
    AccountExamFactory(user=bare)
    assert client.post(go_on).status_code == 404
