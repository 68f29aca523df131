"""The mail to the student about a final result."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import TimeMachineFixture

from accounts.models import Membership, School, User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.models import Assessment, MailAbout, Status
from committee.decisions import batch_job
from committee.decisions.batch import Selected
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from committee.delivery.delivery import resend_message
from committee.models import FinalBatch
from digibeoordelen.outbox import worker
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import DROPPED
from tests import steps
from tests.factories import first_unit, make_exam

OFFICE = "bureau@hier.test"


def make_final(assessment: Assessment, by: User) -> Assessment:
    finalise(assessment=assessment, by=by, exam_office_email=OFFICE)
    assessment.refresh_from_db()
    return assessment


def student_mail() -> OutgoingMail:
    return OutgoingMail.objects.get(kind="final_student")


def test_mail_names_the_exam_and_links_to_the_result(assessed: Assessment, committee_member: User) -> None:
    make_final(assessed, committee_member)
    mail = student_mail()
    assert (mail.to, mail.to_name) == ("anouk@hier.test", "Anouk van 't Hoff")
    assert mail.subject == "Uw beoordeling van Verzorgende IG, B1 is vastgesteld"
    assert reverse("assessments:my_exams") in mail.text
    assert mail.reply_to == committee_member.email
    assert MailAbout.objects.get(mail=mail).assessment == assessed


def test_mail_has_neither_grade_nor_result(assessed: Assessment, committee_member: User) -> None:
    make_final(assessed, committee_member)
    assert (assessed.ovg, str(assessed.grade)) == ("V", "5.5")
    mail = student_mail()
    for text in (mail.subject, mail.text, re.sub(r"<[^>]*>", " ", mail.html)):
        assert not re.search(r"5[.,]5|\b[OVG]\b|(on)?voldoende\b", text)


@pytest.mark.parametrize("how", ["Mail <uw bezwaar> naar\ncommissie@hier.test.", ""])
def test_mail_explains_how_and_until_when_to_appeal(
    assessed: Assessment, committee_member: User, time_machine: TimeMachineFixture, how: str
) -> None:
    School.objects.update(appeal_text=how, appeal_days=10)
    time_machine.move_to("2026-11-02T12:00+01:00")
    make_final(assessed, committee_member)
    mail = student_mail()
    for text in (mail.text, mail.html):
        assert "U kunt bezwaar maken tot en met do 12 nov 2026." in text
        assert ("Vraag bij uw school hoe u dat doet." in text) is not how
    if how:
        assert how in mail.text
        assert "Mail &lt;uw bezwaar&gt; naar<br>commissie@hier.test." in mail.html


def test_batch_notifies_each_student(assessed: Assessment, committee_member: User, school: School) -> None:
    batch = batch_job.start(
        selected=[Selected(assessed, assessed.version, proposing=False)],
        school=school,
        by=committee_member,
        exam_office_email=OFFICE,
    )
    FinalBatch.objects.run(batch.pk)
    assert student_mail().to == "anouk@hier.test"


@pytest.fixture
def two(assessed: Assessment, docent: User, examiner: Contact) -> list[Assessment]:
    """ASSESSED, of one student: the second is of another exam."""
    exam = make_exam(code="25999", title="Kok")
    exam.account_exams.create(user=docent)
    other = steps.start_assessment(assessed.student, first_unit(exam), docent)
    steps.choose(other, examiner)
    return [assessed, steps.assess(steps.send_invitation(other, examiner))]


@pytest.fixture
def two_final(two: list[Assessment], committee_member: User, school: School) -> list[Assessment]:
    batch_job.start(
        selected=[Selected(one, one.version, proposing=False) for one in two],
        school=school,
        by=committee_member,
        exam_office_email=OFFICE,
    )
    return [Assessment.objects.get(pk=one.pk) for one in two]


def test_batch_mails_a_student_once_about_several_results(two_final: list[Assessment]) -> None:
    mail = student_mail()
    assert mail.subject == "2 beoordelingen van Verzorgende IG, Kok zijn vastgesteld"
    for assessment in two_final:
        assert f"{assessment.exam.title}, {assessment.unit}" in mail.text
    assert {about.assessment for about in MailAbout.objects.filter(mail=mail)} == set(two_final)


def test_withdrawing_one_of_several_mails_about_the_others(two_final: list[Assessment], committee_member: User) -> None:
    first, second = two_final
    withdraw_final(assessment=first, by=committee_member, reason="Verkeerd.")
    waiting = OutgoingMail.objects.filter(kind="final_student", dropped_at=None).get()
    assert waiting.subject == "Uw beoordeling van Kok, B1 is vastgesteld"
    assert MailAbout.objects.get(mail=waiting).assessment == second


def test_failed_mail_about_several_results_is_sent_again_whole(
    two_final: list[Assessment], committee_member: User
) -> None:
    OutgoingMail.objects.filter(kind="final_student").update(state=MailState.FAILED, last_error="550")
    about = MailAbout.objects.filter(mail__kind="final_student").select_related("assessment")[0]
    again = resend_message(about=about, by=committee_member)
    assert {about.assessment for about in MailAbout.objects.filter(mail=again)} == set(two_final)
    assert not MailAbout.objects.failed().exists()


def test_refused_finalisation_sends_no_mail(disputed: Assessment, committee_member: User) -> None:
    with pytest.raises(lifecycle.DomainError):
        make_final(disputed, committee_member)
    assert not OutgoingMail.objects.filter(kind="final_student").exists()


def test_waiting_mail_is_dropped_on_withdrawal(assessed: Assessment, committee_member: User) -> None:
    make_final(assessed, committee_member)
    mail = student_mail()
    withdraw_final(assessment=assessed, by=committee_member, reason="Verkeerd.")
    mail.refresh_from_db()
    assert (mail.state, mail.last_error) == (MailState.FAILED, DROPPED)
    assert not worker.claim(mail.pk)
    assert OutgoingMail.objects.filter(kind="result_withdrawn_student").count() == 1


class TestTerm:
    """The last day is stored with the result; later changes of the setting do not affect it."""

    @pytest.fixture
    def own(self, client: Client, student: Membership) -> Client:
        client.force_login(student.user)
        return client

    def test_shorter_term_applies_to_later_results(
        self, own: Client, assessed: Assessment, committee_member: User, time_machine: TimeMachineFixture
    ) -> None:
        time_machine.move_to("2026-11-02T12:00+01:00", tick=False)
        make_final(assessed, committee_member)
        School.objects.update(appeal_days=1)
        time_machine.move_to("2026-11-05T12:00+01:00", tick=False)
        own.force_login(assessed.student.user)
        page = " ".join(own.get(reverse("assessments:my_exams")).content.decode().split())
        assert "U kunt bezwaar maken tot en met ma 16 nov 2026." in page
        own.force_login(committee_member)
        page = " ".join(own.get(reverse("committee:afname", args=[assessed.public_id])).content.decode().split())
        assert "De student kan bezwaar maken tot en met ma 16 nov 2026." in page

    @pytest.mark.parametrize(
        ("moment", "last"),
        [("2026-11-22T23:30Z", date(2026, 12, 7)), ("2026-07-01T22:30Z", date(2026, 7, 16))],
    )
    def test_term_counts_from_the_dutch_day(
        self, assessed: Assessment, committee_member: User, time_machine: TimeMachineFixture, moment: str, last: date
    ) -> None:
        time_machine.move_to(moment)
        assert make_final(assessed, committee_member).appeal_until == last

    def test_each_result_has_its_own_term(
        self, assessed: Assessment, committee_member: User, time_machine: TimeMachineFixture
    ) -> None:
        time_machine.move_to("2026-11-02T12:00+01:00")
        make_final(assessed, committee_member)
        withdraw_final(assessment=assessed, by=committee_member, reason="Verkeerd.")
        assessed.refresh_from_db()
        assert (assessed.status, assessed.appeal_until, assessed.can_be_appealed) == (Status.ASSESSED, None, False)
        time_machine.move_to("2026-11-09T12:00+01:00")
        assert make_final(assessed, committee_member).appeal_until == date(2026, 11, 23)
