"""'Digitaal beoordelen starten voor student': selecting students singly or as a list, and 'Ga verder'."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from accounts.people.roles import leave
from addressbook.models import Contact
from assessments import access
from assessments.models import Assessment
from assessments.start import selection, start
from committee.decisions.finalise import finalise
from exams.models import ExamUnit
from tests import steps
from tests.factories import AccountExamFactory, ContactFactory, MembershipFactory, UserFactory, member


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def page(unit: ExamUnit) -> str:
    return reverse("assessments:choose_student", args=[unit.pk])


@pytest.fixture
def change(unit: ExamUnit) -> str:
    return reverse("assessments:change_chosen", args=[unit.pk])


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


def selected_in(address: str) -> list[int]:
    return [int(pk) for pk in parse_qs(urlsplit(address).query).get("student", [])]


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_htmx_search_gets_only_the_results(teacher: Client, student: Membership, page: str) -> None:
    answer = teacher.get(page, {"q": "hoff"}, headers={"HX-Request": "true"}).content.decode()
    assert "anouk@hier.test" in answer
    assert "<html" not in answer


def test_search_result_shows_name_number_and_address(teacher: Client, student: Membership, page: str) -> None:
    answer = teacher.get(page, {"q": "hoff"}).content.decode()
    shown = answer[answer.index("Gevonden") : answer.index('name="erbij"')]
    for words in ("Anouk van &#x27;t Hoff", "123456", "anouk@hier.test"):
        assert words in shown


def test_toevoegen_puts_the_student_first_in_the_selection(
    teacher: Client, student: Membership, other: Membership, change: str
) -> None:
    answer = teacher.post(change, {"q": "hoff", "student": other.pk, "erbij": student.pk}, follow=True)
    assert rows(answer, "chosen") == [other, student]
    assert "Toegevoegd: 2 studenten" in answer.content.decode()
    assert [row.taken for row in answer.context["found"]] == [True]


def test_removed_student_leaves_the_selection(
    teacher: Client, student: Membership, other: Membership, change: str
) -> None:
    answer = teacher.post(change, {"student": [student.pk, other.pk], "eraf": student.pk})
    assert selected_in(answer["Location"]) == [other.pk]


@pytest.mark.parametrize("button", ["erbij", "eraf", "q", "nummers"])
def test_typed_date_and_place_are_kept(
    teacher: Client, student: Membership, other: Membership, change: str, paste: str, button: str
) -> None:
    post = {"student": student.pk, "planned_on": "2026-12-24", "place": "Bakkerij <Bos>", button: other.pk}
    answer = teacher.post(paste if button == "nummers" else change, post, follow=True)
    form = answer.context["form"]
    assert (form["planned_on"].value(), form["place"].value()) == ("2026-12-24", "Bakkerij <Bos>")
    assert 'value="2026-12-24"' in answer.content.decode()
    assert "Bakkerij &lt;Bos&gt;" in answer.content.decode()


def test_date_and_place_are_kept_without_students(teacher: Client, student: Membership, change: str) -> None:
    post = {"student": student.pk, "eraf": student.pk, "planned_on": "2026-12-24", "place": "Bos"}
    assert 'name="place" value="Bos"' in teacher.post(change, post, follow=True).content.decode()


def test_duplicate_student_is_selected_once(teacher: Client, student: Membership, page: str) -> None:
    assert rows(teacher.get(page, {"student": [student.pk, student.pk]}), "chosen") == [student]


def test_students_of_another_school_are_ignored(
    teacher: Client, student: Membership, other_school: School, page: str, go_on: str, paste: str
) -> None:
    both = {"student": [student.pk, MembershipFactory(school=other_school).pk], "nummers": "1"}
    assert teacher.get(page, both).status_code == 404
    assert teacher.post(go_on, both).status_code == 404
    assert teacher.post(paste, both).status_code == 404
    assert not Assessment.objects.exists()


def test_query_count_is_constant_for_results(
    teacher: Client,
    student: Membership,
    school: School,
    unit: ExamUnit,
    docent: User,
    page: str,
    django_assert_max_num_queries,
) -> None:
    with django_assert_max_num_queries(12):
        teacher.get(page, {"q": "anouk", "student": str(student.pk)})
    more = MembershipFactory.create_batch(25, school=school, user__first_name="Anouk")
    steps.start_assessment(more[0], unit, docent)
    with django_assert_max_num_queries(12):
        teacher.get(page, {"student": [student.pk, *[one.pk for one in more[5:]]], "q": "anouk"})


def test_running_assessment_is_marked_and_linked(teacher: Client, assessment: Assessment, page: str) -> None:
    answer = teacher.get(page, {"q": "hoff"}).content.decode()
    assert "Loopt al" in answer
    assert reverse("assessments:detail", args=[assessment.public_id]) in answer
    assert 'name="erbij"' not in answer


def test_second_attempt_is_offered_after_a_final_result(
    teacher: Client, assessed: Assessment, student: Membership, committee_member: User, page: str, go_on: str
) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    answer = teacher.get(page, {"q": "hoff"}).content.decode()
    assert "Herkansing, poging 2" in answer
    assert 'name="erbij"' in answer
    teacher.post(go_on, {"student": student.pk})
    assert sorted(student.assessments.values_list("attempt", flat=True)) == [1, 2]


# --- A pasted list -------------------------------------------------------------------------------
def test_pasted_list_reports_each_number(
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
    assert messages_of(answer) == [
        "Toegevoegd: Bart Boom (200200).",
        "Loopt al: Anouk van 't Hoff (123456).",
        "Nog geen studentnummer ingevuld: Tess Zonder (tess@hier.test).",
        "Niet gevonden: 999999, 300300.",
    ]


def test_pasted_list_extends_the_selection(teacher: Client, student: Membership, other: Membership, paste: str) -> None:
    answer = teacher.post(paste, {"student": student.pk, "nummers": "200200 123456"}, follow=True)
    assert rows(answer, "chosen") == [student, other]
    assert "Was al toegevoegd: Anouk van 't Hoff (123456)." in messages_of(answer)


def test_number_and_address_of_a_student_count_once(teacher: Client, student: Membership, paste: str) -> None:
    answer = teacher.post(paste, {"nummers": "123456 Anouk@hier.test 123456"}, follow=True)
    assert rows(answer, "chosen") == [student]
    assert messages_of(answer) == ["Toegevoegd: Anouk van 't Hoff (123456)."]


def test_number_in_two_schools_is_ambiguous(
    teacher: Client, student: Membership, docent: User, other_school: School, paste: str
) -> None:
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    MembershipFactory(school=other_school, student_number="123456")
    answer = teacher.post(paste, {"nummers": "123456"}, follow=True)
    assert rows(answer, "chosen") == []
    assert messages_of(answer) == ["Staat bij meer dan één school; zoek op naam: 123456."]


@pytest.mark.parametrize(
    "text",
    ["Anouk van 't Hoff <anouk@hier.test>", "Hoff, Anouk van ’t<Anouk@Hier.test>;", "“Anouk” (<anouk@hier.test>)"],
)
def test_address_in_mail_program_format_is_read(teacher: Client, student: Membership, paste: str, text: str) -> None:
    answer = teacher.post(paste, {"nummers": text}, follow=True)
    assert rows(answer, "chosen") == [student]
    assert messages_of(answer) == ["Toegevoegd: Anouk van 't Hoff (123456)."]


@pytest.mark.parametrize("text", ["", " \n ", ",;", "\0"])
def test_empty_list_is_refused_and_selection_is_kept(
    teacher: Client, student: Membership, paste: str, text: str
) -> None:
    answer = teacher.post(paste, {"student": student.pk, "nummers": text}, follow=True)
    assert messages_of(answer) == ["Plak eerst een lijst met studentnummers."]
    assert rows(answer, "chosen") == [student]


def test_long_list_is_refused(teacher: Client, paste: str) -> None:
    answer = teacher.post(paste, {"nummers": " ".join(map(str, range(selection.MAX_PASTED + 1)))}, follow=True)
    assert messages_of(answer) == ["Er staan 501 nummers in de lijst; het mogen er hooguit 500 zijn."]


def test_list_of_megabytes_is_refused_unread(teacher: Client, paste: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "_words", None)
    answer = teacher.post(paste, {"nummers": "123456 " * 600_000}, follow=True)
    assert messages_of(answer) == ["De lijst is te lang: het mogen hooguit 100.000 tekens zijn. Plak een deel."]
    assert "100.000 tekens tegelijk" in answer.content.decode()


def test_long_search_text_is_truncated(teacher: Client, unit: ExamUnit) -> None:
    answer = teacher.post(reverse("assessments:change_chosen", args=[unit.pk]), {"q": "x" * 1_000_000})
    assert len(answer.url) < 1000


def test_markup_in_a_list_is_escaped(teacher: Client, paste: str) -> None:
    page = teacher.post(paste, {"nummers": "<b>x</b>"}, follow=True).content.decode()
    assert "Niet gevonden: &lt;b&gt;x&lt;/b&gt;." in page


def test_students_over_the_limit_are_skipped_and_named(
    teacher: Client, student: Membership, other: Membership, paste: str, page: str, monkeypatch
) -> None:
    monkeypatch.setattr(access, "MAX_BATCH", 1)
    answer = teacher.post(paste, {"nummers": "123456 200200"}, follow=True)
    assert rows(answer, "chosen") == [student]
    assert "Hooguit 1 tegelijk; niet toegevoegd: Bart Boom (200200)." in messages_of(answer)
    full = teacher.get(page, {"student": str(student.pk), "q": "boom"}).content.decode()
    assert "meer kan niet tegelijk" in full
    assert 'name="erbij"' not in full


def test_second_column_couples_the_examiner(
    teacher: Client,
    student: Membership,
    other: Membership,
    examiner: Contact,
    second_examiner: Contact,
    paste: str,
    go_on: str,
) -> None:
    text = "Studentnummer\tE-mailadres examinator\r\n\r\n123456\tERIK@bedrijf.test\r\n200200\ttineke@bedrijf.test\r\n"
    answer = teacher.post(paste, {"nummers": text}, follow=True)
    assert messages_of(answer) == ["Toegevoegd: Anouk van 't Hoff (123456), Bart Boom (200200)."]
    assert [row.examiners for row in answer.context["chosen"]] == [[examiner], [second_examiner]]
    fields = re.findall(r'name="(student|examinator-\d+)" value="(\d+)"', answer.content.decode())
    post: dict[str, list[str]] = {}
    for name, value in fields:
        post.setdefault(name, []).append(value)
    answer = teacher.post(go_on, post, follow=True)
    coupled = {a.student: {one.contact for one in a.live_assignments} for a in answer.context["assessments"]}
    assert coupled == {student: {examiner}, other: {second_examiner}}


@pytest.mark.parametrize(
    "line",
    [
        "123456;erik@bedrijf.test",
        "123456,erik@bedrijf.test",
        '"123456";"erik@bedrijf.test"',
        "123456\tvan 't Hoff, Anouk\tErik Examinator <erik@bedrijf.test>",
        "erik@bedrijf.test;123456",
        "123456;anouk@hier.test;erik@bedrijf.test",
        "naam;nummer\n\n;;\n123456 erik@bedrijf.test\n",
        "\ufeff123\u200b456\u00a0\u2009erik@bedrijf.test\u202c",
        "123456\u2003erik@\u00adbedrijf.test\u2028",
    ],
)
def test_spreadsheet_lines_are_read(
    teacher: Client, student: Membership, examiner: Contact, paste: str, line: str
) -> None:
    answer = teacher.post(paste, {"nummers": line}, follow=True)
    assert messages_of(answer) == ["Toegevoegd: Anouk van 't Hoff (123456)."]
    assert [row.examiners for row in answer.context["chosen"]] == [[examiner]]


def test_unknown_examiner_is_named(
    teacher: Client, student: Membership, other_school: School, examiner: Contact, paste: str
) -> None:
    ContactFactory(school=other_school, email="elders@bedrijf.test")
    examiner.removed_at = timezone.now()
    examiner.save()
    text = "123456;elders@bedrijf.test\n123456;erik@bedrijf.test\n999999;wie@bedrijf.test"
    answer = teacher.post(paste, {"nummers": text}, follow=True)
    assert messages_of(answer)[1:] == [
        "Niet gevonden: 999999.",
        "Niet in het adresboek; importeer ze eerst of voeg ze toe: elders@bedrijf.test, erik@bedrijf.test.",
    ]
    assert [row.examiners for row in answer.context["chosen"]] == [()]


def test_examiner_of_another_school_is_ignored(
    teacher: Client, student: Membership, other_school: School, go_on: str
) -> None:
    elsewhere = ContactFactory(school=other_school)
    post = {"student": student.pk, f"examinator-{student.pk}": elsewhere.pk}
    assert teacher.post(go_on, post).status_code == 404
    assert not Assessment.objects.exists()


def test_removed_examiner_is_named_and_student_starts(
    teacher: Client, student: Membership, examiner: Contact, go_on: str
) -> None:
    examiner.removed_at = timezone.now()
    examiner.save()
    answer = teacher.post(go_on, {"student": student.pk, f"examinator-{student.pk}": examiner.pk}, follow=True)
    assert messages_of(answer) == ["Staat niet meer in het adresboek, en is niet gekozen: Erik Examinator."]
    assert not student.assessments.get().couplings.exists()


# --- Ga verder -----------------------------------------------------------------------------------
def test_single_student_continues_to_examiners(teacher: Client, student: Membership, go_on: str) -> None:
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
    ],
)
def test_invalid_date_or_place_keeps_the_selection(
    teacher: Client, student: Membership, other: Membership, go_on: str, field: str, value: str, reason: str
) -> None:
    answer = teacher.post(go_on, {"student": [student.pk, other.pk], field: value})
    assert reason in answer.content.decode()
    assert rows(answer, "chosen") == [student, other]
    assert not Assessment.objects.exists()


def test_unadded_list_is_previewed_first(teacher: Client, student: Membership, other: Membership, go_on: str) -> None:
    answer = teacher.post(go_on, {"student": student.pk, "nummers": "200200", "place": "Bos"}, follow=True)
    assert rows(answer, "chosen") == [student, other]
    assert not Assessment.objects.exists()


def test_several_students_continue_to_batch_examiners(
    teacher: Client, student: Membership, other: Membership, go_on: str
) -> None:
    answer = teacher.post(go_on, {"student": [student.pk, other.pk]}, follow=True)
    assert "Examinatoren kiezen voor 2 studenten" in answer.content.decode()
    assert messages_of(answer) == ["Gestart voor Anouk van 't Hoff (123456), Bart Boom (200200)."]
    assert {a.student for a in answer.context["assessments"]} == {student, other}


def test_student_started_meanwhile_is_named_and_skipped(
    teacher: Client, student: Membership, other: Membership, unit: ExamUnit, colleague: User, go_on: str
) -> None:
    steps.start_assessment(student, unit, colleague)
    answer = teacher.post(go_on, {"student": [student.pk, other.pk]}, follow=True)
    assert messages_of(answer) == [
        "Gestart voor Bart Boom (200200).",
        "Niet nog eens gestart, want er loopt al een beoordeling: Anouk van 't Hoff (123456).",
    ]
    assert answer.redirect_chain[-1][0] == reverse("assessments:examiners", args=[other.assessments.get().public_id])
    assert student.assessments.get().initiator == colleague


def test_student_leaving_meanwhile_is_named_and_skipped(
    teacher: Client,
    student: Membership,
    other: Membership,
    go_on: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = member(student.school, Role.SCHOOLBEHEER)

    def start_after(**kwargs: Any) -> start.StartedBatch:
        leave(school=student.school, user=student.user, by=manager)
        return start_batch(**kwargs)

    start_batch = start.start_batch
    monkeypatch.setattr("assessments.start.start.start_batch", start_after)
    answer = teacher.post(go_on, {"student": [student.pk, other.pk]}, follow=True)
    assert messages_of(answer) == [
        "Gestart voor Bart Boom (200200).",
        "Niet gestart, want niet meer bij de school: Anouk van 't Hoff (123456).",
    ]


def test_double_click_for_several_redirects_alike(
    teacher: Client, student: Membership, other: Membership, go_on: str
) -> None:
    first = teacher.post(go_on, {"student": [student.pk, other.pk]})
    second = teacher.post(go_on, {"student": [student.pk, other.pk]})
    assert first["Location"] == second["Location"]
    assert Assessment.objects.count() == 2


def test_students_of_two_schools_continue_to_the_list(
    teacher: Client, student: Membership, docent: User, other_school: School, unit: ExamUnit, go_on: str
) -> None:
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    elsewhere = MembershipFactory(school=other_school)
    answer = teacher.post(go_on, {"student": [student.pk, elsewhere.pk]}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("assessments:unit_list", args=[unit.pk])
    assert Assessment.objects.count() == 2


def test_selection_over_the_limit_is_refused(
    teacher: Client, student: Membership, other: Membership, go_on: str, monkeypatch
) -> None:
    monkeypatch.setattr(access, "MAX_BATCH", 1)
    answer = teacher.post(go_on, {"student": [student.pk, other.pk]}, follow=True)
    assert messages_of(answer) == ["U kunt hooguit 1 studenten tegelijk starten."]
    assert not Assessment.objects.exists()


def test_docent_without_the_exam_gets_not_found(client: Client, school: School, page: str, go_on: str) -> None:
    bare = UserFactory()
    MembershipFactory(user=bare, school=school, role=Role.DOCENT)
    client.force_login(bare)
    assert client.get(page).status_code == 404
    AccountExamFactory(user=bare)
    assert client.post(go_on).status_code == 404
