"""A mail is in its reader's language; the first one mentions the other language of the form."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from accounts.models import User
from addressbook.models import Contact
from assessments import mails
from assessments.invitations import invite, proposals, send_back
from assessments.invitations.replace import replace
from assessments.models import Assessment, Invitation, Proposal
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory

# Dutch phrases of each mail to an examiner, which an English one must not contain.
DUTCH = ("Geachte", "beoordel", "Vragen?", "mail omdat")


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture
def english(examiner: Contact) -> Contact:
    examiner.set_language("en")
    return examiner


def latest() -> OutgoingMail:
    return OutgoingMail.objects.latest("pk")


def check_english(mail: OutgoingMail) -> None:
    other = "U kunt dit formulier in het Nederlands lezen: kies ‘Nederlands’ boven aan het formulier."
    for text in (mail.subject, mail.text, mail.html):
        own = text.replace(other, "").replace("via Digitaal beoordelen", "").replace("(examencommissie)", "")
        assert not [word for word in DUTCH if word in own.replace("/beoordelen/", "")]
    assert '<html lang="en">' in mail.html
    assert "Dear Erik Examinator," in mail.text


def test_invitation(assessment: Assessment, english: Contact) -> None:
    Assessment.objects.update(planned_on=timezone.localdate().replace(month=11, day=23), place="Utrecht")
    steps.choose(assessment, english)
    steps.send_invitation(assessment, english)
    mail = latest()
    check_english(mail)
    assert mail.subject == "Request to assess Anouk van 't Hoff: Verzorgende IG, B1"
    assert "23 Nov" in mail.text
    assert "Start assessment" in mail.html
    assert '<p lang="nl">U kunt dit formulier in het Nederlands lezen' in mail.html


def test_dutch_invitation_mentions_english(invitation: Invitation) -> None:
    mail = latest()
    assert mail.subject == "Verzoek om Anouk van 't Hoff te beoordelen: Verzorgende IG, B1"
    assert '<html lang="nl">' in mail.html
    assert '<p lang="en">You can read this form in English: choose ‘English’ at the top of the form.</p>' in mail.html
    assert "You can read this form in English" in mail.text


def test_invitation_for_several_students(unit: ExamUnit, docent: User, english: Contact) -> None:
    assessments = [
        steps.start_assessment(MembershipFactory(school=english.school, student_number=number), unit, docent)
        for number in ("1", "2")
    ]
    for assessment in assessments:
        steps.choose(assessment, english)
    [mail] = invite.invite(assessments=assessments, contacts=[english], by=docent).mails
    check_english(mail)
    assert "asks you to assess 2 students" in mail.text


def test_reminder_new_link_and_send_back_mails(
    invitation: Invitation, english: Contact, committee_member: User
) -> None:
    invitation = Invitation.objects.get()
    mails.queue_reminder(invitation=invitation, open_parts=3, parts=4)
    check_english(latest())
    assert "Of your 4 parts, 3 are still open." in latest().text
    Invitation.objects.update(expires_at=timezone.now(), invited_at=timezone.now() - timedelta(days=99))
    invite.request_new_link(invitation=invitation)
    check_english(latest())
    assert latest().kind == "invitation"
    assessment = steps.assess(Invitation.objects.get())
    send_back.send_back(assessment=assessment, contacts=[english], by=committee_member, remark="Look again.")
    check_english(latest())
    assert latest().kind == "sent_back"


def test_colleague_gets_the_language_of_the_replaced_examiner(
    invitation: Invitation, english: Contact, docent: User
) -> None:
    proposal = Proposal(first_name="Nia", last_name="New", email="nia@bedrijf.test")
    proposal = proposals.propose(invitation=Invitation.objects.get(), proposal=proposal)
    assert '<html lang="nl">' in latest().html, "the teacher's"
    proposals.confirm(proposal=proposal, by=docent)
    assert latest().to == "nia@bedrijf.test"
    assert "Dear Nia New," in latest().text


def test_declined(invitation: Invitation, english: Contact, docent: User) -> None:
    proposal = Proposal(first_name="Nia", last_name="New", email="nia@bedrijf.test")
    proposals.decline(proposal=proposals.propose(invitation=Invitation.objects.get(), proposal=proposal), by=docent)
    check_english(latest())


def test_each_examiner_has_an_own_language(
    invitation: Invitation, second_examiner: Contact, english: Contact, docent: User
) -> None:
    replace(assessment=invitation.assessment, old=english, new=second_examiner, by=docent)
    assert "Geachte Tineke Tweede," in latest().text


def test_sender_language_does_not_change_the_mail(assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner)
    with translation.override("en"):
        steps.send_invitation(assessment, examiner)
    assert "Geachte Erik Examinator," in latest().text
