"""'Digitaal beoordelen starten voor student': selecting students singly or as a list, and 'Ga verder'."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from accounts.people.roles import leave
from addressbook.models import Contact
from assessments import access
from assessments.models import Assessment, Selection
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
def selected(docent: User, unit: ExamUnit) -> Callable[..., str]:
    """Return a function that selects students and returns the address of the step."""

    def selected(*students: Membership, **fields: Any) -> str:
        pks = [student.pk for student in students]
        made = Selection.objects.create(owner=docent, unit=unit, students=pks, **fields)
        return reverse("assessments:students", args=[made.public_id])

    return selected


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


def test_toevoegen_keeps_the_search_and_sorts_by_name(
    teacher: Client, student: Membership, other: Membership, selected
) -> None:
    answer = teacher.post(selected(student), {"q": "boom", "erbij": other.pk}, follow=True)
    assert rows(answer, "chosen") == [other, student]
    assert "Toegevoegd: 2 studenten" in answer.content.decode()
    assert [row.is_chosen for row in answer.context["found"]] == [True]


def test_address_stays_short(teacher: Client, school: School, docent: User, page: str) -> None:
    class_list = MembershipFactory.create_batch(30, school=school)
    answer = teacher.post(page, {"q": "\n".join(student.student_number for student in class_list)}, follow=True)
    assert len(answer.context["chosen"]) == 30
    assert len(answer.redirect_chain[-1][0]) < 80


def test_opening_the_page_stores_nothing(teacher: Client, page: str) -> None:
    teacher.get(page)
    assert not Selection.objects.exists()


def test_removed_student_leaves_the_selection(
    teacher: Client, student: Membership, other: Membership, selected
) -> None:
    answer = teacher.post(selected(student, other), {"eraf": student.pk}, follow=True)
    assert rows(answer, "chosen") == [other]


def test_name_that_finds_one_student_adds_it(teacher: Client, student: Membership, page: str) -> None:
    answer = teacher.post(page, {"q": "hoff"}, follow=True)
    assert rows(answer, "chosen") == [student]
    assert messages_of(answer) == ["Toegevoegd: Anouk van 't Hoff (123456)."]


def test_name_of_several_students_shows_them(teacher: Client, student: Membership, school: School, page: str) -> None:
    MembershipFactory(school=school, user__last_name="Hoffman")
    answer = teacher.post(page, {"q": "hoff"}, follow=True)
    assert rows(answer, "chosen") == []
    assert len(answer.context["found"]) == 2


@pytest.mark.parametrize("button", ["erbij", "eraf", "q"])
def test_typed_date_and_place_are_kept(
    teacher: Client, student: Membership, other: Membership, selected, button: str
) -> None:
    post = {"planned_on": "2026-12-24", "place": "Bakkerij <Bos>", button: other.pk}
    answer = teacher.post(selected(student), post, follow=True)
    form = answer.context["form"]
    assert (form["planned_on"].value(), form["place"].value()) == ("2026-12-24", "Bakkerij <Bos>")
    assert 'value="2026-12-24"' in answer.content.decode()
    assert "Bakkerij &lt;Bos&gt;" in answer.content.decode()


def test_students_of_another_school_are_ignored(
    teacher: Client, student: Membership, other_school: School, selected
) -> None:
    elsewhere = MembershipFactory(school=other_school)
    answer = teacher.post(selected(student, elsewhere), {"erbij": elsewhere.pk}, follow=True)
    assert rows(answer, "chosen") == [student]
    teacher.post(selected(student, elsewhere), {"verder": "1"})
    assert Assessment.objects.get().student == student


def test_query_count_is_constant_for_results(
    teacher: Client,
    student: Membership,
    school: School,
    unit: ExamUnit,
    docent: User,
    selected,
    django_assert_max_num_queries,
) -> None:
    with django_assert_max_num_queries(15):
        teacher.get(selected(student), {"q": "anouk"})
    more = MembershipFactory.create_batch(25, school=school, user__first_name="Anouk")
    steps.start_assessment(more[0], unit, docent)
    with django_assert_max_num_queries(15):
        teacher.get(selected(student, *more[5:]), {"q": "anouk"})


def test_running_assessment_is_marked_and_linked(teacher: Client, assessment: Assessment, page: str) -> None:
    answer = teacher.get(page, {"q": "hoff"}).content.decode()
    assert "Loopt al" in answer
    assert reverse("assessments:detail", args=[assessment.public_id]) in answer
    assert 'name="erbij"' not in answer


def test_second_attempt_is_offered_after_a_final_result(
    teacher: Client, assessed: Assessment, student: Membership, committee_member: User, page: str, selected
) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    answer = teacher.get(page, {"q": "hoff"}).content.decode()
    assert "Herkansing, poging 2" in answer
    assert 'name="erbij"' in answer
    teacher.post(selected(student), {"verder": "1"})
    assert sorted(student.assessments.values_list("attempt", flat=True)) == [1, 2]


# --- A pasted list -------------------------------------------------------------------------------
def test_pasted_list_reports_each_number(
    teacher: Client, assessment: Assessment, school: School, other: Membership, other_school: School, page: str
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
    answer = teacher.post(page, {"q": text}, follow=True)
    assert rows(answer, "chosen") == [other]
    assert messages_of(answer) == [
        "Toegevoegd: Bart Boom (200200).",
        "Loopt al: Anouk van 't Hoff (123456).",
        "Nog geen studentnummer ingevuld: Tess Zonder (tess@hier.test).",
        "Niet gevonden: 999999, 300300.",
    ]


def test_pasted_list_extends_the_selection(teacher: Client, student: Membership, other: Membership, selected) -> None:
    answer = teacher.post(selected(student), {"q": "200200 123456"}, follow=True)
    assert rows(answer, "chosen") == [other, student]
    assert "Was al toegevoegd: Anouk van 't Hoff (123456)." in messages_of(answer)


def test_number_and_address_of_a_student_count_once(teacher: Client, student: Membership, page: str) -> None:
    answer = teacher.post(page, {"q": "123456 Anouk@hier.test 123456"}, follow=True)
    assert rows(answer, "chosen") == [student]
    assert messages_of(answer) == ["Toegevoegd: Anouk van 't Hoff (123456)."]


def test_number_in_two_schools_is_ambiguous(
    teacher: Client, student: Membership, docent: User, other_school: School, page: str
) -> None:
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    MembershipFactory(school=other_school, student_number="123456")
    answer = teacher.post(page, {"q": "123456"}, follow=True)
    assert rows(answer, "chosen") == []
    assert messages_of(answer) == ["Staat bij meer dan één school; zoek op naam: 123456."]


@pytest.mark.parametrize(
    "text",
    ["Anouk van 't Hoff <anouk@hier.test>", "Hoff, Anouk van ’t<Anouk@Hier.test>;", "“Anouk” (<anouk@hier.test>)"],
)
def test_address_in_mail_program_format_is_read(teacher: Client, student: Membership, page: str, text: str) -> None:
    answer = teacher.post(page, {"q": text}, follow=True)
    assert rows(answer, "chosen") == [student]
    assert messages_of(answer) == ["Toegevoegd: Anouk van 't Hoff (123456)."]


@pytest.mark.parametrize(
    ("text", "error"), [("", []), (" \n ", []), (",\n;", ["Plak eerst een lijst met studentnummers."])]
)
def test_empty_list_keeps_the_selection(
    teacher: Client, student: Membership, selected, text: str, error: list[str]
) -> None:
    answer = teacher.post(selected(student), {"q": text}, follow=True)
    assert messages_of(answer) == error
    assert rows(answer, "chosen") == [student]


def test_long_list_is_refused(teacher: Client, page: str) -> None:
    answer = teacher.post(page, {"q": " ".join(map(str, range(selection.MAX_PASTED + 1)))}, follow=True)
    assert messages_of(answer) == ["Er staan 501 nummers in de lijst; het mogen er hooguit 500 zijn."]


def test_list_of_megabytes_is_refused_unread(teacher: Client, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "_words", None)
    answer = teacher.post(page, {"q": "123456 " * 600_000}, follow=True)
    assert messages_of(answer) == ["De lijst is te lang: het mogen hooguit 100.000 tekens zijn. Plak een deel."]


def test_long_search_text_is_truncated(teacher: Client, page: str) -> None:
    answer = teacher.post(page, {"q": "x" * 90_000})
    assert len(answer.url) < 1000


def test_markup_in_a_list_is_escaped(teacher: Client, page: str) -> None:
    page = teacher.post(page, {"q": "<b>1</b>\n2"}, follow=True).content.decode()
    assert "Niet gevonden: &lt;b&gt;1&lt;/b&gt;, 2." in page


def test_students_over_the_limit_are_skipped_and_named(
    teacher: Client, student: Membership, other: Membership, page: str, monkeypatch
) -> None:
    monkeypatch.setattr(access, "MAX_BATCH", 1)
    answer = teacher.post(page, {"q": "123456 200200"}, follow=True)
    assert rows(answer, "chosen") == [student]
    assert "Hooguit 1 tegelijk; niet toegevoegd: Bart Boom (200200)." in messages_of(answer)
    full = teacher.get(answer.redirect_chain[-1][0], {"q": "boom"}).content.decode()
    assert "meer kan niet tegelijk" in full
    assert 'name="erbij"' not in full


def test_second_column_couples_the_examiner(
    teacher: Client,
    student: Membership,
    other: Membership,
    examiner: Contact,
    second_examiner: Contact,
    page: str,
) -> None:
    text = "Studentnummer\tE-mailadres examinator\r\n\r\n123456\tERIK@bedrijf.test\r\n200200\ttineke@bedrijf.test\r\n"
    answer = teacher.post(page, {"q": text}, follow=True)
    assert messages_of(answer) == ["Toegevoegd: Anouk van 't Hoff (123456), Bart Boom (200200)."]
    assert [row.examiners for row in answer.context["chosen"]] == [[second_examiner], [examiner]]
    answer = teacher.post(answer.redirect_chain[-1][0], {"verder": "1"}, follow=True)
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
    teacher: Client, student: Membership, examiner: Contact, page: str, line: str
) -> None:
    answer = teacher.post(page, {"q": line}, follow=True)
    assert messages_of(answer) == ["Toegevoegd: Anouk van 't Hoff (123456)."]
    assert [row.examiners for row in answer.context["chosen"]] == [[examiner]]


def test_unknown_examiner_is_named(
    teacher: Client, student: Membership, other_school: School, examiner: Contact, page: str
) -> None:
    ContactFactory(school=other_school, email="elders@bedrijf.test")
    examiner.removed_at = timezone.now()
    examiner.save()
    text = "123456;elders@bedrijf.test\n123456;erik@bedrijf.test\n999999;wie@bedrijf.test"
    answer = teacher.post(page, {"q": text}, follow=True)
    assert messages_of(answer)[1:] == [
        "Niet gevonden: 999999.",
        "Niet in het adresboek; importeer ze eerst of voeg ze toe: elders@bedrijf.test, erik@bedrijf.test.",
    ]
    assert [list(row.examiners) for row in answer.context["chosen"]] == [[]]


def test_examiner_of_another_school_is_ignored(
    teacher: Client, student: Membership, other_school: School, selected
) -> None:
    elsewhere = ContactFactory(school=other_school)
    teacher.post(selected(student, examiners={str(student.pk): [elsewhere.pk]}), {"verder": "1"})
    assert not student.assessments.get().couplings.exists()


def test_removed_examiner_is_named_and_student_starts(
    teacher: Client, student: Membership, examiner: Contact, selected
) -> None:
    examiner.removed_at = timezone.now()
    examiner.save()
    page = selected(student, examiners={str(student.pk): [examiner.pk]})
    answer = teacher.post(page, {"verder": "1"}, follow=True)
    assert messages_of(answer) == ["Staat niet meer in het adresboek, en is niet gekozen: Erik Examinator."]
    assert not student.assessments.get().couplings.exists()


# --- Ga verder -----------------------------------------------------------------------------------
def test_single_student_continues_to_examiners(teacher: Client, student: Membership, selected) -> None:
    on = timezone.localdate() + timedelta(days=7)
    answer = teacher.post(selected(student), {"verder": "1", "planned_on": on.isoformat(), "place": "Bakkerij Bos"})
    started = Assessment.objects.get()
    assert answer["Location"] == reverse("assessments:examiners", args=[Selection.objects.get().public_id])
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
    teacher: Client, student: Membership, other: Membership, selected, field: str, value: str, reason: str
) -> None:
    answer = teacher.post(selected(student, other), {"verder": "1", field: value})
    assert reason in answer.content.decode()
    assert rows(answer, "chosen") == [other, student]
    assert not Assessment.objects.exists()


def test_typed_list_starts_at_once_when_it_is_clear(
    teacher: Client, student: Membership, other: Membership, page: str
) -> None:
    answer = teacher.post(page, {"verder": "1", "q": "123456\n200200"}, follow=True)
    assert {a.student for a in answer.context["assessments"]} == {student, other}


@pytest.mark.parametrize("text", ["123456\n999999", "hoff"])
def test_typed_text_that_leaves_a_doubt_is_shown_first(
    teacher: Client, student: Membership, page: str, text: str
) -> None:
    answer = teacher.post(page, {"verder": "1", "q": text}, follow=True)
    assert rows(answer, "chosen") == [student]
    assert not Assessment.objects.exists()


def test_search_left_in_the_field_does_not_stop_going_on(
    teacher: Client, student: Membership, other: Membership, selected
) -> None:
    teacher.post(selected(student), {"verder": "1", "q": "b"})
    assert Assessment.objects.get().student == student


def test_going_on_without_a_student_is_explained(teacher: Client, page: str) -> None:
    assert messages_of(teacher.post(page, {"verder": "1"}, follow=True)) == ["Voeg eerst een student toe."]


# --- Back from the next step, to add students ------------------------------------------------------
def test_added_students_get_the_choices_that_the_others_share(
    teacher: Client, student: Membership, other: Membership, unit: ExamUnit, docent: User, examiner, second_examiner
) -> None:
    first = steps.start_assessment(student, unit, docent)
    part = unit.core_tasks.get().work_processes.all()[1].parts.all()[0]
    steps.choose(first, examiner)
    steps.choose(first, second_examiner, part=part)
    page = reverse("assessments:students", args=[first.public_id])
    opened = teacher.get(page).content.decode()
    assert "gestart" in opened
    assert f'action="{page}"' in opened
    answer = teacher.post(page, {"q": "200200", "verder": "1"}, follow=True)
    second = other.assessments.get()
    assert answer.context["assessments"] == [second, first]
    assert "De gekozen examinatoren gelden ook voor Bart Boom." in messages_of(answer)
    choices = [set(a.couplings.values_list("contact", "work_process", "part")) for a in (first, second)]
    assert choices[0] == choices[1]
    assert len(choices[0]) == 2


def test_examiner_of_the_list_is_not_replaced_by_the_shared_choice(
    teacher: Client, student: Membership, other: Membership, unit: ExamUnit, docent: User, examiner, second_examiner
) -> None:
    first = steps.start_assessment(student, unit, docent)
    steps.choose(first, examiner)
    page = reverse("assessments:students", args=[first.public_id])
    teacher.post(page, {"q": f"200200;{second_examiner.email}", "verder": "1"})
    assert other.assessments.get().couplings.get().contact == second_examiner


def test_differing_choices_are_not_copied(
    teacher: Client, student: Membership, other: Membership, school: School, unit: ExamUnit, docent: User, examiner
) -> None:
    two = [steps.start_assessment(one, unit, docent) for one in (student, MembershipFactory(school=school))]
    steps.choose(two[0], examiner)
    teacher.post(steps.flow_url("students", two), {"q": "200200", "verder": "1"})
    assert not other.assessments.get().couplings.exists()


def test_started_student_leaves_the_selection_but_stays_started(
    teacher: Client, student: Membership, other: Membership, unit: ExamUnit, docent: User
) -> None:
    two = [steps.start_assessment(one, unit, docent) for one in (student, other)]
    page = steps.flow_url("students", two)
    assert rows(teacher.post(page, {"eraf": student.pk}, follow=True), "chosen") == [other]
    assert teacher.post(page, {"verder": "1"}, follow=True).context["assessments"] == [two[1]]
    assert not two[0].is_closed


def test_several_students_continue_to_batch_examiners(
    teacher: Client, student: Membership, other: Membership, selected
) -> None:
    answer = teacher.post(selected(student, other), {"verder": "1"}, follow=True)
    assert "Examinatoren kiezen voor 2 studenten" in answer.content.decode()
    assert messages_of(answer) == ["Gestart voor Anouk van 't Hoff (123456), Bart Boom (200200)."]
    assert {a.student for a in answer.context["assessments"]} == {student, other}


def test_student_started_meanwhile_is_named_and_skipped(
    teacher: Client, student: Membership, other: Membership, unit: ExamUnit, colleague: User, selected
) -> None:
    steps.start_assessment(student, unit, colleague)
    answer = teacher.post(selected(student, other), {"verder": "1"}, follow=True)
    assert messages_of(answer) == [
        "Gestart voor Bart Boom (200200).",
        "Niet nog eens gestart, want er loopt al een beoordeling: Anouk van 't Hoff (123456).",
    ]
    assert answer.context["assessments"] == [other.assessments.get()]
    assert student.assessments.get().initiator == colleague


def test_student_leaving_meanwhile_is_named_and_skipped(
    teacher: Client,
    student: Membership,
    other: Membership,
    selected,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = member(student.school, Role.SCHOOLBEHEER)

    def start_after(**kwargs: Any) -> start.StartedBatch:
        leave(school=student.school, user=student.user, by=manager)
        return start_batch(**kwargs)

    start_batch = start.start_batch
    monkeypatch.setattr("assessments.start.start.start_batch", start_after)
    answer = teacher.post(selected(student, other), {"verder": "1"}, follow=True)
    assert messages_of(answer) == [
        "Gestart voor Bart Boom (200200).",
        "Niet gestart, want niet meer bij de school: Anouk van 't Hoff (123456).",
    ]


def test_double_click_for_several_redirects_alike(
    teacher: Client, student: Membership, other: Membership, selected
) -> None:
    page = selected(student, other)
    first, second = teacher.post(page, {"verder": "1"}), teacher.post(page, {"verder": "1"})
    assert first["Location"] == second["Location"]
    assert Assessment.objects.count() == 2


def test_students_of_two_schools_continue_to_the_list(
    teacher: Client, student: Membership, docent: User, other_school: School, unit: ExamUnit, selected
) -> None:
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    elsewhere = MembershipFactory(school=other_school)
    answer = teacher.post(selected(student, elsewhere), {"verder": "1"}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("assessments:unit_list", args=[unit.pk])
    assert Assessment.objects.count() == 2


def test_selection_over_the_limit_is_refused(
    teacher: Client, student: Membership, other: Membership, selected, monkeypatch
) -> None:
    monkeypatch.setattr(access, "MAX_BATCH", 1)
    answer = teacher.post(selected(student, other), {"verder": "1"}, follow=True)
    assert messages_of(answer) == ["U kunt hooguit 1 studenten tegelijk starten."]
    assert not Assessment.objects.exists()


def test_docent_without_the_exam_gets_not_found(client: Client, school: School, page: str) -> None:
    bare = UserFactory()
    MembershipFactory(user=bare, school=school, role=Role.DOCENT)
    client.force_login(bare)
    assert client.get(page).status_code == 404
    AccountExamFactory(user=bare)
    assert client.post(page).status_code == 404
