"""Concurrent actions on real connections: one wins, the other is refused, nothing is lost."""

import threading
import time

import pytest
from django.db import transaction

from accounts.models import Role
from accounts.people.roles import leave
from assessments import lifecycle
from assessments.coupling import batch, couplings
from assessments.examiner import saving
from assessments.invitations import invite, reminders, send_back
from assessments.lifecycle import DomainError, TransitionRefused
from assessments.models import Assessment, Event, Status
from assessments.rubric import read_uncorrected
from assessments.start import start
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import OutgoingMail
from tests.concurrency import at_once
from tests.factories import MembershipFactory, member
from tests.steps import choose, fill_in, invite_for_one, send_invitation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _announce_nothing(monkeypatch):
    """Leave queued mails in the queue, without a broker."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)


def one_of_each(results, kind):
    """Return the only error, which must be a `kind`."""
    [error] = [result for result in results if isinstance(result, Exception)]
    assert isinstance(error, kind), error
    return error


def log_is_a_chain(assessment):
    status = Status.NEW
    for event in assessment.events.order_by("pk"):
        assert event.from_status == status
        status = event.to_status
    assessment.refresh_from_db()
    return assessment.status == status


def test_concurrent_starts_make_one_assessment(student, unit, docent, colleague):
    results = at_once(
        lambda: start.start(unit=unit, student=student, by=docent),
        lambda: start.start(unit=unit, student=student, by=colleague),
    )
    assert "Voor Anouk van 't Hoff loopt al een beoordeling" in str(one_of_each(results, DomainError))
    assert Assessment.objects.get().events.count() == 1


def test_starts_in_opposite_order_do_not_deadlock(school, unit, docent, colleague):
    students = MembershipFactory.create_batch(6, school=school)
    first, second = at_once(
        lambda: start.start_batch(unit=unit, students=students, by=docent),
        lambda: start.start_batch(unit=unit, students=students[::-1], by=colleague),
    )
    assert len(first.started) + len(second.started) == Assessment.objects.count() == 6
    assert {*first.refused, *second.refused} == set(students)


@pytest.mark.parametrize("has_assessments", [True, False])
def test_student_leaving_meanwhile_is_not_started(student, unit, docent, school, has_assessments):
    if has_assessments:  # otherwise the student's role is deleted
        earlier = start.start(unit=unit, student=student, by=docent)
        lifecycle.cancel(assessment=earlier, by=docent, reason="Ziek", counts_as_attempt=False)
    before = Assessment.objects.count()
    manager = member(school, Role.SCHOOLBEHEER)
    has_left = threading.Event()

    def leave_and_take_a_while():
        with transaction.atomic():
            leave(school=school, user=student.user, by=manager)
            has_left.set()
            time.sleep(0.5)  # the other waits for this transaction

    def start_meanwhile():
        assert has_left.wait(30)
        return start.start(unit=unit, student=student, by=docent)

    error = one_of_each(at_once(leave_and_take_a_while, start_meanwhile), DomainError)
    assert str(error) == "Anouk van 't Hoff hoort niet meer bij ROC Hier."
    assert Assessment.objects.count() == before


def test_student_leaving_during_a_batch_is_skipped(student, unit, docent, school):
    stays = MembershipFactory(school=school)
    leave(school=school, user=student.user, by=member(school, Role.SCHOOLBEHEER))
    result = start.start_batch(unit=unit, students=[student, stays], by=docent)
    assert [assessment.student for assessment in result.started] == [stays]
    assert (result.left, result.refused) == ([student], [])


def test_concurrent_batch_choices_are_applied_once(
    assessment, school, unit, docent, colleague, examiner, second_examiner
):
    both = [assessment, start.start(unit=unit, student=MembershipFactory(school=school), by=docent)]
    seen = {one.pk: one.version for one in both}

    def choose_as(by, contact):
        return batch.choose_for_all(assessments=both, contacts=[contact], versions=seen, by=by)

    first, second = at_once(lambda: choose_as(docent, examiner), lambda: choose_as(colleague, second_examiner))
    assert len(first.done) + len(second.done) == 2
    assert len(first.refused) + len(second.refused) == 2
    assert [one.couplings.count() for one in both] == [1, 1]


def test_concurrent_batch_invitations_mail_each_student_once(assessment, school, unit, docent, examiner):
    both = [assessment, start.start(unit=unit, student=MembershipFactory(school=school), by=docent)]
    for one in both:
        choose(one, examiner)
    invite_now = lambda: invite.invite(assessments=both, contacts=[examiner], by=docent, one_mail=False)  # noqa: E731
    first, second = at_once(invite_now, invite_now)
    assert len(first.done) + len(second.done) == 2
    assert [one.invitations.get().generation for one in both] == [1, 1]


def test_concurrent_group_invitations_send_one_mail(
    assessment, school, unit, docent, colleague, examiner, second_examiner
):
    students = MembershipFactory.create_batch(5, school=school)
    several = [assessment, *(start.start(unit=unit, student=student, by=docent) for student in students)]
    for one in several:
        choose(one, examiner, second_examiner)

    def invite_as(by, assessments, contacts):
        return invite.invite(assessments=assessments, contacts=contacts, by=by, one_mail=True)

    both = [examiner, second_examiner]
    outcomes = at_once(
        lambda: invite_as(docent, several, both), lambda: invite_as(colleague, several[::-1], both[::-1])
    )
    assert sorted(len(outcome.done) for outcome in outcomes) == [0, 6]
    assert not any(outcome.refused for outcome in outcomes)
    assert sorted(mail.to for mail in OutgoingMail.objects.all()) == ["erik@bedrijf.test", "tineke@bedrijf.test"]
    assert all(one.invitations.count() == 2 and log_is_a_chain(one) for one in several)


def test_concurrent_choices_are_applied_once(assessment, docent, colleague, examiner, second_examiner):
    def choose_as(by, contact):
        couplings.choose_examiners(
            assessment=assessment, target=couplings.Target(), contacts=[contact], by=by, version=assessment.version
        )

    results = at_once(lambda: choose_as(docent, examiner), lambda: choose_as(colleague, second_examiner))
    assert "Iemand anders" in str(one_of_each(results, DomainError))
    assert assessment.couplings.count() == 1
    assert assessment.live_assignments.count() == 4


def test_concurrent_invitations_send_one_mail(assessment, docent, examiner):
    choose(assessment, examiner)
    invite_now = lambda: invite_for_one(assessment, contacts=[examiner], by=docent)  # noqa: E731
    assert sorted(len(invitations) for invitations in at_once(invite_now, invite_now)) == [0, 1]
    assert OutgoingMail.objects.count() == 1
    assert assessment.invitations.get().generation == 1


def test_concurrent_completions_complete_once(invitation):
    fill_in(invitation, "V")
    complete = lambda: saving.complete(invitation=invitation)  # noqa: E731
    assert sorted(at_once(complete, complete)) == [False, True]
    assert invitation.assessment.events.filter(kind=Event.Kind.COMPLETED).count() == 1


def test_two_last_examiners_complete_concurrently(assessment, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    invitations = [send_invitation(assessment, contact) for contact in (examiner, second_examiner)]
    for invitation in invitations:
        fill_in(invitation, "V")
    assert at_once(*[lambda i=i: saving.complete(invitation=i) for i in invitations]) == [True, True]
    assert log_is_a_chain(assessment)
    assert assessment.status == Status.ASSESSED


def test_concurrent_finalisations_finalise_once(assessed, committee_member, docent):
    results = at_once(
        lambda: finalise(assessment=assessed, by=committee_member, exam_office_email="een@hier.test"),
        lambda: finalise(assessment=assessed, by=docent, exam_office_email="twee@hier.test"),
    )
    assert "al definitief" in str(one_of_each(results, TransitionRefused))
    assert assessed.documents.count() == 1
    assert assessed.events.filter(kind=Event.Kind.FINALISED).count() == 1
    assert log_is_a_chain(assessed)


def test_sending_back_and_finalising_exclude_each_other(assessed, committee_member, docent, examiner):
    results = at_once(
        lambda: finalise(assessment=assessed, by=committee_member, exam_office_email="een@hier.test"),
        lambda: send_back.send_back(assessment=assessed, contacts=[examiner], by=docent, remark="Kijk nog eens."),
    )
    one_of_each(results, TransitionRefused)
    assert log_is_a_chain(assessed)
    assert (assessed.status == Status.FINAL) == assessed.documents.exists()


def test_concurrent_saves_of_a_part_lose_nothing(invitation):
    column = read_uncorrected(invitation.assessment, contact=invitation.contact).columns[0]

    def save(text):
        entries = {column.assignment.pk: saving.Entry(base=column.base, justification=text)}
        return saving.save(invitation=invitation, entries=entries).conflicts

    texts = ["Op de telefoon getypt.", "Op de computer getypt."]
    results = at_once(*[lambda text=text: save(text) for text in texts])
    [[conflict]] = [result for result in results if result]
    column.assignment.refresh_from_db()
    both = {conflict.justification, conflict.column.assignment.justification}
    assert both == set(texts)
    assert column.assignment.justification == conflict.column.assignment.justification


def test_save_during_removal_keeps_or_returns_the_text(invitation, second_examiner):
    assessment = invitation.assessment
    columns = read_uncorrected(assessment, contact=invitation.contact).columns
    typed = {c.assignment.pk: saving.Entry(base=c.base, justification=f"Getypt bij {c.title}.") for c in columns}

    def remove_examiner():
        couplings.choose_examiners(
            assessment=assessment,
            target=couplings.Target(),
            contacts=[second_examiner],
            by=assessment.initiator,
            remove_begun=True,
        )

    saved, _ = at_once(lambda: saving.save(invitation=invitation, entries=typed), remove_examiner)
    given_back = {conflict.justification for conflict in saved.conflicts}
    kept = set(assessment.assignments.filter(contact=invitation.contact).values_list("justification", flat=True))
    assert given_back | kept - {""} == {entry.justification for entry in typed.values()}
    assert log_is_a_chain(assessment)


def test_completing_and_cancelling_exclude_each_other(invitation, docent):
    fill_in(invitation, "V")
    at_once(
        lambda: saving.complete(invitation=invitation),
        lambda: lifecycle.cancel(
            assessment=invitation.assessment, by=docent, reason="Niet verschenen.", counts_as_attempt=True
        ),
    )
    assert log_is_a_chain(invitation.assessment)
    assert invitation.assessment.status == Status.CANCELLED


def test_concurrent_reminders_send_one_mail(invitation, docent, colleague):
    results = at_once(
        lambda: reminders.remind(invitation=invitation, by=docent),
        lambda: reminders.remind(invitation=invitation, by=colleague),
    )
    [mail] = [result for result in results if result]
    invitation.refresh_from_db()
    assert (invitation.reminders, invitation.mail) == (1, mail)
    assert invitation.assessment.events.filter(kind=Event.Kind.REMINDED).count() == 1
