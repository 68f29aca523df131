"""The docent's lists, 'Afnames' and 'Digitaal beoordelen': rows, filters, order and reminders."""

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
from exams.models import Exam, ExamUnit
from tests import steps
from tests.assessments.asserts import delivery_lines
from tests.factories import AccountExamFactory, ContactFactory, MembershipFactory, first_unit, make_exam

PassTime = Callable[..., None]
pytestmark = pytest.mark.usefixtures("at_noon", "plain_pdf")
Start = Callable[..., Assessment]
UNIT_QUERIES, OWN_QUERIES, PLAN_QUERIES = 16, 14, 7


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


def afnames(teacher: Client, **asked: Any) -> Any:
    return teacher.get(reverse("assessments:afnames"), asked)


def tabs(response: Any) -> dict[str, int]:
    return {tab.label: tab.count for tab in response.context["tabs"]}


def text(response: Any) -> str:
    """Return the text without markup and extra spaces."""
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).split())


def names(response: Any) -> list[str]:
    return [row.assessment.student.user.first_name for row in response.context["rows"]]


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]] + delivery_lines(response)


def tick(*assessments: Assessment) -> dict[str, list[str]]:
    return {"beoordeling": [str(assessment.public_id) for assessment in assessments]}


def plan(teacher: Client, *assessments: Assessment, **also: str) -> Any:
    """Press 'Herinneren' for the ticked assessments."""
    return teacher.post(reverse("assessments:plan_reminders"), {**tick(*assessments), **also})


def remind_all(teacher: Client, *invitations: Invitation, **also: str) -> Any:
    form = {"uitnodiging": [str(invitation.public_id) for invitation in invitations], **also}
    return teacher.post(reverse("assessments:send_reminders"), form, follow=True)


# --- The rows ------------------------------------------------------------------------------------
def test_row_names_the_first_examiner_and_counts_the_others(
    teacher: Client, assessment: Assessment, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    w1, w2 = unit.core_tasks.get().work_processes.all()
    steps.choose(assessment, examiner, work_process=w1)
    steps.send_invitation(assessment, examiner)
    steps.choose(assessment, second_examiner, part=w2.parts.all()[0])
    page = text(listed(teacher, unit))
    assert "Tineke Tweede +1 andere nog niet uitgenodigd 1 onderdeel zonder examinator" in page
    assert "Erik Examinator" not in page


def test_completed_examiner_is_not_waited_for(
    teacher: Client, assessment: Assessment, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    done, _ = steps.send_invitation(assessment, examiner), steps.send_invitation(assessment, second_examiner)
    assert "Erik Examinator +1 andere" in text(listed(teacher, unit))
    steps.assess(done)
    page = text(listed(teacher, unit))
    assert "Tineke Tweede" in page
    assert "Erik Examinator" not in page


def test_row_without_examiners_is_marked(teacher: Client, assessment: Assessment, unit: ExamUnit) -> None:
    assert "Nog geen examinator" in text(listed(teacher, unit))


def test_row_shows_days_in_state_and_planned_date(
    teacher: Client, invitation: Invitation, unit: ExamUnit, later: PassTime
) -> None:
    Assessment.objects.update(planned_on=timezone.localdate() + timedelta(days=30))
    assert "vandaag" in text(listed(teacher, unit))
    since = timezone.localtime(invitation.assessment.status_since)
    later(days=9)
    page = listed(teacher, unit).content.decode()
    in_utc = f"{invitation.assessment.status_since:%Y-%m-%dT%H:%M}"
    assert re.search(f'<time datetime="{in_utc}[^>]*{since.day} [^>]*{since:%H:%M}">9 dagen</time>', page)
    assert f'<time datetime="{timezone.localdate() + timedelta(days=21):%Y-%m-%d}">' in page


def test_late_examiner_is_marked_with_days(
    teacher: Client, invitation: Invitation, unit: ExamUnit, later: PassTime
) -> None:
    later(days=7)
    assert text(listed(teacher, unit)).count("dagen") == 1
    later(days=9)
    assert re.search("16 dagen Erik Examinator 9 dagen", text(listed(teacher, unit)))


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
    assessments = [invitation.assessment]
    listed(teacher, unit)
    with django_assert_num_queries(UNIT_QUERIES):
        listed(teacher, unit)
    with django_assert_num_queries(OWN_QUERIES):
        afnames(teacher)
    with django_assert_num_queries(PLAN_QUERIES):
        plan(teacher, *assessments)
    for number in range(9):
        more = start("Bo", f"Student {number}")
        examiners = ContactFactory.create_batch(2, school=more.school)
        steps.choose(more, *examiners)
        for examiner in examiners:
            steps.send_invitation(more, examiner)
        assessments.append(more)
    later(days=9)
    with django_assert_num_queries(UNIT_QUERIES):
        assert text(listed(teacher, unit)).count("+1 andere") == 9
    with django_assert_num_queries(OWN_QUERIES):
        assert text(afnames(teacher)).count("+1 andere") == 9
    with django_assert_num_queries(PLAN_QUERIES):
        assert text(plan(teacher, *assessments)).count("· uitgenodigd op") == 19


# --- 'Afnames' -----------------------------------------------------------------------------------
def test_afnames_lists_own_running_assessments_of_every_exam(
    teacher: Client, assessment: Assessment, start: Start, school: School, docent: User, colleague: User, unit: ExamUnit
) -> None:
    other = make_exam(title="Doktersassistent")
    AccountExamFactory(user=docent, exam=other)
    student = MembershipFactory(school=school, user__first_name="Dina", user__last_name="Draai")
    steps.start_assessment(student, first_unit(other), docent)
    steps.start_assessment(MembershipFactory(school=school, user__first_name="Cor"), unit, colleague)
    stopped = start("Zoë", "Albers")
    lifecycle.cancel(assessment=stopped, by=docent, reason="Gestopt.", counts_as_attempt=False)
    assert names(afnames(teacher)) == ["Dina", "Anouk"]
    assert sorted(names(listed(teacher, unit))) == ["Anouk", "Cor", "Zoë"]
    assert names(afnames(teacher, examen=other.pk)) == ["Dina"]
    assert names(afnames(teacher, sorteer="-eenheid")) == ["Anouk", "Dina"]


def test_empty_afnames_point_to_mijn_digibib(teacher: Client) -> None:
    page = text(afnames(teacher))
    assert "Hier komen de beoordelingen te staan die u start." in page
    assert "Naar Mijn Digibib" in page
    assert "Zoeken" not in page


def test_afnames_are_for_docents(client: Client, committee_member: User) -> None:
    client.force_login(committee_member)
    assert afnames(client).status_code == 404
    assert client.get(reverse("assessments:sending_in_list")).status_code == 404


def test_closed_assessment_cannot_be_ticked(teacher: Client, assessment: Assessment, unit: ExamUnit) -> None:
    box = f'value="{assessment.public_id}"'
    assert box in listed(teacher, unit).content.decode()
    lifecycle.cancel(assessment=assessment, by=assessment.initiator, reason="Gestopt.", counts_as_attempt=False)
    assert box not in listed(teacher, unit).content.decode()


def test_selection_is_posted_with_its_next_step(teacher: Client, assessment: Assessment, unit: ExamUnit) -> None:
    page = listed(teacher, unit, q="anouk").content.decode()
    form = re.findall(r'<form[^>]*id="selectie".*?</form>', page, re.DOTALL)[0]
    assert 'action="/afnames/selectie/"' in form
    for step, label in (("examinatoren", "Kies examinatoren"), ("bericht", "Examinatoren uitnodigen")):
        assert re.search(f'name="naar"\\s+value="{step}">\\s*{label}', form)
    assert re.search(r'name="terug"\s+value="[^"]+/digitaal-beoordelen/\?q=anouk">', form)


# --- What waits ----------------------------------------------------------------------------------
@pytest.fixture
def one_of_each(
    assessment: Assessment, start: Start, examiner: Contact, second_examiner: Contact, later: PassTime
) -> None:
    """Anouk waits for two examiners, one of them late; of Bart all is to do, of Cor an invitation, of Dirk nothing."""
    steps.choose(assessment, examiner, second_examiner)
    done = start("Dirk", "Daan")
    steps.choose(done, examiner)
    steps.assess(steps.send_invitation(done, examiner))
    steps.send_invitation(assessment, examiner)
    later(days=9)
    steps.send_invitation(assessment, second_examiner)
    start("Bart", "Boom")
    steps.choose(start("Cor", "Claes"), examiner)


ALL = {"Alle": 4}
COUNTS = {
    "Examinator kiezen": 1,
    "Nog niet uitgenodigd": 1,
    "Wacht op examinator": 1,
    "Te laat": 1,
    "Bij de commissie": 1,
}


@pytest.mark.usefixtures("one_of_each")
def test_counter_is_the_number_of_rows_of_its_tab(teacher: Client, unit: ExamUnit) -> None:
    for task, expected in {
        "kiezen": "Bart",
        "uitnodigen": "Cor",
        "examinator": "Anouk",
        "te-laat": "Anouk",
        "commissie": "Dirk",
    }.items():
        for page in (afnames(teacher, taak=task), listed(teacher, unit, taak=task)):
            assert names(page) == [expected], task
            assert tabs(page) == ALL | COUNTS
            assert page.content.decode().count('aria-current="true"') == 1


@pytest.mark.usefixtures("one_of_each")
def test_counters_of_mijn_digibib_lead_to_their_rows(teacher: Client, exam: Exam) -> None:
    page = teacher.get(reverse("exams:my_digibib"))
    total, of_exam = page.context["work"].total, page.context["work"].by_exam[exam.pk]
    assert {task.label: task.count for task in total} == COUNTS
    assert {task.label: task.count for task in of_exam} == COUNTS
    for task in (*total, *of_exam):
        assert len(names(teacher.get(task.url))) == task.count
        assert task.url.replace("&", "&amp;") in page.content.decode()
    assert [task.label for task in total if task.is_late] == ["Te laat"]


def test_part_without_examiner_counts_beside_the_waiting_one(
    teacher: Client, assessment: Assessment, examiner: Contact, unit: ExamUnit
) -> None:
    steps.choose(assessment, examiner, part=unit.core_tasks.get().work_processes.all()[0].parts.all()[0])
    steps.send_invitation(assessment, examiner)
    assert tabs(afnames(teacher)) == {**dict.fromkeys(COUNTS, 0), "Examinator kiezen": 1, "Wacht op examinator": 1} | {
        "Alle": 1
    }


def test_colleagues_assessment_is_no_work_of_ones_own(
    client: Client, invitation: Invitation, colleague: User, unit: ExamUnit
) -> None:
    client.force_login(colleague)
    assert client.get(reverse("exams:my_digibib")).context["work"].total == []
    assert names(afnames(client)) == []
    assert tabs(listed(client, unit))["Wacht op examinator"] == 1


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
def test_filter(teacher: Client, unit: ExamUnit) -> None:
    for asked, expected in (
        ({"q": "hoff an"}, ["Anouk"]),
        ({"q": "23456"}, ["Anouk"]),
        ({"q": "ZOE"}, ["Zoë"]),
        ({"status": "NEW"}, ["Bart"]),
        ({"examinator": "erik"}, ["Anouk"]),
        ({"q": "bart", "examinator": "erik"}, []),
        ({"taak": "te-laat"}, []),
        ({"taak": "kiezen"}, ["Bart"]),
        ({"status": "ONZIN", "taak": "onzin"}, ["Zoë", "Anouk", "Bart"]),
        ({"q": "\0", "examinator": "x" * 5000, "taak": "?"}, []),
    ):
        assert names(listed(teacher, unit, **asked)) == expected, asked


@pytest.mark.usefixtures("three")
def test_order(teacher: Client, unit: ExamUnit) -> None:
    for days, name in enumerate(["Bart", "Zoë"]):
        mine = Assessment.objects.filter(student__user__first_name=name)
        mine.update(planned_on=timezone.localdate() + timedelta(days=days))
    for sort, expected in {
        "student": ["Zoë", "Anouk", "Bart"],
        "-student": ["Bart", "Anouk", "Zoë"],
        "status": ["Bart", "Anouk", "Zoë"],
        "-status": ["Zoë", "Anouk", "Bart"],
        "afname": ["Bart", "Zoë", "Anouk"],
        "-afname": ["Zoë", "Bart", "Anouk"],
        "onzin": ["Zoë", "Anouk", "Bart"],
        "eenheid": ["Zoë", "Anouk", "Bart"],
    }.items():
        page = listed(teacher, unit, sorteer=sort)
        assert names(page) == expected, sort
        direction = "descending" if sort.startswith("-") else "ascending"
        assert page.content.decode().count(f'aria-sort="{direction}"') == 1, sort


def test_order_by_days_late(
    teacher: Client, start: Start, invitation: Invitation, examiner: Contact, unit: ExamUnit, later: PassTime
) -> None:
    """Anouk's examiner is 9 days late; Bart's 10, by the planned date; Cor's none."""
    planned, in_time = start("Bart", "Boom"), start("Cor", "Albers")
    for assessment in (planned, in_time):
        steps.choose(assessment, examiner)
        steps.send_invitation(assessment, examiner)
    Assessment.objects.filter(pk=planned.pk).update(planned_on=timezone.localdate() + timedelta(days=6))
    Assessment.objects.filter(pk=in_time.pk).update(planned_on=timezone.localdate() + timedelta(days=40))
    later(days=16)
    page = listed(teacher, unit, sorteer="-laat")
    assert [(row.assessment.student.user.first_name, row.days_late) for row in page.context["rows"]] == [
        ("Bart", 10),
        ("Anouk", 9),
        ("Cor", 0),
    ]
    assert "?sorteer=laat" in page.content.decode()
    assert names(listed(teacher, unit, sorteer="laat")) == ["Anouk", "Bart", "Cor"]
    assert "?sorteer=-laat" in listed(teacher, unit).content.decode()


def test_pages_keep_filter_and_order(teacher: Client, start: Start, unit: ExamUnit, monkeypatch) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    for number in range(3):
        start(f"Bo{number}", f"Student {number}")
    page = listed(teacher, unit, q="bo", sorteer="student")
    assert names(page) == ["Bo0", "Bo1"]
    assert "?q=bo&amp;sorteer=student&amp;pagina=2" in page.content.decode()
    assert names(listed(teacher, unit, q="bo", sorteer="student", pagina=2)) == ["Bo2"]
    assert names(listed(teacher, unit, pagina="ver")) == ["Bo0", "Bo1"]


def test_empty_search_offers_to_clear_the_filter(teacher: Client, assessment: Assessment, unit: ExamUnit) -> None:
    page = listed(teacher, unit, q="niemand")
    assert "Geen student gevonden met dit filter. Filter wissen" in text(page)
    assert "Hier komen de studenten te staan" not in text(page)


def test_empty_list_shows_no_filter(teacher: Client, unit: ExamUnit) -> None:
    page = text(listed(teacher, unit))
    assert "Hier komen de studenten te staan" in page
    assert "Zoeken" not in page


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
def test_page_names_reminded_and_skipped_examiners(
    teacher: Client, start: Start, invitation: Invitation, second_examiner: Contact, later: PassTime
) -> None:
    other = start("Bart", "Zomer")
    steps.choose(other, second_examiner)
    second = steps.send_invitation(other, second_examiner)
    later(days=2)
    remind_all(teacher, second)
    page = plan(teacher, invitation.assessment, other)
    assert 'href=""' not in page.content.decode()
    before, after = text(page).split("Zonder herinnering")
    assert "Erik Examinator voor Anouk van &#x27;t Hoff" in before
    assert re.search("Tineke Tweede voor Bart Zomer · Al herinnerd op", after)
    assert f'value="{second.public_id}"' not in page.content.decode()


def test_only_examiners_of_ticked_students_are_planned(
    teacher: Client, start: Start, invitation: Invitation, second_examiner: Contact, later: PassTime
) -> None:
    other = start("Bart", "Zomer")
    steps.choose(other, second_examiner)
    steps.send_invitation(other, second_examiner)
    later(days=2)
    assert "Erik Examinator" not in text(plan(teacher, other))


def test_recently_invited_examiner_is_skipped_with_the_reason(teacher: Client, invitation: Invitation) -> None:
    page = text(plan(teacher, invitation.assessment))
    assert "Er is nu niemand om te herinneren." in page
    assert "Erik Examinator voor Anouk van &#x27;t Hoff · Nog geen dag geleden gevraagd." in page


def test_nothing_ticked_returns_to_the_list(teacher: Client, invitation: Invitation, unit: ExamUnit) -> None:
    terug = reverse("assessments:unit_list", args=[unit.pk]) + "?q=anouk"
    answer = teacher.post(reverse("assessments:plan_reminders"), {"terug": terug})
    assert answer["Location"] == terug
    assert messages_of(teacher.get(terug)) == ["Kies eerst voor welke studenten u een herinnering wilt sturen."]


@pytest.mark.parametrize("terug", ["//elders.test/", "https://elders.test/", "javascript:alert(1)", ""])
def test_reminders_return_to_this_site(teacher: Client, invitation: Invitation, later: PassTime, terug: str) -> None:
    later(days=2)
    answer = teacher.post(reverse("assessments:send_reminders"), {"uitnodiging": invitation.public_id, "terug": terug})
    assert answer["Location"].startswith("/afnames/?mail=")
    later(days=2)
    terug = "/afnames/?q=anouk"
    answer = teacher.post(reverse("assessments:send_reminders"), {"uitnodiging": invitation.public_id, "terug": terug})
    assert answer["Location"].startswith("/afnames/?q=anouk&mail=")


def test_two_students_of_one_examiner_are_one_mail(
    teacher: Client, start: Start, invitation: Invitation, examiner: Contact, later: PassTime
) -> None:
    other = start("Bart", "Zomer")
    steps.choose(other, examiner)
    second = steps.send_invitation(other, examiner)
    later(days=9)
    page = remind_all(teacher, invitation, second)
    assert messages_of(page) == [
        "De herinnering wordt verzonden aan Erik Examinator, voor Anouk van 't Hoff, Bart Zomer."
    ]
    assert OutgoingMail.objects.filter(kind__startswith="reminder").count() == 1


def test_double_submit_reminds_once(teacher: Client, invitation: Invitation, later: PassTime) -> None:
    later(days=9)
    remind_all(teacher, invitation)
    page = remind_all(teacher, invitation)
    assert messages_of(page) == ["Kort geleden al herinnerd, en daarom nu niet: 1."]
    assert OutgoingMail.objects.filter(kind="reminder").count() == 1


def test_only_selected_examiners_are_reminded(
    teacher: Client, start: Start, invitation: Invitation, second_examiner: Contact, later: PassTime
) -> None:
    other = start("Bart", "Zomer")
    steps.choose(other, second_examiner)
    second = steps.send_invitation(other, second_examiner)
    later(days=9)
    remind_all(teacher, second)
    assert OutgoingMail.objects.get(kind="reminder").to == "tineke@bedrijf.test"
    assert messages_of(remind_all(teacher)) == ["Kies eerst aan wie u een herinnering wilt sturen."]


def test_examiner_who_completed_meanwhile_gets_no_reminder(
    teacher: Client, invitation: Invitation, later: PassTime
) -> None:
    later(days=9)
    steps.assess(invitation)
    page = remind_all(teacher, invitation)
    assert messages_of(page) == ["Intussen afgerond of ingetrokken, en daarom niet verzonden: 1."]
    assert not OutgoingMail.objects.filter(kind="reminder").exists()


def test_expired_invitation_is_named_with_the_reason(teacher: Client, invitation: Invitation, later: PassTime) -> None:
    later(days=61)
    assert messages_of(remind_all(teacher, invitation)) == [
        "Niet verzonden aan Erik Examinator: De link is verlopen; nodig de examinator opnieuw uit."
    ]


def test_another_school_cannot_remind(client: Client, stranger: User, invitation: Invitation, pass_time) -> None:
    pass_time(days=9)
    client.force_login(stranger)
    remind_all(client, invitation)
    assert plan(client, invitation.assessment).status_code == 404
    answer = client.post(reverse("assessments:remind", args=[invitation.public_id]))
    assert answer.status_code == 404
    assert not OutgoingMail.objects.filter(kind="reminder").exists()


def test_invalid_id_is_not_found(teacher: Client, docent: User) -> None:
    for name, field in (("send_reminders", "uitnodiging"), ("plan_reminders", "beoordeling")):
        url = reverse(f"assessments:{name}")
        assert teacher.post(url, {field: "12"}).status_code == 404
        assert teacher.get(url).status_code == 302


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
