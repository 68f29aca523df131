"""Late examiners and reminders: the same link, once per pause, to examiners with open work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import School, User
from addressbook.models import Contact
from assessments import lifecycle, links, mails
from assessments.examiner import saving
from assessments.invitations import invite, reminders
from assessments.models import Assessment, Event, Invitation, InvitationQuerySet
from digibeoordelen.outbox import links as links_of_mail
from digibeoordelen.outbox.models import MailState, OutgoingMail
from exams.models import ExamUnit
from tests.factories import MembershipFactory
from tests.steps import assess, choose, fill_in, send_invitation, start_assessment

PassTime = Callable[..., None]
pytestmark = pytest.mark.usefixtures("at_noon")


def all_invitations() -> InvitationQuerySet:
    return Invitation.objects.all()


def newest_mail() -> OutgoingMail:
    return OutgoingMail.objects.latest("pk")


def reminder(invitation: Invitation, by: User | None = None) -> OutgoingMail | None:
    sent = reminders.remind(invitation=invitation, by=by or invitation.assessment.initiator)
    invitation.refresh_from_db()
    return sent


def plan(assessment: Assessment, planned_on: date | None) -> None:
    Assessment.objects.filter(pk=assessment.pk).update(planned_on=planned_on)


# --- The reminder ---------------------------------------------------------------------------------
def test_mail_names_initiator_student_date_and_open_parts(invitation: Invitation) -> None:
    parts = [column.assignment.part for column in saving.read_uncorrected(invitation.assessment).columns]
    fill_in(invitation, parts=parts[:1])
    invitation.assessment.live_assignments.filter(part=parts[0]).update(completed_at=timezone.now())
    assert reminder(invitation)
    mail = newest_mail()
    assert (mail.kind, mail.to, mail.reply_to) == ("reminder", "erik@bedrijf.test", "docent@hier.test")
    assert mail.subject == "Herinnering: wilt u Anouk van 't Hoff beoordelen? Verzorgende IG, B1"
    invited = timezone.localtime(invitation.invited_at)
    for phrase in (
        "Dirk Docent van ROC Hier vroeg u op",
        f"op {invited.day} ",
        "Anouk van 't Hoff",
        "Van uw 4 onderdelen staan er nog 3 open.",
        "docent@hier.test",
    ):
        assert phrase in mail.text
        assert phrase.replace("'", "&#x27;") in mail.html
    assert ">Start beoordeling</a>" in mail.html


@pytest.mark.parametrize(
    ("parts", "open_parts", "phrase"),
    [
        (1, 1, "Uw onderdeel staat nog open."),
        (4, 4, "Al uw 4 onderdelen staan nog open."),
        (4, 2, "Van uw 4 onderdelen staan er nog 2 open."),
        (4, 1, "Van uw 4 onderdelen staat er nog 1 open."),
    ],
)
def test_open_parts_are_counted_in_words(invitation: Invitation, parts: int, open_parts: int, phrase: str) -> None:
    mail = mails.queue_reminder(invitation=invitation, parts=parts, open_parts=open_parts)
    assert phrase in mail.text
    assert phrase in mail.html


def test_reminder_keeps_the_link_without_storing_it(invitation: Invitation) -> None:
    before = links.token_for(invitation=invitation)
    expires = invitation.expires_at
    reminder(invitation)
    mail = newest_mail()
    assert links.token_for(invitation=invitation) == before
    assert invitation.expires_at == expires
    assert before not in mail.text + mail.html + str(mail.links)
    assert links.resolve(mail.links["start"]["data"]).endswith(f"/beoordelen/{before}/")


def test_reminder_is_counted_logged_and_shown(invitation: Invitation, colleague: User) -> None:
    version, status = invitation.assessment.version, invitation.assessment.status
    reminder(invitation, by=colleague)
    assert (invitation.reminders, invitation.mail) == (1, newest_mail())
    event = invitation.assessment.events.last()
    assert (event.kind, event.actor, event.data) == (
        Event.Kind.REMINDED,
        colleague,
        {"examiner": "Erik Examinator", "number": 1},
    )
    invitation.assessment.refresh_from_db()
    assert (invitation.assessment.version, invitation.assessment.status) == (version, status)


def test_scheduled_reminder_is_logged_as_the_system(invitation: Invitation) -> None:
    assert reminders.remind(invitation=invitation, by=None)
    assert invitation.assessment.events.last().actor_name == "systeem"


def test_second_reminder_waits_for_the_pause(invitation: Invitation, pass_time: PassTime) -> None:
    assert reminder(invitation)
    assert not reminder(invitation)
    pass_time(hours=23)
    assert not reminder(invitation)
    assert OutgoingMail.objects.filter(kind="reminder").count() == 1
    pass_time(hours=2)
    assert reminder(invitation)
    assert invitation.reminders == 2


def test_withdrawn_invitation_is_not_reminded(invitation: Invitation, docent: User) -> None:
    invite.withdraw(invitation=invitation, by=docent)
    with pytest.raises(lifecycle.DomainError, match="ingetrokken"):
        reminder(invitation)


def test_expired_link_is_not_reminded(invitation: Invitation, pass_time: PassTime) -> None:
    pass_time(days=61)
    with pytest.raises(lifecycle.DomainError, match="nodig de examinator opnieuw uit"):
        reminder(invitation)


def test_completed_assessment_is_not_reminded(invitation: Invitation) -> None:
    assess(invitation)
    with pytest.raises(lifecycle.DomainError, match="Erik Examinator heeft alles al afgerond"):
        reminder(invitation)


def test_completed_examiner_is_not_reminded(
    assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    choose(assessment, examiner, second_examiner)
    done, busy = send_invitation(assessment, examiner), send_invitation(assessment, second_examiner)
    assess(done)
    with pytest.raises(lifecycle.DomainError, match="alles al afgerond"):
        reminder(done)
    assert reminder(busy)


def test_closed_assessment_is_not_reminded(invitation: Invitation, docent: User) -> None:
    lifecycle.cancel(assessment=invitation.assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    with pytest.raises(lifecycle.TransitionRefused):
        reminder(invitation)


def test_failed_mail_must_be_resent_first(invitation: Invitation) -> None:
    OutgoingMail.objects.update(state=MailState.FAILED, last_error="550 onbekend")
    with pytest.raises(lifecycle.DomainError, match="De vorige mail is mislukt"):
        reminder(invitation)
    assert OutgoingMail.objects.get() == invitation.mail


def test_new_invitation_resets_the_reminder_count(invitation: Invitation, docent: User) -> None:
    reminder(invitation)
    invite.withdraw(invitation=invitation, by=docent)
    again = send_invitation(invitation.assessment, invitation.contact)
    assert (again.pk, again.reminders, again.reminded_at) == (invitation.pk, 0, None)


def test_unremindable_invitation_does_not_block_others(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, docent: User
) -> None:
    choose(assessment, examiner, second_examiner)
    first, second = send_invitation(assessment, examiner), send_invitation(assessment, second_examiner)
    invite.withdraw(invitation=first, by=docent)
    done = reminders.remind_all(invitations=[first, second], by=docent)
    assert ([mail.to for mail in done.mails], done.skipped) == ([second_examiner.email], [])
    assert done.refused == [(first, "Deze uitnodiging is ingetrokken.")]


@pytest.fixture
def twelve(assessment: Assessment, school: School, unit: ExamUnit, docent: User, examiner: Contact) -> list[Invitation]:
    """One examiner's invitations for twelve students, each with its own mail."""
    others = [start_assessment(MembershipFactory(school=school), unit, docent) for _ in range(11)]
    for one in [assessment, *others]:
        choose(one, examiner)
    return [send_invitation(one, examiner) for one in [assessment, *others]]


def test_twelve_late_students_are_one_mail(twelve: list[Invitation], docent: User, pass_time: PassTime) -> None:
    pass_time(days=8)
    done = reminders.remind_all(invitations=reminders.with_names(reminders.late(among=all_invitations())), by=docent)
    [mail] = OutgoingMail.objects.filter(kind__startswith="reminder")
    assert (done.mails, done.sent, done.count) == ([mail], 12, 12)
    batch = links.open_batch_token(links_of_mail.resolve(mail.links)["start"].rsplit("/", 2)[1])
    assert batch is not None
    assert set(batch.generations) == {one.pk for one in twelve}
    assert mail.headers["List-Unsubscribe"] == "<[[link:stop]]>"
    for one in twelve:
        one.refresh_from_db()
        assert (one.mail, one.reminders, one.is_just_reminded) == (mail, 1, True)
        assert one.assessment.events.last().kind == Event.Kind.REMINDED


def test_unremindable_student_is_left_out_of_the_mail(
    twelve: list[Invitation], docent: User, pass_time: PassTime
) -> None:
    pass_time(days=8)
    invite.withdraw(invitation=twelve[3], by=docent)
    assert reminder(twelve[5])
    done = reminders.remind_all(invitations=twelve, by=docent)
    assert (done.sent, done.skipped) == (10, [twelve[5]])
    assert done.refused == [(twelve[3], "Deze uitnodiging is ingetrokken.")]
    assert len(done.mails) == 1


def test_students_of_several_initiators_share_a_mail(
    twelve: list[Invitation], docent: User, colleague: User, pass_time: PassTime
) -> None:
    Assessment.objects.filter(pk__in=[one.assessment_id for one in twelve[:2]]).update(initiator=colleague)
    pass_time(days=8)
    done = reminders.remind_all(invitations=reminders.with_names(reminders.late(among=all_invitations())), by=docent)
    [mail] = done.mails
    assert mail.about.count() == 12
    assert set(mail.reply_to.split(", ")) == {docent.email, colleague.email}
    assert mail.text.count(f"Gevraagd door {colleague.full_name}.") == 2
    assert f"{docent.full_name}, {docent.email}" in mail.text
    assert f"{colleague.full_name}, {colleague.email}" in mail.text


# --- Te laat -------------------------------------------------------------------------------------
@pytest.mark.parametrize("planned_in", [None, -3, 0, 1, 6, 7, 8, 20])
def test_invitation_is_late_after_its_last_day(
    invitation: Invitation, pass_time: PassTime, planned_in: int | None
) -> None:
    """`planned_in`: days from the invitation to the planned date; it came 3 days after it with -3."""
    invited = timezone.localdate(invitation.invited_at)
    plan(invitation.assessment, None if planned_in is None else invited + timedelta(days=planned_in))
    last_day = 7 if planned_in is None or planned_in < 0 else planned_in
    for day in range(25):
        fresh = Invitation.objects.select_related("assessment").get()
        assert reminders.days_late(fresh) == day - last_day
        assert list(reminders.late(among=all_invitations())) == ([fresh] if day > last_day else [])
        pass_time(days=1)


def test_late_counts_local_calendar_days(invitation: Invitation, time_machine) -> None:
    """Invited at 00:30 on 20 October, in Dutch summer time: 22:30 of the day before in UTC."""
    Invitation.objects.update(invited_at="2026-10-19T22:30:00+00:00", expires_at="2026-12-20T00:00:00+00:00")
    time_machine.move_to("2026-10-27T22:30:00+00:00")  # 27 October 23:30, in winter time
    assert not reminders.late(among=all_invitations())
    time_machine.move_to("2026-10-27T23:30:00+00:00")
    assert reminders.late(among=all_invitations()).get() == invitation


def test_completed_withdrawn_and_closed_are_not_late(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, docent: User, pass_time: PassTime
) -> None:
    choose(assessment, examiner, second_examiner)
    first, second = send_invitation(assessment, examiner), send_invitation(assessment, second_examiner)
    pass_time(days=8)
    assert set(reminders.late(among=all_invitations())) == {first, second}
    assess(first)
    assert set(reminders.late(among=all_invitations())) == {second}
    invite.withdraw(invitation=second, by=docent)
    assert not reminders.late(among=all_invitations())
    send_invitation(assessment, second_examiner)
    pass_time(days=8)
    assert set(reminders.late(among=all_invitations())) == {second}
    lifecycle.cancel(assessment=assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    assert not reminders.late(among=all_invitations())


def test_plan_leaves_out_who_cannot_be_reminded(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, docent: User, pass_time: PassTime
) -> None:
    choose(assessment, examiner, second_examiner)
    first, second = send_invitation(assessment, examiner), send_invitation(assessment, second_examiner)
    pass_time(days=8)

    def able() -> list[Invitation]:
        return reminders.plan_round(among=all_invitations()).to_send

    assert able() == [first, second]
    reminder(first)
    assert able() == [second]
    OutgoingMail.objects.filter(to="tineke@bedrijf.test").update(state=MailState.FAILED, last_error="550 onbekend")
    assert able() == []
    pass_time(days=2)
    assert able() == [first]
    pass_time(days=60)
    assert able() == []
    reasons = [why for _, why in reminders.plan_round(among=all_invitations()).passed_over]
    assert reasons == ["De link is verlopen; nodig de examinator opnieuw uit."] * 2


def test_round_is_limited_and_reports_the_rest(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, pass_time: PassTime, monkeypatch
) -> None:
    choose(assessment, examiner, second_examiner)
    first = send_invitation(assessment, examiner)
    send_invitation(assessment, second_examiner)
    pass_time(days=8)
    monkeypatch.setattr(reminders, "MAX_REMINDERS", 1)
    plan = reminders.plan_round(among=all_invitations())
    assert (plan.to_send, plan.left) == ([first], 1)
