"""A student or initiator who left: mails about them stop, and pages show it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from time_machine import TimeMachineFixture

from accounts.models import Membership, Role, School, User
from accounts.people.roles import grant, leave
from addressbook.models import Contact
from assessments import leavers, lifecycle, links
from assessments.invitations import invite, proposals, reminders, scheduled_reminders, send_back
from assessments.invitations.replace import replace
from assessments.models import (
    Assessment,
    Event,
    Invitation,
    MailAbout,
    Proposal,
    Status,
    initiator_left,
    student_left,
)
from assessments.start import start
from committee.decisions import cancel, finalise
from committee.decisions.withdraw_final import withdraw_final
from committee.delivery import delivery
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.worker import deliver
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory, member

PassTime = Callable[..., None]

pytestmark = pytest.mark.usefixtures("on_a_monday")


@pytest.fixture
def on_a_monday(time_machine: TimeMachineFixture) -> None:
    """Start in office hours, so that the same hour two weeks later is too."""
    time_machine.move_to(datetime(2026, 11, 2, 11, tzinfo=ZoneInfo("Europe/Amsterdam")))


@pytest.fixture
def administrator(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER)


@pytest.fixture
def student_leaves(student: Membership, school: School, administrator: User) -> Callable[[], None]:
    def leaves() -> None:
        leave(school=school, user=student.user, by=administrator)

    return leaves


@pytest.fixture
def docent_leaves(docent: User, school: School, administrator: User) -> Callable[[], None]:
    def leaves() -> None:
        leave(school=school, user=docent, by=administrator)

    return leaves


def mails() -> int:
    return OutgoingMail.objects.count()


def page(client: Client, name: str, *args: object) -> str:
    return " ".join(client.get(reverse(name, args=args)).content.decode().split())


# --- Leavers -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("left_on", "active", "left"),
    [
        (None, True, False),
        (0, True, True),
        (-1, True, False),  # before the start: a returned member
        (1, True, False),
        (None, False, True),
    ],
)
def test_query_and_instance_agree_on_leavers(
    assessment: Assessment, pass_time: PassTime, left_on: int | None, active: bool, left: bool
) -> None:
    day = None if left_on is None else timezone.localdate() + timedelta(days=left_on)
    Membership.objects.filter(pk=assessment.student_id).update(left_on=day)
    User.objects.filter(pk=assessment.student.user_id).update(is_active=active)
    fresh = Assessment.objects.for_pages().get()
    assert fresh.student_left is left
    assert Assessment.objects.filter(student_left()).exists() is left
    assert Assessment.objects.exclude(student_left() | initiator_left()).exists() is not left


def test_returned_member_is_no_leaver(
    assessment: Assessment, student_leaves, school: School, administrator: User
) -> None:
    student_leaves()
    assert Assessment.objects.get().student_left
    grant(school=school, user=assessment.student.user, role=Role.STUDENT, by=administrator, how="BY_HAND")
    assert not Assessment.objects.get().student_left


# --- Reminders -----------------------------------------------------------------------------------
@pytest.mark.parametrize("leaver", ["student_leaves", "docent_leaves"])
def test_reminders_pause_after_leaving(
    invitation: Invitation, colleague: User, leaver: str, pass_time: PassTime, request: pytest.FixtureRequest
) -> None:
    pass_time(days=14)
    request.getfixturevalue(leaver)()
    before, among = mails(), Invitation.objects.all()
    assert scheduled_reminders.send_due() == 0
    [(_, why)] = reminders.plan_round(among=among).passed_over
    done = reminders.remind_all(invitations=among, by=colleague)
    assert done.refused == [(invitation, why)]
    assert mails() == before


def test_reminders_resume_after_taking_over(
    invitation: Invitation, colleague: User, docent_leaves, client: Client, pass_time: PassTime
) -> None:
    pass_time(days=14)
    docent_leaves()
    client.force_login(colleague)
    assert "Overnemen" in page(client, "assessments:detail", invitation.assessment.public_id)
    client.post(reverse("assessments:become_initiator", args=[invitation.assessment.public_id]))
    event = Event.objects.get(kind=Event.Kind.TAKEN_OVER)
    assert (event.actor, event.data) == (colleague, {"reason": "In plaats van Dirk Docent."})
    assert scheduled_reminders.send_due() == 1
    assert OutgoingMail.objects.latest("pk").reply_to == colleague.email
    assert "Overnemen" not in page(client, "assessments:detail", invitation.assessment.public_id)


def test_present_initiator_is_not_replaced(assessment: Assessment, colleague: User) -> None:
    with pytest.raises(lifecycle.DomainError, match="Dirk Docent volgt deze beoordeling zelf"):
        leavers.reassign(assessment=assessment, by=colleague)


# --- Other mails -----------------------------------------------------------------------------------
def test_former_student_gets_no_invitations(
    invitation: Invitation, second_examiner: Contact, docent: User, student_leaves
) -> None:
    steps.choose(invitation.assessment, invitation.contact, second_examiner)
    student_leaves()
    before = mails()
    assessment = Assessment.objects.get()
    for ask in (
        lambda: steps.invite_for_one(assessment, contacts=[second_examiner], by=docent),
        lambda: invite.invite_again(invitation=invitation, by=docent),
        lambda: invite.request_new_link(invitation=invitation),
        lambda: proposals.propose(
            invitation=invitation,
            proposal=Proposal(invitation=invitation, first_name="Nia", last_name="Nieuw", email="nia@bedrijf.test"),
        ),
    ):
        with pytest.raises(lifecycle.DomainError, match="uitgeschreven"):
            ask()
    contact = invitation.contact
    contact.email = "nieuw@bedrijf.test"
    contact.save()
    assert invite.invite_at_new_address(contact=contact, by=docent) == 0
    assert mails() == before


@pytest.mark.parametrize("leaver", ["student_leaves", "docent_leaves"])
def test_replacement_is_not_invited_for_a_former_student(
    invitation: Invitation, second_examiner: Contact, colleague: User, leaver: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(leaver)()
    before = mails()
    with pytest.raises(lifecycle.DomainError, match=r"uitgeschreven|is weg"):
        replace(assessment=invitation.assessment, old=invitation.contact, new=second_examiner, by=colleague)
    assert mails() == before


def proposed(invitation: Invitation) -> Proposal:
    """The examiner's stored proposal of a colleague."""
    colleague = Proposal(invitation=invitation, first_name="Nia", last_name="Nieuw", email="nia@bedrijf.test")
    return proposals.propose(invitation=Invitation.objects.get(pk=invitation.pk), proposal=colleague)


@pytest.mark.parametrize("confirms", [True, False])
def test_proposal_waits_while_the_initiator_is_gone(invitation: Invitation, confirms: bool, docent_leaves) -> None:
    School.objects.update(confirm_proposals=confirms)
    docent_leaves()
    before = mails()
    assert proposed(invitation).state == Proposal.State.OPEN
    assert mails() == before


@pytest.mark.parametrize("leaver", ["student_leaves", "docent_leaves"])
def test_declined_proposal_sends_no_mail(
    invitation: Invitation, colleague: User, leaver: str, request: pytest.FixtureRequest
) -> None:
    proposal = proposed(invitation)
    request.getfixturevalue(leaver)()
    before = mails()
    proposals.decline(proposal=Proposal.objects.get(pk=proposal.pk), by=colleague)
    assert mails() == before


def test_completion_for_a_former_student_sends_no_mail(invitation: Invitation, student_leaves) -> None:
    student_leaves()
    before = mails()
    steps.assess(Invitation.objects.select_related("assessment").get())
    assert Assessment.objects.get().status == Status.ASSESSED
    assert mails() == before


def test_committee_cannot_send_back(
    assessed: Assessment, invitation: Invitation, committee_member: User, student_leaves
) -> None:
    student_leaves()
    with pytest.raises(lifecycle.DomainError, match="uitgeschreven"):
        send_back.send_back(
            assessment=assessed, contacts=[invitation.contact], by=committee_member, remark="Kijk nog eens."
        )


def test_committee_decisions_mail_only_the_exam_office(
    assessed: Assessment, committee_member: User, student_leaves
) -> None:
    student_leaves()
    OutgoingMail.objects.all().delete()
    finalise.finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    withdraw_final(assessment=assessed, by=committee_member, reason="Klopt niet.")
    cancel.cancel(
        assessment=assessed, by=committee_member, kind=cancel.CancelKind.OTHER, reason="De student is uitgeschreven."
    )
    assert set(OutgoingMail.objects.values_list("kind", flat=True)) <= {"result", "result_withdrawn"}


def test_cancelling_for_a_former_student_sends_no_mail(
    invitation: Invitation, committee_member: User, student_leaves
) -> None:
    student_leaves()
    before, assessment = mails(), Assessment.objects.get()
    assert cancel.open_requests(assessment) == []
    mailed = cancel.cancel(assessment=assessment, by=committee_member, kind=cancel.CancelKind.OTHER, reason="Weg.")
    assert (mailed, mails()) == ([], before)


def test_cancelling_does_not_notify_a_former_initiator(
    invitation: Invitation, committee_member: User, docent_leaves
) -> None:
    docent_leaves()
    OutgoingMail.objects.all().delete()
    cancel.cancel(
        assessment=Assessment.objects.get(), by=committee_member, kind=cancel.CancelKind.OTHER, reason="Dubbel."
    )
    reply_to = dict(OutgoingMail.objects.values_list("kind", "reply_to"))
    assert reply_to.keys() == {"cancelled", "cancelled_student"}
    assert reply_to["cancelled"] == committee_member.email


@pytest.mark.parametrize("leaver", ["student_leaves", "docent_leaves"])
def test_queued_reminder_is_not_sent(invitation: Invitation, leaver: str, request: pytest.FixtureRequest) -> None:
    mail = reminders.remind(invitation=invitation, by=None)
    assert mail
    request.getfixturevalue(leaver)()
    deliver(mail.pk)
    mail.refresh_from_db()
    assert mail.state == MailState.FAILED
    assert mail.last_error.startswith("Niet verzonden: de ")
    assert mail.dropped_at is not None


def test_queued_mail_to_the_exam_office_is_sent(assessed: Assessment, committee_member: User, student_leaves) -> None:
    finalise.finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    student_leaves()
    final_mail = OutgoingMail.objects.get(kind="final_student")
    deliver(final_mail.pk)
    final_mail.refresh_from_db()
    assert final_mail.state == MailState.FAILED
    about = final_mail.about.get()
    OutgoingMail.objects.filter(pk=final_mail.pk).update(kind="result")
    assert leavers.why_not_to_send([about.mail_id]) == {}


def test_failed_mail_to_a_former_student_is_not_resent(
    assessed: Assessment, committee_member: User, student_leaves
) -> None:
    finalise.finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    OutgoingMail.objects.filter(kind="final_student").update(state=MailState.FAILED, last_error="550 Weg.")
    student_leaves()
    before, about = mails(), MailAbout.objects.get(mail__kind="final_student")
    with pytest.raises(lifecycle.DomainError, match="uitgeschreven"):
        delivery.resend_message(about=about, by=committee_member)
    assert mails() == before


def test_expired_link_for_a_former_student_is_not_renewed(
    client: Client, invitation: Invitation, student_leaves, pass_time: PassTime
) -> None:
    token = links.token_for(invitation=invitation)
    pass_time(days=invitation.assessment.school.link_days + 1)
    new_link = reverse("assessments:new_link", args=[token])
    assert new_link in page(client, "assessments:open_link", token)
    student_leaves()
    assert new_link not in page(client, "assessments:open_link", token)


# --- Screens -------------------------------------------------------------------------------------
def test_docent_sees_the_leaver_and_undoes_the_start(
    client: Client, invitation: Invitation, docent: User, unit: ExamUnit, student_leaves
) -> None:
    client.force_login(docent)
    assert "Student is uitgeschreven" not in page(client, "assessments:unit_list", unit.pk)
    student_leaves()
    before = mails()
    assert "Student is uitgeschreven" in page(client, "assessments:unit_list", unit.pk)
    assessment = Assessment.objects.get()
    detail = page(client, "assessments:detail", assessment.public_id)
    assert "De student is uitgeschreven." in detail
    address = reverse("assessments:take_back", args=[assessment.public_id])
    assert f'href="{address}">Beoordeling intrekken</a>' in detail
    assert "er gaat geen mail uit" in page(client, "assessments:take_back", assessment.public_id)
    client.post(address, {"version": assessment.version})
    assessment.refresh_from_db()
    assert (assessment.status, assessment.cancel_reason) == (Status.CANCELLED, start.LEFT)
    assert not assessment.counts_as_attempt
    assert mails() == before


def test_docent_cannot_cancel_an_assessed_assessment(assessed: Assessment, student_leaves) -> None:
    student_leaves()
    assert not start.can_undo_start(Assessment.objects.get())


def test_committee_sees_the_leaver(
    client: Client, assessed: Assessment, committee_member: User, student_leaves, docent_leaves
) -> None:
    client.force_login(committee_member)
    student_leaves()
    docent_leaves()
    listed, detail = page(client, "committee:afnames"), page(client, "committee:afname", assessed.public_id)
    assert "Student is uitgeschreven" in listed
    assert "De student is uitgeschreven." in detail
    assert "Docent is weg" in listed + detail


def test_committee_sees_no_leaver_once_closed(
    client: Client, assessment: Assessment, committee_member: User, docent: User, student_leaves
) -> None:
    client.force_login(committee_member)
    student_leaves()
    start.undo_start(assessment=assessment, by=docent)
    closed = client.get(reverse("committee:afnames"), {"status": "CANCELLED"}).content.decode()
    assert str(assessment.public_id) in closed
    assert "Student is uitgeschreven" not in closed


def test_school_administrators_see_only_counts(
    client: Client, invitation: Invitation, administrator: User, school: School, unit: ExamUnit, student_leaves
) -> None:
    other = steps.start_assessment(MembershipFactory(school=school), unit, invitation.assessment.initiator)
    Assessment.objects.filter(pk=other.pk).update(initiator=member(school, Role.STUDENT))
    student_leaves()
    client.force_login(administrator)
    overview = page(client, "school:overview", school.pk)
    assert "1 beoordeling loopt nog voor een student die is uitgeschreven." in overview
    assert "1 beoordeling loopt nog van een docent die weg is." in overview
    assert "Anouk" not in overview


def test_future_leaving_date_changes_nothing(invitation: Invitation, pass_time: PassTime) -> None:
    ahead = timezone.localdate() + timedelta(days=20)
    Membership.objects.filter(pk=invitation.assessment.student_id).update(left_on=ahead)
    pass_time(days=14)
    assert scheduled_reminders.send_due() == 1
    pass_time(days=7)
    assert Assessment.objects.get().student_left
