"""An invitation that came back: what the docent sees and is mailed, and that reminders wait."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.invitations import invite, reminders, scheduled_reminders
from assessments.lifecycle import DomainError
from assessments.models import Assessment, Invitation, MailAbout
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.bounces.mailbox import read_bounces
from digibeoordelen.outbox.bounces.returned_mail import handle
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import send_again
from tests.factories import MembershipFactory
from tests.imap import ImapServer
from tests.outbox.bounces.conftest import notification
from tests.steps import assess, choose, send_invitation, start_assessment

REASON = "De mailserver meldde later: “550 No Such User Here”."


@pytest.fixture(autouse=True)
def bounce_address(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "bounces@school.test"


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


def send() -> None:
    OutgoingMail.objects.filter(state=MailState.QUEUED).update(state=MailState.SENT, sent_at=timezone.now())


def come_back(mail: OutgoingMail | None, name: str = "exim") -> None:
    send()
    assert mail
    mail.refresh_from_db()
    handle(notification(name, mail))


def page(client: Client, invitation: Invitation) -> str:
    address = reverse("assessments:detail", args=[invitation.assessment.public_id])
    return " ".join(html.unescape(client.get(address).content.decode()).split())


def told() -> list[tuple[str, str]]:
    mails = OutgoingMail.objects.filter(kind="not_arrived").order_by("pk")
    return [(mail.to, mail.text) for mail in mails]


# --- On the screens ------------------------------------------------------------------------------
def test_docent_reads_it_at_the_invitation(
    teacher: Client, invitation: Invitation, imap_server: ImapServer, settings: Settings
) -> None:
    send()
    assert invitation.mail
    imap_server.receive(notification("exim", invitation.mail))
    settings.BOUNCES_IMAP_URL = imap_server.url
    read_bounces()
    text = page(teacher, invitation)
    assert "Niet aangekomen:" in text
    assert REASON in text
    assert "Mislukt" not in text
    assert "Opnieuw verzenden" in text


def test_reason_is_no_markup(teacher: Client, invitation: Invitation) -> None:
    send()
    assert invitation.mail
    handle(notification("exim", invitation.mail).replace(b"550 No Such", b"550 <script>alert(1)</script>"))
    address = reverse("assessments:detail", args=[invitation.assessment.public_id])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in teacher.get(address).content.decode()


def test_list_marks_it_and_puts_it_first(teacher: Client, invitation: Invitation) -> None:
    come_back(invitation.mail)
    text = teacher.get(reverse("assessments:afnames")).content.decode()
    assert "mail niet aangekomen" in text
    assert "mail mislukt" not in text


def test_message_above_the_page_says_so(teacher: Client, invitation: Invitation) -> None:
    come_back(invitation.mail)
    address = reverse("assessments:detail", args=[invitation.assessment.public_id])
    text = html.unescape(teacher.get(f"{address}?mail={invitation.mail_id}").content.decode())
    assert f"De uitnodiging aan Erik Examinator is niet aangekomen. {REASON}" in text


def test_consortium_sees_how_many_came_back(client: Client, invitation: Invitation) -> None:
    come_back(invitation.mail)
    client.force_login(User.objects.create_superuser("staf@consortium.test", details_checked_at=timezone.now()))
    text = " ".join(client.get("/beheer/mail/").content.decode().split())
    assert '<td class="number" data-label="Mislukt">1</td>' in text
    assert '<td class="number" data-label="Waarvan niet aangekomen">1</td>' in text
    assert "erik@bedrijf.test" not in text


# --- Who is mailed -------------------------------------------------------------------------------
def test_initiator_is_mailed_once(invitation: Invitation) -> None:
    for _ in range(2):
        come_back(invitation.mail)
    [(to, text)] = told()
    assert to == "docent@hier.test"
    assert "Erik Examinator (erik@bedrijf.test)" in text
    assert "Anouk" in text
    assert reverse("assessments:detail", args=[invitation.assessment.public_id]) in text
    assert "No Such User" not in text, "a stranger's words"


def test_each_initiator_is_mailed_about_the_own_students(
    invitation: Invitation, examiner: Contact, colleague: User
) -> None:
    theirs = start_assessment(
        MembershipFactory(school=invitation.assessment.school, student_number="654321"),
        invitation.assessment.unit,
        colleague,
    )
    choose(theirs, examiner)
    second = send_invitation(theirs, examiner)
    Invitation.objects.update(asked_at=timezone.now() - timedelta(days=3))
    ready = []
    for one in (invitation, second):
        with lifecycle.locked(one.assessment) as current:
            ready.append(reminders.make_ready(current, pk=one.pk))
    mail = reminders.send(ready=[item for item in ready if item], by=None)
    assert mail.kind == "reminder_together"
    come_back(mail)
    texts = dict(told())
    assert texts.keys() == {"docent@hier.test", colleague.email}
    assert {to: theirs.student.user.full_name in text for to, text in texts.items()} == {
        "docent@hier.test": False,
        colleague.email: True,
    }


def test_several_students_are_one_mail(invitation: Invitation, examiner: Contact, docent: User) -> None:
    other = MembershipFactory(school=invitation.assessment.school, student_number="654321")
    second = start_assessment(other, invitation.assessment.unit, docent)
    choose(second, examiner)
    outcome = invite.invite(assessments=[second], contacts=[examiner], by=docent, versions={})
    Invitation.objects.update(mail=outcome.mails[0])
    come_back(outcome.mails[0])
    [(_, text)] = told()
    assert {"Anouk" in text, other.user.full_name in text, "Bekijk de beoordelingen" in text} == {True}


def test_no_one_is_mailed_of_a_notice_that_comes_back(invitation: Invitation) -> None:
    come_back(invitation.mail)
    come_back(OutgoingMail.objects.get(kind="not_arrived"))
    assert OutgoingMail.objects.get(kind="not_arrived").state == MailState.FAILED
    assert len(told()) == 1


def test_later_mail_to_the_examiner_counts_alone(invitation: Invitation, docent: User) -> None:
    first = invitation.mail
    send()
    invite.invite_again(invitation=invitation, by=docent)
    come_back(first)
    invitation.refresh_from_db()
    assert (invitation.mail.state, told()) == (MailState.SENT, [])


@pytest.mark.parametrize("ending", ["withdrawn", "completed", "cancelled"])
def test_nothing_is_asked_about_what_is_over(invitation: Invitation, docent: User, ending: str) -> None:
    if ending == "withdrawn":
        invite.withdraw(invitation=invitation, by=docent)
    elif ending == "completed":
        assess(invitation)
    else:
        lifecycle.cancel(assessment=invitation.assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    come_back(invitation.mail)
    assert told() == []


@pytest.mark.parametrize("name", ["postfix_delayed", "out_of_office"])
def test_delay_and_automatic_reply_tell_no_one(teacher: Client, invitation: Invitation, name: str) -> None:
    come_back(invitation.mail, name)
    assert told() == []
    assert "Verzonden" in page(teacher, invitation)


# --- Reminders -----------------------------------------------------------------------------------
def candidates() -> int:
    Invitation.objects.update(asked_at=timezone.now() - timedelta(days=8), reminded_at=None)
    return scheduled_reminders._candidates().count()


def test_reminders_wait_until_it_is_sent_again(invitation: Invitation, docent: User) -> None:
    assert candidates() == 1
    come_back(invitation.mail)
    assert candidates() == 0
    invitation.refresh_from_db()
    with pytest.raises(DomainError, match="niet aangekomen; corrigeer het adres"):
        reminders.remind(invitation=invitation, by=docent)
    assert invitation.mail
    assert send_again(invitation.mail)
    send()
    assert candidates() == 1


def test_reminders_go_on_at_another_address(invitation: Invitation, docent: User) -> None:
    come_back(invitation.mail)
    invitation.contact.email = "erik.examinator@bedrijf.test"
    invitation.contact.save()
    invite.invite_again(invitation=invitation, by=docent)
    assert candidates() == 1


# --- Mails about a result ------------------------------------------------------------------------
def test_committee_sees_a_result_that_came_back(assessed: Assessment, committee_member: User) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    mail = OutgoingMail.objects.get(kind="final_student")
    send()
    MailAbout.objects.forget_delivered()
    come_back(mail)
    assert MailAbout.objects.failed().get().mail == mail
