"""Scheduled reminders: at most three, in office hours, not to examiners who completed or unsubscribed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from time_machine import TimeMachineFixture, travel

from accounts.models import Membership, School, User
from addressbook.models import Contact
from assessments import lifecycle, unsubscribe
from assessments.invitations import invite, reminders, scheduled_reminders, send_back, working_hours
from assessments.invitations.scheduled_reminders import send_planned_reminders
from assessments.models import Assessment, Event, Invitation, PlannedReminder
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.worker import deliver
from exams.models import ExamUnit
from tests.concurrency import at_once
from tests.factories import ContactFactory, MembershipFactory, SchoolFactory, first_unit, make_exam, member
from tests.steps import assess, choose, send_invitation, start_assessment

HERE = ZoneInfo("Europe/Amsterdam")
At = Callable[[str], int]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HERE)


@pytest.fixture
def at(time_machine: TimeMachineFixture) -> At:
    """`at("2026-11-09 09:00")` runs the scheduler at that local time and returns how many mails it sent."""

    def at(text: str) -> int:
        time_machine.move_to(moment(text), tick=False)
        return scheduled_reminders.send_due()

    return at


@pytest.fixture
def pending(at: At, assessment: Assessment, examiner: Contact) -> Invitation:
    """Invited on Monday 2 November 2026 at 10:00, no date planned."""
    at("2026-11-02 10:00")
    choose(assessment, examiner)
    return send_invitation(assessment, examiner)


def plan(assessment: Assessment, day: date | None) -> None:
    Assessment.objects.filter(pk=assessment.pk).update(planned_on=day)


def sent() -> list[str]:
    return list(PlannedReminder.objects.filter(is_sent=True).order_by("at").values_list("kind", flat=True))


def skipped() -> list[str]:
    return list(PlannedReminder.objects.filter(is_sent=False).order_by("pk").values_list("kind", flat=True))


# --- Schedule ------------------------------------------------------------------------------------
def test_reminders_follow_after_one_and_two_weeks(pending: Invitation, at: At) -> None:
    assert at("2026-11-09 09:59") == 0
    assert at("2026-11-09 10:00") == 1
    assert at("2026-11-09 10:30") == 0
    assert at("2026-11-16 09:59") == 0
    assert at("2026-11-16 10:00") == 1
    assert [at(f"2026-{day} 10:00") for day in ("11-23", "11-30", "12-07")] == [0, 0, 0]
    assert sent() == ["DAY_7", "DAY_14"]
    assert OutgoingMail.objects.filter(kind="reminder").count() == 2


def test_reminder_precedes_the_planned_date_by_three_days(pending: Invitation, at: At) -> None:
    plan(pending.assessment, date(2026, 11, 27))  # a Friday
    assert [at("2026-11-09 10:00"), at("2026-11-16 10:00")] == [1, 1]
    assert at("2026-11-24 07:59") == 0
    assert at("2026-11-24 08:00") == 1
    assert at("2026-11-27 09:00") == 0
    assert sent() == ["DAY_7", "DAY_14", "BEFORE"]


@pytest.mark.parametrize("planned", [date(2026, 11, 24), date(2026, 11, 25)])  # 3 days before: Saturday, Sunday
def test_weekend_reminder_before_the_date_moves_to_friday(pending: Invitation, at: At, planned: date) -> None:
    plan(pending.assessment, planned)
    at("2026-11-09 10:00"), at("2026-11-16 10:00")
    assert at("2026-11-19 17:00") == 0
    assert at("2026-11-20 08:00") == 1
    assert sent()[-1] == "BEFORE"


def test_near_planned_date_gets_no_early_reminder(pending: Invitation, at: At) -> None:
    plan(pending.assessment, date(2026, 11, 5))
    assert [at(f"2026-11-0{day} 12:00") for day in (2, 3, 4, 5, 6)] == [0] * 5


@pytest.mark.parametrize(
    ("invited", "too_early", "first"),
    [
        ("2026-11-07 10:00", "2026-11-14 12:00", "2026-11-16 08:00"),  # a Saturday: on Monday morning
        ("2026-11-02 20:00", "2026-11-09 20:00", "2026-11-10 08:00"),  # in the evening: the next morning
        ("2026-11-03 03:00", "2026-11-10 07:30", "2026-11-10 08:00"),  # at night: in the morning
        ("2026-12-18 10:00", "2026-12-25 10:00", "2026-12-28 08:00"),  # Christmas on a Friday, then the weekend
        ("2026-10-19 10:00", "2026-10-26 09:30", "2026-10-26 10:00"),  # over the end of summer time
    ],
)
def test_reminders_go_out_in_office_hours_only(
    at: At, assessment: Assessment, examiner: Contact, invited: str, too_early: str, first: str
) -> None:
    at(invited)
    choose(assessment, examiner)
    send_invitation(assessment, examiner)
    if invited.startswith("2026-10"):  # seven times 24 hours: an hour earlier by the clock
        first, too_early = "2026-10-26 09:00", "2026-10-26 08:59"
    assert at(too_early) == 0
    assert at(first) == 1


def test_overdue_one_waits_for_the_next_morning(pending: Invitation, at: At) -> None:
    assert at("2026-11-09 18:00") == 0
    assert at("2026-11-10 07:59") == 0
    assert at("2026-11-10 08:00") == 1


def test_a_run_stops_at_closing_time(
    pending: Invitation,
    at: At,
    second_examiner: Contact,
    time_machine: TimeMachineFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose(pending.assessment, pending.contact, second_examiner)
    send_invitation(pending.assessment, second_examiner)
    send = scheduled_reminders.send

    def send_slowly(**values: Any) -> OutgoingMail:
        time_machine.move_to(moment("2026-11-09 18:00"), tick=False)
        return send(**values)

    monkeypatch.setattr(scheduled_reminders, "send", send_slowly)
    assert at("2026-11-09 17:59") == 1
    assert at("2026-11-10 08:00") == 1


def test_one_reminder_is_sent_after_an_outage(pending: Invitation, at: At) -> None:
    plan(pending.assessment, date(2026, 11, 18))  # 'before' is due on Friday 13, the second week on Monday 16
    at("2026-11-09 10:00")
    assert at("2026-11-17 09:00") == 1
    assert at("2026-11-18 09:00") == 0
    assert (sent(), skipped()) == (["DAY_7", "DAY_14"], ["BEFORE"])


def test_reminder_overdue_by_a_week_is_dropped(pending: Invitation, at: At) -> None:
    assert at("2026-12-01 10:00") == 0


# --- Exclusions ----------------------------------------------------------------------------------
def test_completed_withdrawn_and_closed_get_no_reminder(
    pending: Invitation, at: At, second_examiner: Contact, docent: User
) -> None:
    assessment = pending.assessment
    choose(assessment, pending.contact, second_examiner)
    other = send_invitation(assessment, second_examiner)
    assess(pending)
    assert at("2026-11-09 11:00") == 1
    assert OutgoingMail.objects.get(kind="reminder").to == second_examiner.email
    invite.withdraw(invitation=other, by=docent)
    assert at("2026-11-16 11:00") == 0
    at("2026-11-17 10:00")
    send_invitation(assessment, second_examiner)
    lifecycle.cancel(assessment=assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    assert at("2026-11-24 11:00") == 0


def test_school_can_disable_reminders(pending: Invitation, at: At, school: School) -> None:
    School.objects.filter(pk=school.pk).update(reminders_on=False)
    assert at("2026-11-09 10:00") == 0
    School.objects.filter(pk=school.pk).update(reminders_on=True)
    assert at("2026-11-09 10:30") == 1


def test_expiring_link_gets_no_reminder(pending: Invitation, at: At) -> None:
    Invitation.objects.update(expires_at=moment("2026-11-08 10:00"))
    assert at("2026-11-09 10:00") == 0


def test_reminder_waits_while_the_last_mail_failed(pending: Invitation, at: At) -> None:
    OutgoingMail.objects.update(state=MailState.FAILED, last_error="550 onbekend")
    assert at("2026-11-09 10:00") == 0
    OutgoingMail.objects.update(state=MailState.QUEUED, last_error="")
    assert at("2026-11-10 10:00") == 1


def test_manual_reminder_replaces_the_scheduled_one(pending: Invitation, at: At, docent: User) -> None:
    at("2026-11-08 15:00")
    reminders.remind(invitation=pending, by=docent)
    assert at("2026-11-09 10:00") == 0
    assert at("2026-11-10 10:00") == 0
    assert (sent(), skipped()) == ([], ["DAY_7"])
    assert at("2026-11-16 10:00") == 1


def test_new_link_restarts_the_schedule(pending: Invitation, at: At, docent: User) -> None:
    at("2026-11-09 10:00")
    at("2026-11-12 10:00")
    invite.invite_again(invitation=pending, by=docent)
    assert at("2026-11-16 10:00") == 0
    assert [at("2026-11-19 10:00"), at("2026-11-26 10:00")] == [1, 1]


def test_sending_back_restarts_the_schedule(pending: Invitation, at: At, committee_member: User) -> None:
    assessed = assess(pending)
    at("2026-11-06 10:00")
    send_back.send_back(assessment=assessed, contacts=[pending.contact], by=committee_member, remark="Kijk nog eens.")
    assert at("2026-11-09 10:00") == 0
    assert at("2026-11-13 10:00") == 1


# --- Idempotence ---------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_concurrent_runs_send_one_reminder(pending: Invitation, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    at("2026-11-09 09:00")
    Invitation.objects.update(asked_at=moment("2026-11-02 08:30"))
    assert sum(at_once(scheduled_reminders.send_due, scheduled_reminders.send_due)) == 1
    assert OutgoingMail.objects.filter(kind="reminder").count() == 1


def test_next_run_finishes_an_interrupted_one(pending: Invitation, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:

        def die(*args: object, **kwargs: object) -> None:
            raise SystemExit

        patch.setattr(PlannedReminder.objects, "bulk_create", die)
        with pytest.raises(SystemExit):
            at("2026-11-09 10:00")
    assert not OutgoingMail.objects.filter(kind="reminder").exists()
    assert at("2026-11-09 10:30") == 1


def test_unremindable_invitation_does_not_block_others(
    pending: Invitation, at: At, second_examiner: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(pending.assessment, pending.contact, second_examiner)
    send_invitation(pending.assessment, second_examiner)
    make_ready = scheduled_reminders.make_ready

    def refuse_one(current: Assessment, *, pk: int) -> reminders.Ready | None:
        if pk == pending.pk:
            raise lifecycle.DomainError("Nee.")
        return make_ready(current, pk=pk)

    monkeypatch.setattr(scheduled_reminders, "make_ready", refuse_one)
    assert at("2026-11-09 10:00") == 1


def test_task_sends_reminders(pending: Invitation, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(moment("2026-11-09 10:00"))
    send_planned_reminders()
    assert sent() == ["DAY_7"]


def test_invitations_that_are_not_due_cost_no_query(
    pending: Invitation, at: At, unit, docent: User, school: School, django_assert_num_queries
) -> None:
    for _ in range(3):
        other = start_assessment(MembershipFactory(school=school), unit, docent)
        choose(other, pending.contact)
        send_invitation(other, pending.contact)
    assert at("2026-11-09 10:00") == 4
    with django_assert_num_queries(1):
        assert at("2026-11-09 10:30") == 0


# --- Batch mails -----------------------------------------------------------------------------------
class TestBatch:
    @pytest.fixture
    def more(self, pending: Invitation, at: At, unit: ExamUnit, docent: User, school: School) -> list[Invitation]:
        """Erik's invitations for two more students, later on the same Monday."""
        invitations = []
        for hour, name in ((11, "Zwart"), (16, "Aalbers")):
            at(f"2026-11-02 {hour}:00")
            student = MembershipFactory(school=school, user__first_name="Sam", user__last_name=name)
            other = start_assessment(student, unit, docent)
            choose(other, pending.contact)
            invitations.append(send_invitation(other, pending.contact))
        return invitations

    def test_batch_mail_names_all_and_is_sent_once_daily(
        self, pending: Invitation, more: list[Invitation], at: At
    ) -> None:
        assert [at(f"2026-11-09 {time}") for time in ("09:30", "10:00", "11:30", "16:30")] == [0, 3, 0, 0]
        [mail] = OutgoingMail.objects.filter(kind="reminder_together")
        assert mail.subject == "Herinnering: wilt u 3 studenten beoordelen (9 november 2026)? Verzorgende IG"
        names = ["Sam Aalbers", "Anouk van 't Hoff", "Sam Zwart"]
        assert sorted(names, key=mail.text.index) == names
        assert mail.text.count("Al uw 4 onderdelen staan nog open.") == 3
        assert mail.html.count(">Start beoordeling</a>") == 1
        assert set(Invitation.objects.values_list("mail", "reminders")) == {(mail.pk, 1)}
        assert Event.objects.filter(kind=Event.Kind.REMINDED).count() == 3
        assert [at(f"2026-11-16 {time}") for time in ("10:00", "17:00")] == [3, 0]
        assert at("2026-11-23 10:00") == 0

    def test_completed_and_just_reminded_students_are_left_out(
        self, pending: Invitation, more: list[Invitation], at: At, docent: User
    ) -> None:
        assess(more[0])
        at("2026-11-09 09:00")
        reminders.remind(invitation=more[1], by=docent)
        assert at("2026-11-09 10:00") == 1
        assert "Anouk van 't Hoff" in OutgoingMail.objects.latest("pk").subject
        assert (sent(), skipped()) == (["DAY_7"], ["DAY_7"])

    def test_unremindable_student_does_not_block_the_mail(
        self, pending: Invitation, more: list[Invitation], at: At, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lifecycle, "refuse_if_closed", self.refuse(more[0].assessment))
        assert at("2026-11-09 10:00") == 2
        assert PlannedReminder.objects.count() == 2

    def refuse(self, refused: Assessment) -> Callable[[Assessment], None]:
        def refuse_if_closed(assessment: Assessment) -> None:
            if assessment.pk == refused.pk:
                raise lifecycle.DomainError("Nee.")

        return refuse_if_closed

    def test_students_of_another_teacher_are_in_the_same_mail(
        self, pending: Invitation, more: list[Invitation], at: At, colleague: User
    ) -> None:
        Assessment.objects.filter(pk=more[0].assessment_id).update(initiator=colleague)
        assert at("2026-11-09 11:00") == 3
        mail = OutgoingMail.objects.get(kind__startswith="reminder")
        assert mail.kind == "reminder_together"
        assert set(mail.reply_to.split(", ")) == {"docent@hier.test", "collega@hier.test"}

    def test_stop_link_covers_all_students(
        self, pending: Invitation, more: list[Invitation], at: At, client: Client
    ) -> None:
        at("2026-11-09 10:00")
        kept = OutgoingMail.objects.get(kind="reminder_together").links["stop"]
        path = unsubscribe.resolve_stop_link(kept["data"]).removeprefix("http://testserver")
        assert "voor deze 3 studenten" in client.get(path).content.decode()
        assert "U krijgt geen herinneringen meer" in client.post(path).content.decode()
        assert at("2026-11-16 17:00") == 0

    def test_older_stop_link_still_works(self, pending: Invitation) -> None:
        path = unsubscribe.resolve_stop_link({"invitation": pending.pk})
        assert path.endswith(reverse("assessments:no_reminders", args=[unsubscribe.stop_token(pending)]))


class TestInvariants(TestCase):
    """The documented guarantees hold for any invitation day, planned date and scheduler rhythm."""

    @hypothesis_settings(max_examples=25)
    @given(
        hour=st.integers(0, 24 * 21),
        planned_in=st.none() | st.integers(-5, 30),
        ticks=st.lists(st.integers(1, 24 * 12), min_size=1, max_size=25),
        ends=st.sampled_from(["", "complete", "withdraw", "stop"]),
        ends_after=st.integers(0, 20),
    )
    def test_at_most_three_reminders_within_office_hours(
        self, hour: int, planned_in: int | None, ticks: list[int], ends: str, ends_after: int
    ) -> None:
        school = SchoolFactory()
        exam = make_exam(work_processes=1, criteria=1)
        docent = member(school, "DOCENT", exam)
        assessment = start_assessment(MembershipFactory(school=school), first_unit(exam), docent)
        contact = ContactFactory(school=school)
        with travel(moment("2026-12-14 00:15") + timedelta(hours=hour), tick=False) as clock:
            day = None if planned_in is None else timezone.localdate() + timedelta(days=planned_in)
            plan(assessment, day)
            choose(assessment, contact)
            invitation = send_invitation(assessment, contact)
            ended = False
            for number, hours in enumerate(ticks):
                if number == ends_after and ends:
                    ended = True
                    self.end(ends, invitation, docent)
                clock.shift(timedelta(hours=hours))
                count = scheduled_reminders.send_due() + scheduled_reminders.send_due()
                assert count <= 1
                assert not (count and ended)
                assert not count or working_hours.is_open(timezone.now())
        assert OutgoingMail.objects.filter(kind="reminder").count() <= (2 if day is None else 3)

    def end(self, how: str, invitation: Invitation, docent: User) -> None:
        if how == "complete":
            assess(invitation)
        elif how == "withdraw":
            invite.withdraw(invitation=invitation, by=docent)
        else:
            unsubscribe.stop(invitation=invitation)


def test_holidays_of_a_year() -> None:
    assert sorted(working_hours.public_holidays(2025)) == [
        date(2025, 1, 1),
        date(2025, 4, 20),
        date(2025, 4, 21),
        date(2025, 4, 26),  # the 27th is a Sunday
        date(2025, 5, 29),
        date(2025, 6, 8),
        date(2025, 6, 9),
        date(2025, 12, 25),
        date(2025, 12, 26),
    ]


# --- Unsubscribing -------------------------------------------------------------------------------
class TestStopping:
    @pytest.fixture
    def url(self, pending: Invitation) -> str:
        return reverse("assessments:no_reminders", args=[unsubscribe.stop_token(pending)])

    def test_opening_the_link_changes_nothing(self, client: Client, url: str, pending: Invitation) -> None:
        page = client.get(url).content.decode()
        pending.refresh_from_db()
        assert "Wilt u geen herinneringen meer?" in page
        assert pending.reminders_stopped_at is None

    def test_stop_button_stops_reminders_once(self, client: Client, url: str, pending: Invitation, at: At) -> None:
        assert "U krijgt geen herinneringen meer" in client.post(url).content.decode()
        client.post(url)
        assert at("2026-11-09 10:00") == 0
        events = pending.assessment.events.filter(kind=Event.Kind.REMINDERS_OFF)
        assert [event.actor_name for event in events] == ["Erik Examinator"]

    def test_one_click_unsubscribe_needs_no_cookie(self, url: str, pending: Invitation) -> None:
        response = Client(enforce_csrf_checks=True).post(
            url, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        pending.refresh_from_db()
        assert response.status_code == 200
        assert pending.reminders_stopped_at is not None

    @pytest.mark.parametrize("token", ["onzin", "NTA:abc"])
    def test_invalid_token_is_not_found(self, client: Client, db: None, token: str) -> None:
        url = reverse("assessments:no_reminders", args=[token])
        assert client.get(url).status_code == client.post(url).status_code == 404

    def test_examiner_link_is_no_stop_link(self, client: Client, pending: Invitation) -> None:
        from assessments import links

        url = reverse("assessments:no_reminders", args=[links.token_for(invitation=pending)])
        assert client.post(url).status_code == 404
        stop = unsubscribe.stop_token(pending)
        assert client.get(reverse("assessments:open_link", args=[stop])).status_code == 404

    def test_mail_has_a_stop_link_that_is_not_stored(
        self, pending: Invitation, at: At, smtp_sink, settings, url: str
    ) -> None:
        settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", smtp_sink.port, 5
        at("2026-11-09 10:00")
        mail = OutgoingMail.objects.get(kind="reminder")
        deliver(mail.pk)
        [received] = smtp_sink.received
        absolute = settings.SITE_URL + url
        assert received.message["List-Unsubscribe"] == f"<{absolute}>"
        assert received.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert absolute in received.text.splitlines()
        assert f'href="{absolute}"' in received.html
        assert unsubscribe.stop_token(pending) not in str(OutgoingMail.objects.values().get(pk=mail.pk))
        assert received.message["From"].addresses[0].display_name == "ROC Hier via Digitaal beoordelen"
        assert received.message["To"].addresses[0].display_name == "Erik Examinator"
        assert received.message["List-Id"] == f"ROC Hier <school-{pending.assessment.school_id}.testserver>"

    def test_teacher_can_still_remind_and_sees_the_stop(
        self, client: Client, pending: Invitation, docent: User
    ) -> None:
        unsubscribe.stop(invitation=pending)
        client.force_login(docent)
        page = client.get(reverse("assessments:detail", args=[pending.assessment.public_id])).content.decode()
        assert "Wil vanzelf geen herinneringen meer (sinds 2 nov 2026)" in page
        assert reminders.remind(invitation=pending, by=docent)

    def test_new_invitation_resumes_reminders(self, pending: Invitation, docent: User, at: At) -> None:
        unsubscribe.stop(invitation=pending)
        invite.withdraw(invitation=pending, by=docent)
        send_invitation(pending.assessment, pending.contact)
        assert at("2026-11-09 10:00") == 1


# --- All completed -------------------------------------------------------------------------------
class TestAllDone:
    def mails(self) -> list[str]:
        return list(OutgoingMail.objects.filter(kind="all_done").values_list("subject", flat=True))

    def test_initiator_is_notified_of_the_last_completion(
        self, assessment: Assessment, examiner: Contact, second_examiner: Contact
    ) -> None:
        choose(assessment, examiner, second_examiner)
        first, last = send_invitation(assessment, examiner), send_invitation(assessment, second_examiner)
        assess(first)
        assert self.mails() == []
        assess(last)
        assert self.mails() == ["Alle examinatoren zijn klaar: Anouk van 't Hoff, Verzorgende IG, B1"]
        mail = OutgoingMail.objects.get(kind="all_done")
        assert mail.to == "docent@hier.test"
        assert f"/beoordelingen/{assessment.public_id}/" in mail.text

    def test_initiator_is_notified_again_after_sending_back(
        self, assessed: Assessment, invitation: Invitation, committee_member: User
    ) -> None:
        contacts = [invitation.contact]
        send_back.send_back(assessment=assessed, contacts=contacts, by=committee_member, remark="Nog eens.")
        assess(invitation)
        assert len(self.mails()) == 2

    def test_removing_the_last_examiner_sends_no_mail(
        self, assessment: Assessment, examiner: Contact, second_examiner: Contact
    ) -> None:
        choose(assessment, examiner, second_examiner)
        first = send_invitation(assessment, examiner)
        send_invitation(assessment, second_examiner)
        assess(first)
        choose(assessment, examiner)
        assert (assessment.status, self.mails()) == ("ASSESSED", [])

    def test_former_initiator_gets_no_mail(self, invitation: Invitation, docent: User) -> None:
        Membership.objects.filter(user=docent).delete()
        assess(invitation)
        assert self.mails() == []
