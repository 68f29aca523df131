"""The delivery status of new mails: queued, sent or refused, refreshed by polling."""

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
    """The page after 'Uitnodiging(en) verzenden'; the mail is queued."""
    steps.choose(assessment, examiner)
    address = reverse("assessments:send_invitations", args=[assessment.public_id])
    return teacher.post(
        address, {"examinator": [examiner.pk], f"versie-{assessment.pk}": assessment.version, "remark": ""}, follow=True
    )


def set_state(state: MailState, *mails: OutgoingMail) -> None:
    matches = OutgoingMail.objects.filter(pk__in=[mail.pk for mail in mails]) if mails else OutgoingMail.objects.all()
    matches.update(state=state, **BECOMES[state])


def messages_of(response: Any) -> list[str]:
    """Return the messages of the page, each with its level."""
    page = html.unescape(response.content.decode())
    matches = re.findall(r'class="message message-(\w+)".*?class="message-body">(.*?)</div>', page, re.DOTALL)
    return [f"{level}: {' '.join(text.split())}" for level, text in matches]


def poll_url(response: Any) -> str:
    """Return the URL that the page polls, or ''."""
    matches = re.search(r'hx-get="([^"]+/verzending/[^"]*)"', response.content.decode())
    return html.unescape(matches[1]) if matches else ""


def test_queued_mail_is_not_reported_as_sent(sent: Any) -> None:
    assert messages_of(sent) == ["info: De uitnodiging wordt verzonden aan Erik Examinator."]
    assert "In de wachtrij" in sent.content.decode()


def test_page_polls_and_shows_when_mail_was_sent(sent: Any, teacher: Client) -> None:
    set_state(MailState.SENT)
    answer = teacher.get(poll_url(sent))
    assert messages_of(answer) == ["success: De uitnodiging is verzonden aan Erik Examinator."]
    invitation = Invitation.objects.get()
    row = answer.content.decode().partition(f'id="mail-{invitation.public_id}" hx-swap-oob="true"')[2]
    assert re.search(r"Verzonden\s+<span class=\"mail-detail\">\w\w \d+ \w+ \d{4}", row)
    assert poll_url(answer) == ""


def test_reloaded_page_shows_the_current_state(sent: Any, teacher: Client) -> None:
    [(address, _)] = sent.redirect_chain
    set_state(MailState.SENT)
    again = teacher.get(address)
    assert messages_of(again) == ["success: De uitnodiging is verzonden aan Erik Examinator."]
    assert poll_url(again) == ""


def test_unchanged_state_swaps_nothing(sent: Any, teacher: Client) -> None:
    assert teacher.get(poll_url(sent)).status_code == 204


def test_refused_mail_shows_its_reason_and_can_be_resent(sent: Any, teacher: Client) -> None:
    set_state(MailState.FAILED)
    answer = teacher.get(poll_url(sent))
    assert messages_of(answer) == ["error: De uitnodiging aan Erik Examinator is niet verzonden. 550 No such user"]
    assert poll_url(answer) == ""
    [again] = re.findall(r'action="([^"]+/opnieuw-verzenden/)"', answer.content.decode())
    assert "Opnieuw verzenden" in teacher.get(sent.redirect_chain[0][0]).content.decode()
    assert messages_of(teacher.post(again, follow=True)) == [
        "info: De uitnodiging wordt verzonden aan Erik Examinator."
    ]


def test_deferred_mail_is_shown_and_polled_less_often(sent: Any, teacher: Client) -> None:
    assert f'hx-trigger="every {SOON}s"' in sent.content.decode()
    set_state(MailState.WAITING)
    answer = teacher.get(poll_url(sent))
    [line] = messages_of(answer)
    assert line.startswith("warning: De uitnodiging aan Erik Examinator is nog niet verzonden")
    assert line.endswith("450 Try later")
    assert f'hx-trigger="every {LATER}s"' in answer.content.decode()


def test_mail_long_in_the_queue_is_polled_less_often(
    sent: Any, teacher: Client, docent: User, pass_time: Callable[..., None]
) -> None:
    pass_time(minutes=6)
    teacher.force_login(docent)
    page = teacher.get(sent.redirect_chain[0][0])
    assert f'hx-trigger="every {LATER}s"' in page.content.decode()


def test_row_state_is_polled_without_new_mails(teacher: Client, invitation: Invitation, assessment: Assessment) -> None:
    page = teacher.get(reverse("assessments:detail", args=[assessment.public_id]))
    assert messages_of(page) == []
    set_state(MailState.SENT)
    assert messages_of(teacher.get(poll_url(page))) == []
    assert poll_url(teacher.get(reverse("assessments:detail", args=[assessment.public_id]))) == ""


def test_failed_mail_to_completed_examiner_is_not_resent(
    teacher: Client, assessed: Assessment, invitation: Invitation
) -> None:
    set_state(MailState.FAILED)
    answer = teacher.get(reverse("assessments:sending", args=[assessed.public_id]))
    assert "550 No such user" in answer.content.decode()
    assert "Opnieuw verzenden" not in answer.content.decode()


def test_mails_about_another_assessment_are_hidden(
    teacher: Client, assessment: Assessment, unit: ExamUnit, school: School, docent: User, examiner: Contact
) -> None:
    other = steps.start_assessment(MembershipFactory(school=school), unit, docent)
    steps.choose(other, examiner)
    mail = steps.send_invitation(other, examiner).mail
    for address in (
        reverse("assessments:detail", args=[assessment.public_id]),
        reverse("assessments:sending", args=[assessment.public_id]),
    ):
        assert messages_of(teacher.get(address, {"mail": mail.pk})) == []


def test_mails_of_another_school_are_hidden(
    client: Client, invitation: Invitation, stranger: User, unit: ExamUnit
) -> None:
    client.force_login(stranger)
    address = reverse("assessments:sending_together", args=[unit.pk])
    answer = client.get(address, {"mail": invitation.mail.pk})
    assert "Erik" not in answer.content.decode()
    assert messages_of(answer) == []


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
        "examinator": [examiner.pk, second_examiner.pk],
        **{f"versie-{one.pk}": one.version for one in assessments},
    }
    return teacher.post(steps.flow_url("send_invitations", assessments), post, follow=True)


def test_several_mails_show_the_number_sent(three: Any, teacher: Client) -> None:
    assert messages_of(three) == [
        "info: De uitnodiging wordt verzonden aan Erik Examinator, Tineke Tweede, "
        "voor Sam Boom, Sam Claes, Anouk van 't Hoff."
    ]
    set_state(MailState.SENT, OutgoingMail.objects.get(to="erik@bedrijf.test"))
    answer = teacher.get(poll_url(three))
    assert messages_of(answer) == [
        "success: De uitnodiging is verzonden aan Erik Examinator, voor Sam Boom, Sam Claes, Anouk van 't Hoff.",
        "info: De uitnodiging wordt verzonden aan Tineke Tweede, voor Anouk van 't Hoff.",
    ]
    set_state(MailState.FAILED, OutgoingMail.objects.exclude(to="erik@bedrijf.test").get())
    [_, refused] = messages_of(teacher.get(poll_url(answer)))
    assert refused == "error: De uitnodiging aan Tineke Tweede is niet verzonden. 550 No such user"


def test_many_failed_mails_are_counted(
    teacher: Client, school: School, unit: ExamUnit, docent: User, examiner: Contact
) -> None:
    invitations = []
    for _ in range(5):
        one = steps.start_assessment(MembershipFactory(school=school), unit, docent)
        steps.choose(one, examiner)
        invitations.append(steps.send_invitation(one, examiner))
    set_state(MailState.FAILED)
    address = reverse("assessments:unit_list", args=[unit.pk])
    lines = messages_of(teacher.get(address, {"mail": [invitation.mail.pk for invitation in invitations]}))
    assert lines[:3] == ["error: De uitnodiging aan Erik Examinator is niet verzonden. 550 No such user"] * 3
    assert lines[3:] == ["error: Dat geldt ook voor 2 andere."]
    set_state(MailState.SENT)
    [line] = messages_of(teacher.get(address, {"mail": [invitation.mail.pk for invitation in invitations]}))
    assert line.startswith("success: 5 uitnodigingen zijn verzonden aan Erik Examinator, voor Sam Persoon")


def test_invalid_mail_ids_are_ignored(teacher: Client, assessment: Assessment) -> None:
    address = reverse("assessments:detail", args=[assessment.public_id])
    assert teacher.get(address, {"mail": ["x", "", "9" * 30, "123456789"]}).status_code == 200
