"""The tab 'Digitaal beoordelen': rows, filters, order and reminders."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import School, User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.models import Assessment, Document, Invitation
from assessments.progress import views
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import MailState, OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.assessments.asserts import delivery_lines
from tests.factories import ContactFactory, MembershipFactory

PassTime = Callable[..., None]
pytestmark = pytest.mark.usefixtures("at_noon")
Start = Callable[..., Assessment]


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def later(client: Client, docent: User, pass_time: PassTime) -> PassTime:
    """`later(days=9)` moves the clock and logs the teacher in again."""

    def later(**by: float) -> None:
        pass_time(**by)
        client.force_login(docent)

    return later


@pytest.fixture
def start(school: School, unit: ExamUnit, docent: User) -> Start:
    """Return a function that starts an assessment for a student with this name."""

    def start(first_name: str, last_name: str) -> Assessment:
        student = MembershipFactory(school=school, user__first_name=first_name, user__last_name=last_name)
        return steps.start_assessment(student, unit, docent)

    return start


def listed(teacher: Client, unit: ExamUnit, **asked: Any) -> Any:
    return teacher.get(reverse("assessments:unit_list", args=[unit.pk]), asked)


def text(response: Any) -> str:
    """Return the text without markup and extra spaces."""
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).split())


def names(response: Any) -> list[str]:
    return [row.assessment.student.user.first_name for row in response.context["rows"]]


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]] + delivery_lines(response)


def ids(*invitations: Invitation) -> dict[str, list[str]]:
    return {"uitnodiging": [str(invitation.public_id) for invitation in invitations]}


def remind_all(teacher: Client, unit: ExamUnit, *invitations: Invitation) -> Any:
    return teacher.post(reverse("assessments:send_reminders", args=[unit.pk]), ids(*invitations), follow=True)


# --- The rows ------------------------------------------------------------------------------------
def test_row_names_examiners_with_open_parts(
    teacher: Client, assessment: Assessment, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    w1, w2 = unit.core_tasks.get().work_processes.all()
    steps.choose(assessment, examiner, work_process=w1)
    steps.send_invitation(assessment, examiner)
    steps.choose(assessment, second_examiner, part=w2.parts.all()[0])
    assessment.live_assignments.filter(contact=examiner, part=w1.parts.all()[0]).update(completed_at=timezone.now())
    page = text(listed(teacher, unit))
    assert "Erik Examinator 1 van 2 onderdelen open" in page
    assert "Tineke Tweede 1 van 1 onderdeel open nog niet uitgenodigd" in page
    assert "1 onderdeel zonder examinator" in page


def test_scored_part_is_no_longer_open(teacher: Client, invitation: Invitation, unit: ExamUnit) -> None:
    w1 = unit.core_tasks.get().work_processes.all()[0]
    steps.fill_in(invitation, parts=w1.parts.all())
    assert "Erik Examinator 2 van 4 onderdelen open" in text(listed(teacher, unit))


def test_fully_scored_row_only_needs_completing(teacher: Client, invitation: Invitation, unit: ExamUnit) -> None:
    steps.fill_in(invitation)
    page = text(listed(teacher, unit))
    assert "Erik Examinator alles is gescoord, nog niet afgerond" in page
    assert "open" not in page.split("Erik Examinator")[1].split("Herinner")[0]


def test_row_without_examiners_is_marked(teacher: Client, assessment: Assessment, unit: ExamUnit) -> None:
    assert "Nog geen examinator" in text(listed(teacher, unit))


def test_row_shows_invitation_and_planned_dates(
    teacher: Client, invitation: Invitation, unit: ExamUnit, later: PassTime
) -> None:
    Assessment.objects.update(planned_on=timezone.localdate() + timedelta(days=30))
    assert "vandaag" in text(listed(teacher, unit))
    since = timezone.localtime(invitation.assessment.status_since)
    later(days=9)
    page = listed(teacher, unit).content.decode()
    assert re.search(f'<time datetime="{since:%Y-%m-%dT%H:%M}[^>]*{since.day} [^>]*{since:%H:%M}">9 dagen</time>', page)
    assert f'<time datetime="{timezone.localdate() + timedelta(days=21):%Y-%m-%d}">' in page


def test_late_examiner_is_marked_with_days(
    teacher: Client, invitation: Invitation, unit: ExamUnit, later: PassTime
) -> None:
    later(days=7)
    assert "te laat," not in text(listed(teacher, unit))
    later(days=9)
    assert "Erik Examinator 4 van 4 onderdelen open te laat, 9 dagen" in text(listed(teacher, unit))


def test_failed_mail_and_expired_link_are_marked(
    teacher: Client, invitation: Invitation, unit: ExamUnit, later: PassTime
) -> None:
    OutgoingMail.objects.update(state=MailState.FAILED, last_error="550 onbekend")
    assert "mail mislukt" in text(listed(teacher, unit))
    OutgoingMail.objects.update(state=MailState.SENT, sent_at=timezone.now(), last_error="")
    later(days=61)
    assert "link verlopen" in text(listed(teacher, unit))


def test_final_row_shows_grade_ovg_and_pdf(
    teacher: Client, assessed: Assessment, unit: ExamUnit, committee_member: User
) -> None:
    assert "Examencommissie" in text(listed(teacher, unit))
    document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(document.pk)
    assessed.refresh_from_db()
    page = listed(teacher, unit)
    assert f"{assessed.grade}".replace(".", ",") in text(page)
    assert "V Voldoende" in text(page)
    assert reverse("assessments:document", args=[document.public_id]) in page.content.decode()
    assert "Examencommissie" not in text(page)


def test_name_links_to_the_assessment(teacher: Client, assessment: Assessment, unit: ExamUnit) -> None:
    address = reverse("assessments:detail", args=[assessment.public_id])
    assert re.search(f'<a href="{address}">Anouk', listed(teacher, unit).content.decode())


def test_query_count_is_constant_for_late_examiners(
    teacher: Client, invitation: Invitation, start: Start, unit: ExamUnit, later: PassTime, django_assert_num_queries
) -> None:
    later(days=9)
    plan = reverse("assessments:remind_late", args=[unit.pk])
    listed(teacher, unit)
    with django_assert_num_queries(17):
        listed(teacher, unit)
    with django_assert_num_queries(7):
        teacher.get(plan)
    for number in range(9):
        more = start("Bo", f"Student {number}")
        examiners = ContactFactory.create_batch(2, school=more.school)
        steps.choose(more, *examiners)
        for examiner in examiners:
            steps.send_invitation(more, examiner)
    later(days=9)
    with django_assert_num_queries(17):
        assert text(listed(teacher, unit)).count("te laat, ") == 19
    with django_assert_num_queries(7):
        assert text(teacher.get(plan)).count("· uitgenodigd op") == 19


# --- Filter, order, pages ------------------------------------------------------------------------
@pytest.fixture
def three(assessment: Assessment, start: Start, examiner: Contact) -> None:
    """Anouk (123456) is invited, Bart is new, Zoë was withdrawn."""
    steps.choose(assessment, examiner)
    steps.send_invitation(assessment, examiner)
    start("Bart", "Zomer")
    withdrawn = start("Zoë", "Albers")
    lifecycle.cancel(assessment=withdrawn, by=withdrawn.initiator, reason="Gestopt.", counts_as_attempt=False)


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"q": "hoff an"}, ["Anouk"]),
        ({"q": "23456"}, ["Anouk"]),
        ({"q": "ZOE"}, ["Zoë"]),
        ({"status": "NEW"}, ["Bart"]),
        ({"examinator": "erik"}, ["Anouk"]),
        ({"q": "bart", "examinator": "erik"}, []),
        ({"te_laat": "on"}, []),
        ({"status": "ONZIN"}, ["Bart", "Anouk", "Zoë"]),
        ({"q": "\0", "examinator": "x" * 5000, "te_laat": "?"}, []),
    ],
)
def test_filter(teacher: Client, unit: ExamUnit, asked: dict[str, str], expected: list[str]) -> None:
    assert names(listed(teacher, unit, **asked)) == expected


def test_filter_on_late(teacher: Client, start: Start, invitation: Invitation, unit: ExamUnit, later: PassTime) -> None:
    start("Bart", "Zomer")
    later(days=9)
    assert names(listed(teacher, unit, te_laat="on")) == ["Anouk"]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("student", ["Zoë", "Anouk", "Bart"]),
        ("-student", ["Bart", "Anouk", "Zoë"]),
        ("status", ["Bart", "Anouk", "Zoë"]),
        ("sinds", ["Anouk", "Bart", "Zoë"]),
        ("-sinds", ["Zoë", "Bart", "Anouk"]),
        ("afname", ["Bart", "Zoë", "Anouk"]),
        ("-afname", ["Zoë", "Bart", "Anouk"]),
        ("onzin", ["Bart", "Anouk", "Zoë"]),
    ],
)
def test_order(teacher: Client, unit: ExamUnit, sort: str, expected: list[str]) -> None:
    for days, name in enumerate(["Bart", "Zoë"]):
        mine = Assessment.objects.filter(student__user__first_name=name)
        mine.update(planned_on=timezone.localdate() + timedelta(days=days))
    page = listed(teacher, unit, sorteer=sort)
    assert names(page) == expected
    direction = "descending" if sort.startswith("-") else "ascending"
    assert page.content.decode().count(f'aria-sort="{direction}"') == (0 if sort == "onzin" else 1)


def test_late_students_come_first(
    teacher: Client, start: Start, invitation: Invitation, unit: ExamUnit, later: PassTime
):
    start("Bart", "Zomer")
    assert names(listed(teacher, unit)) == ["Bart", "Anouk"]
    later(days=9)
    assert names(listed(teacher, unit)) == ["Anouk", "Bart"]


def test_pages_keep_filter_and_order(teacher: Client, start: Start, unit: ExamUnit, monkeypatch) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    for number in range(3):
        start(f"Bo{number}", f"Student {number}")
    page = listed(teacher, unit, q="bo", sorteer="student")
    assert names(page) == ["Bo0", "Bo1"]
    assert "?q=bo&amp;sorteer=student&amp;pagina=2" in page.content.decode()
    assert names(listed(teacher, unit, q="bo", sorteer="student", pagina=2)) == ["Bo2"]
    assert names(listed(teacher, unit, pagina="ver")) == ["Bo2", "Bo1"]


def test_empty_search_offers_to_clear_the_filter(teacher: Client, assessment: Assessment, unit: ExamUnit) -> None:
    page = listed(teacher, unit, q="niemand")
    assert "Geen student gevonden met dit filter. Filter wissen" in text(page)
    assert "Hier komen de studenten te staan" not in text(page)


def test_empty_list_shows_no_filter(teacher: Client, unit: ExamUnit) -> None:
    page = text(listed(teacher, unit))
    assert "Hier komen de studenten te staan" in page
    assert "Filteren" not in page


def test_htmx_gets_the_list_only(teacher: Client, assessment: Assessment, unit: ExamUnit) -> None:
    address = reverse("assessments:unit_list", args=[unit.pk])
    part = teacher.get(address, {"q": "anouk"}, headers={"HX-Request": "true"}).content.decode()
    assert "Anouk" in part
    assert "<html" not in part


def test_students_of_another_school_are_not_listed(
    client: Client, stranger: User, assessment: Assessment, unit: ExamUnit
) -> None:
    client.force_login(stranger)
    assert names(listed(client, unit)) == []


# --- Reminding -----------------------------------------------------------------------------------
def test_button_counts_examiners_until_reminded(
    teacher: Client, start: Start, invitation: Invitation, examiner: Contact, unit: ExamUnit, later: PassTime
) -> None:
    assert "Herinnering sturen" not in text(listed(teacher, unit))
    other = start("Bart", "Zomer")
    steps.choose(other, examiner)
    second = steps.send_invitation(other, examiner)
    later(days=9)
    assert "Herinnering sturen aan 1 examinator die te laat is" in text(listed(teacher, unit))
    page = remind_all(teacher, unit, invitation, second)
    assert messages_of(page) == [
        "De herinnering wordt verzonden aan Erik Examinator, voor Anouk van 't Hoff, Bart Zomer."
    ]
    assert "Herinnering sturen" not in text(page)


def test_page_names_reminded_and_skipped_examiners(
    teacher: Client, start: Start, invitation: Invitation, second_examiner: Contact, unit: ExamUnit, later: PassTime
) -> None:
    other = start("Bart", "Zomer")
    steps.choose(other, second_examiner)
    second = steps.send_invitation(other, second_examiner)
    later(days=9)
    remind_all(teacher, unit, second)
    page = teacher.get(reverse("assessments:remind_late", args=[unit.pk]))
    assert 'href=""' not in page.content.decode()
    before, after = text(page).split("Te laat, maar zonder herinnering")
    assert "Erik Examinator voor Anouk van &#x27;t Hoff" in before
    assert re.search("Tineke Tweede voor Bart Zomer .* Al herinnerd op", after)
    assert str(second.public_id) not in page.content.decode()


def test_page_without_late_examiners(teacher: Client, invitation: Invitation, unit: ExamUnit) -> None:
    page = teacher.get(reverse("assessments:remind_late", args=[unit.pk]))
    assert "Er is nu niemand om te herinneren." in text(page)


def test_double_submit_reminds_once(teacher: Client, invitation: Invitation, unit: ExamUnit, later: PassTime) -> None:
    later(days=9)
    remind_all(teacher, unit, invitation)
    page = remind_all(teacher, unit, invitation)
    assert messages_of(page) == ["Kort geleden al herinnerd, en daarom nu niet: 1."]
    assert OutgoingMail.objects.filter(kind="reminder").count() == 1


def test_only_selected_examiners_are_reminded(
    teacher: Client, start: Start, invitation: Invitation, second_examiner: Contact, unit: ExamUnit, later: PassTime
) -> None:
    other = start("Bart", "Zomer")
    steps.choose(other, second_examiner)
    second = steps.send_invitation(other, second_examiner)
    later(days=9)
    remind_all(teacher, unit, second)
    assert OutgoingMail.objects.get(kind="reminder").to == "tineke@bedrijf.test"
    assert messages_of(remind_all(teacher, unit)) == ["Kies eerst aan wie u een herinnering wilt sturen."]


def test_examiner_who_completed_meanwhile_gets_no_reminder(
    teacher: Client, invitation: Invitation, unit: ExamUnit, later: PassTime
) -> None:
    later(days=9)
    steps.assess(invitation)
    page = remind_all(teacher, unit, invitation)
    assert messages_of(page) == ["Intussen niet meer te laat, en daarom niet verzonden: 1."]
    assert not OutgoingMail.objects.filter(kind="reminder").exists()


def test_expired_invitation_is_named_with_the_reason(
    teacher: Client, invitation: Invitation, unit: ExamUnit, later: PassTime
) -> None:
    later(days=61)
    assert messages_of(remind_all(teacher, unit, invitation)) == [
        "Niet verzonden aan Erik Examinator: De link is verlopen; nodig de examinator opnieuw uit."
    ]


def test_another_school_cannot_remind(
    client: Client, stranger: User, invitation: Invitation, unit: ExamUnit, pass_time
) -> None:
    pass_time(days=9)
    client.force_login(stranger)
    remind_all(client, unit, invitation)
    page = client.get(reverse("assessments:remind_late", args=[unit.pk]))
    assert "Erik" not in page.content.decode()
    answer = client.post(reverse("assessments:remind", args=[invitation.public_id]))
    assert answer.status_code == 404
    assert not OutgoingMail.objects.filter(kind="reminder").exists()


def test_examiners_of_another_unit_are_not_reminded(
    teacher: Client, docent: User, school: School, unit: ExamUnit, invitation: Invitation, later: PassTime
) -> None:
    later(days=9)
    elsewhere = Invitation.objects.get()
    Assessment.objects.update(unit_code="B9")
    page = remind_all(teacher, unit, elsewhere)
    assert not OutgoingMail.objects.filter(kind="reminder").exists()
    assert messages_of(page) == ["Intussen niet meer te laat, en daarom niet verzonden: 1."]


def test_invalid_id_is_not_found(teacher: Client, unit: ExamUnit) -> None:
    address = reverse("assessments:send_reminders", args=[unit.pk])
    assert teacher.post(address, {"uitnodiging": "12"}).status_code == 404
    assert teacher.get(address).status_code == 302


def test_herinneren_reminds_one_examiner(teacher: Client, invitation: Invitation, later: PassTime) -> None:
    later(days=2)
    detail = reverse("assessments:detail", args=[invitation.assessment.public_id])
    address = reverse("assessments:remind", args=[invitation.public_id])
    assert address in teacher.get(detail).content.decode()
    assert messages_of(teacher.post(address, follow=True)) == ["De herinnering wordt verzonden aan Erik Examinator."]
    page = teacher.post(address, follow=True)
    assert messages_of(page) == [
        "Aan Erik Examinator is kort geleden al een herinnering gestuurd; er is niets verzonden."
    ]
    assert "Herinnerd op" in text(page)
    assert address not in page.content.decode()
    assert OutgoingMail.objects.filter(kind="reminder").count() == 1


def test_herinneren_is_refused_for_completed_examiners(teacher: Client, invitation: Invitation) -> None:
    steps.assess(invitation)
    address = reverse("assessments:remind", args=[invitation.public_id])
    page = teacher.post(address, follow=True)
    assert messages_of(page) == ["Erik Examinator heeft alles al afgerond."]
    assert address not in page.content.decode()


def test_recently_invited_examiner_gets_no_reminder_button(
    teacher: Client, invitation: Invitation, later: PassTime
) -> None:
    page = reverse("assessments:detail", args=[invitation.assessment.public_id])
    remind = reverse("assessments:remind", args=[invitation.public_id])
    assert remind not in teacher.get(page).content.decode()
    later(days=2)
    assert remind in teacher.get(page).content.decode()
