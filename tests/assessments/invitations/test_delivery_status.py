"""What the pages say of mails that were just sent: on their way, gone, refused; and that they say it anew."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import School, User
from addressbook.models import Contact
from assessments.invitations.delivery_status import LATER, SOON
from assessments.models import Assessment, Invitation
from digibeoordelen.outbox.models import MailState, OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory

BECOMES: dict[MailState, dict[str, Any]] = {
    MailState.SENT: {"sent_at": timezone.now()},
    MailState.WAITING: {"last_error": "450 Try later", "next_attempt_at": timezone.now()},
    MailState.FAILED: {"last_error": "550 No such user"},
}


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def sent(teacher: Client, assessment: Assessment, examiner: Contact) -> Any:
    """The page that one is at after 'Uitnodiging(en) verzenden'; the mail is queued."""
    steps.choose(assessment, examiner)
    address = reverse("assessments:send_invitations", args=[assessment.public_id])
    return teacher.post(
        address, {"examinator": [examiner.pk], "version": assessment.version, "remark": ""}, follow=True
    )


def become(state: MailState, *mails: OutgoingMail) -> None:
    found = OutgoingMail.objects.filter(pk__in=[mail.pk for mail in mails]) if mails else OutgoingMail.objects.all()
    found.update(state=state, **BECOMES[state])


def told(response: Any) -> list[str]:
    """The messages' texts, each with its level."""
    page = html.unescape(response.content.decode())
    found = re.findall(r'class="message message-(\w+)".*?class="message-body">(.*?)</div>', page, re.DOTALL)
    return [f"{level}: {' '.join(text.split())}" for level, text in found]


def asks(response: Any) -> str:
    """The address that the page asks by itself; '' when it does not."""
    found = re.search(r'hx-get="([^"]+/verzending/[^"]*)"', response.content.decode())
    return html.unescape(found[1]) if found else ""


def test_a_mail_on_its_way_is_not_said_to_be_sent(sent: Any) -> None:
    assert told(sent) == ["info: De uitnodiging wordt verzonden aan Erik Examinator."]
    assert "In de wachtrij" in sent.content.decode()


def test_once_it_is_gone_the_page_says_so_by_itself_with_the_moment(sent: Any, teacher: Client) -> None:
    become(MailState.SENT)
    answer = teacher.get(asks(sent))
    assert told(answer) == ["success: De uitnodiging is verzonden aan Erik Examinator."]
    invitation = Invitation.objects.get()
    row = answer.content.decode().partition(f'id="mail-{invitation.public_id}" hx-swap-oob="true"')[2]
    assert re.search(r"Verzonden\s+<span class=\"mail-said\">\w\w \d+ \w+ \d{4}", row)
    assert asks(answer) == ""


def test_reading_the_page_again_says_how_it_is_now(sent: Any, teacher: Client) -> None:
    [(address, _)] = sent.redirect_chain
    become(MailState.SENT)
    again = teacher.get(address)
    assert told(again) == ["success: De uitnodiging is verzonden aan Erik Examinator."]
    assert asks(again) == ""


def test_while_nothing_changed_there_is_nothing_to_swap(sent: Any, teacher: Client) -> None:
    assert teacher.get(asks(sent)).status_code == 204


def test_what_the_mail_server_refuses_is_said_with_its_words_and_can_be_sent_again(sent: Any, teacher: Client) -> None:
    become(MailState.FAILED)
    answer = teacher.get(asks(sent))
    assert told(answer) == ["error: De uitnodiging aan Erik Examinator is niet verzonden. 550 No such user"]
    assert asks(answer) == ""
    [again] = re.findall(r'action="([^"]+/opnieuw-verzenden/)"', answer.content.decode())
    assert "Opnieuw verzenden" in teacher.get(sent.redirect_chain[0][0]).content.decode()
    assert told(teacher.post(again, follow=True)) == ["info: De uitnodiging wordt verzonden aan Erik Examinator."]


def test_what_has_to_wait_is_said_and_asked_after_less_often(sent: Any, teacher: Client) -> None:
    assert f'hx-trigger="every {SOON}s"' in sent.content.decode()
    become(MailState.WAITING)
    answer = teacher.get(asks(sent))
    [line] = told(answer)
    assert line.startswith("warning: De uitnodiging aan Erik Examinator is nog niet verzonden")
    assert line.endswith("450 Try later")
    assert f'hx-trigger="every {LATER}s"' in answer.content.decode()


def test_a_mail_that_stays_in_the_queue_is_asked_after_less_often(
    sent: Any, teacher: Client, docent: User, pass_time: Callable[..., None]
) -> None:
    pass_time(minutes=6)
    teacher.force_login(docent)
    page = teacher.get(sent.redirect_chain[0][0])
    assert f'hx-trigger="every {LATER}s"' in page.content.decode()


def test_the_state_in_the_row_turns_where_nothing_was_just_sent_too(
    teacher: Client, invitation: Invitation, assessment: Assessment
) -> None:
    page = teacher.get(reverse("assessments:detail", args=[assessment.public_id]))
    assert told(page) == []
    become(MailState.SENT)
    assert told(teacher.get(asks(page))) == []
    assert asks(teacher.get(reverse("assessments:detail", args=[assessment.public_id]))) == ""


def test_whose_work_is_done_is_not_sent_the_failed_mail_again(
    teacher: Client, assessed: Assessment, invitation: Invitation
) -> None:
    become(MailState.FAILED)
    answer = teacher.get(reverse("assessments:sending", args=[assessed.public_id]))
    assert "550 No such user" in answer.content.decode()
    assert "Opnieuw verzenden" not in answer.content.decode()


def test_mails_about_another_assessment_are_not_told_of(
    teacher: Client, assessment: Assessment, unit: ExamUnit, school: School, docent: User, examiner: Contact
) -> None:
    other = steps.start_assessment(MembershipFactory(school=school), unit, docent)
    steps.choose(other, examiner)
    mail = steps.send_invitation(other, examiner).mail
    for address in (
        reverse("assessments:detail", args=[assessment.public_id]),
        reverse("assessments:sending", args=[assessment.public_id]),
    ):
        assert told(teacher.get(address, {"mail": mail.pk})) == []


def test_mails_of_another_school_are_not_told_of(
    client: Client, invitation: Invitation, stranger: User, unit: ExamUnit
) -> None:
    client.force_login(stranger)
    address = reverse("assessments:sending_together", args=[unit.pk])
    answer = client.get(address, {"mail": invitation.mail.pk})
    assert "Erik" not in answer.content.decode()
    assert told(answer) == []


@pytest.fixture
def three(
    teacher: Client,
    assessment: Assessment,
    school: School,
    unit: ExamUnit,
    docent: User,
    examiner: Contact,
    second_examiner: Contact,
) -> Any:
    """The tab after inviting two examiners for three students, of whom the second assesses one."""
    students = [MembershipFactory(school=school, user__last_name=name) for name in ("Boom", "Claes")]
    assessments = [assessment, *(steps.start_assessment(student, unit, docent) for student in students)]
    for one in assessments[1:]:
        steps.choose(one, examiner)
    steps.choose(assessment, examiner, second_examiner)
    post = {
        "beoordeling": [str(one.public_id) for one in assessments],
        "examinator": [examiner.pk, second_examiner.pk],
        **{f"versie-{one.pk}": one.version for one in assessments},
    }
    return teacher.post(reverse("assessments:send_together", args=[unit.pk]), post, follow=True)


def test_of_several_it_is_said_how_many_are_gone_already(three: Any, teacher: Client) -> None:
    assert told(three) == [
        "info: De uitnodiging wordt verzonden aan Erik Examinator, Tineke Tweede, "
        "voor Sam Boom, Sam Claes, Anouk van 't Hoff."
    ]
    become(MailState.SENT, OutgoingMail.objects.get(to="erik@bedrijf.test"))
    answer = teacher.get(asks(three))
    assert told(answer) == [
        "success: De uitnodiging is verzonden aan Erik Examinator, voor Sam Boom, Sam Claes, Anouk van 't Hoff.",
        "info: De uitnodiging wordt verzonden aan Tineke Tweede, voor Anouk van 't Hoff.",
    ]
    become(MailState.FAILED, OutgoingMail.objects.exclude(to="erik@bedrijf.test").get())
    [_, refused] = told(teacher.get(asks(answer)))
    assert refused == "error: De uitnodiging aan Tineke Tweede is niet verzonden. 550 No such user"


def test_many_that_went_wrong_are_counted(
    teacher: Client, school: School, unit: ExamUnit, docent: User, examiner: Contact
) -> None:
    invitations = []
    for _ in range(5):
        one = steps.start_assessment(MembershipFactory(school=school), unit, docent)
        steps.choose(one, examiner)
        invitations.append(steps.send_invitation(one, examiner))
    become(MailState.FAILED)
    address = reverse("assessments:unit_list", args=[unit.pk])
    lines = told(teacher.get(address, {"mail": [invitation.mail.pk for invitation in invitations]}))
    assert lines[:3] == ["error: De uitnodiging aan Erik Examinator is niet verzonden. 550 No such user"] * 3
    assert lines[3:] == ["error: Dat geldt ook voor 2 andere."]
    become(MailState.SENT)
    [line] = told(teacher.get(address, {"mail": [invitation.mail.pk for invitation in invitations]}))
    assert line.startswith("success: 5 uitnodigingen zijn verzonden aan Erik Examinator, voor Sam Persoon")


def test_what_is_no_number_is_passed_over(teacher: Client, assessment: Assessment) -> None:
    address = reverse("assessments:detail", args=[assessment.public_id])
    assert teacher.get(address, {"mail": ["x", "", "9" * 30, "123456789"]}).status_code == 200
