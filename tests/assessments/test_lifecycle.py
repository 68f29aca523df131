"""The state table, decisions by people, and the log."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from assessments import lifecycle
from assessments.examiner import saving
from assessments.invitations import invite
from assessments.lifecycle import TRANSITIONS, Progress, TransitionRefused, derive_status
from assessments.models import Assessment, Document, Event, Status
from committee.decisions.finalise import finalise
from tests.steps import assess, choose, fill_in, send_invitation


def make_final(assessment, by):
    finalise(assessment=assessment, by=by, exam_office_email="bureau@hier.test")
    assessment.refresh_from_db()


def cancel(assessment, by, *, reason="Niet verschenen.", counts=True):
    lifecycle.cancel(assessment=assessment, by=by, reason=reason, counts_as_attempt=counts)
    assessment.refresh_from_db()


def moves(assessment):
    events = assessment.events.order_by("pk")
    return [(event.from_status, event.to_status) for event in events if event.from_status != event.to_status]


# --- State table ---------------------------------------------------------------------------------
def test_table_names_every_state():
    assert set(TRANSITIONS) == set(Status)
    assert set().union(*TRANSITIONS.values()) <= set(Status)


def test_final_is_entered_from_assessed_and_left_by_withdrawing():
    assert [state for state, to in TRANSITIONS.items() if Status.FINAL in to] == [Status.ASSESSED]
    assert TRANSITIONS[Status.FINAL] == {Status.ASSESSED}


def test_cancelled_is_terminal_and_unreachable_from_final():
    from_states = {state for state, to in TRANSITIONS.items() if Status.CANCELLED in to}
    assert from_states == set(Status) - {Status.FINAL, Status.CANCELLED}
    assert not TRANSITIONS[Status.CANCELLED]


@st.composite
def counts(draw):
    assignments = draw(st.integers(0, 6))
    parts = draw(st.integers(1, 4))
    return Progress(
        parts=parts,
        covered_parts=draw(st.integers(0, min(parts, assignments))),
        assignments=assignments,
        completed=draw(st.integers(0, assignments)),
        with_content=draw(st.integers(0, assignments)),
        standing_invitations=draw(st.integers(0, 3)),
    )


@given(counts())
def test_derived_status_is_never_final_or_cancelled(progress):
    status = derive_status(progress)
    assert status not in (Status.FINAL, Status.CANCELLED)
    assert (status == Status.NEW) == (progress.standing_invitations == 0)
    if status == Status.ASSESSED:
        assert progress.completed == progress.assignments > 0
        assert progress.covered_parts == progress.parts


@given(counts(), counts())
def test_every_derived_move_is_in_the_table(before, after):
    move = (derive_status(before), derive_status(after))
    assert move[0] == move[1] or move[1] in TRANSITIONS[move[0]]


# --- Usual flow ----------------------------------------------------------------------------------
def test_from_new_to_final(assessment, examiner, docent, committee_member):
    choose(assessment, examiner)
    assert assessment.status == Status.NEW
    invitation = send_invitation(assessment, examiner)
    fill_in(invitation, "G")
    saving.complete(invitation=invitation)
    make_final(assessment, committee_member)
    assert moves(assessment) == [
        (Status.NEW, Status.INVITED),
        (Status.INVITED, Status.IN_PROGRESS),
        (Status.IN_PROGRESS, Status.ASSESSED),
        (Status.ASSESSED, Status.FINAL),
    ]
    assert (assessment.ovg, assessment.grade) == ("G", Decimal("10.0"))
    assert (assessment.final_by, assessment.final_at) == (committee_member, assessment.final_at)
    assert assessment.documents.get().exam_office_email == "bureau@hier.test"
    assert [event.actor_name for event in assessment.events.order_by("pk")] == [
        "Dirk Docent",
        "Dirk Docent",
        "Dirk Docent",
        "Erik Examinator",
        "Erik Examinator",
        "Carla Commissie",
    ]


@pytest.mark.parametrize(("score", "ovg", "grade"), [("O", "O", "1.0"), ("V", "V", "5.5"), ("G", "G", "10.0")])
def test_final_result_follows_the_scheme(score, ovg, grade, invitation, committee_member):
    assessment = assess(invitation, score)
    make_final(assessment, committee_member)
    assert (assessment.ovg, assessment.grade) == (ovg, Decimal(grade))


# --- Final ---------------------------------------------------------------------------------------
def test_assessment_is_not_final_before_assessed(invitation, committee_member):
    for step in (lambda: None, lambda: fill_in(invitation, "V")):
        step()
        with pytest.raises(TransitionRefused):
            make_final(invitation.assessment, committee_member)
    assert not Document.objects.exists()


def test_state_alone_does_not_make_it_final(invitation, committee_member):
    """The data decides when the status is wrong."""
    fill_in(invitation, "V")
    Assessment.objects.update(status=Status.ASSESSED)
    with pytest.raises(TransitionRefused, match="Nog niet alle onderdelen zijn afgerond"):
        make_final(invitation.assessment, committee_member)


def test_second_finalisation_is_refused(assessed, committee_member):
    make_final(assessed, committee_member)
    with pytest.raises(TransitionRefused, match="al definitief"):
        make_final(assessed, committee_member)
    assert assessed.documents.count() == 1
    assert assessed.events.filter(kind=Event.Kind.FINALISED).count() == 1


def test_dispute_is_never_final(assessment, examiner, second_examiner, committee_member):
    choose(assessment, examiner, second_examiner)
    assess(send_invitation(assessment, examiner), "V")
    assess(send_invitation(assessment, second_examiner), "G")
    assessment.refresh_from_db()
    assert assessment.status == Status.ASSESSED
    with pytest.raises(lifecycle.DomainError, match="niet eens over 8 criteria"):
        make_final(assessment, committee_member)
    assessment.refresh_from_db()
    assert assessment.status == Status.ASSESSED


def test_next_document_after_withdrawal_is_version_2(assessed, committee_member):
    make_final(assessed, committee_member)
    lifecycle.withdraw_final(assessment=assessed, by=committee_member, reason="Verkeerde score overgenomen.")
    assessed.refresh_from_db()
    assert assessed.status == Status.ASSESSED
    assert (assessed.ovg, assessed.grade, assessed.final_at, assessed.final_by) == ("", None, None, None)
    assert assessed.events.last().data == {"reason": "Verkeerde score overgenomen."}
    make_final(assessed, committee_member)
    documents = assessed.documents.order_by("number")
    assert [(document.number, document.superseded_at is None) for document in documents] == [(1, False), (2, True)]


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_withdrawing_and_cancelling_need_a_reason(reason, assessed, committee_member):
    make_final(assessed, committee_member)
    with pytest.raises(lifecycle.DomainError, match="reden"):
        lifecycle.withdraw_final(assessment=assessed, by=committee_member, reason=reason)
    with pytest.raises(lifecycle.DomainError, match="reden"):
        cancel(assessed, committee_member, reason=reason)
    assessed.refresh_from_db()
    assert assessed.status == Status.FINAL


def test_only_final_assessments_are_withdrawn(assessed, committee_member):
    with pytest.raises(TransitionRefused):
        lifecycle.withdraw_final(assessment=assessed, by=committee_member, reason="Toch niet.")


# --- Cancelled -----------------------------------------------------------------------------------
@pytest.mark.parametrize("counts", [True, False])
def test_cancelling_records_whether_the_attempt_counts(counts, assessment, docent):
    cancel(assessment, docent, counts=counts)
    assert assessment.status == Status.CANCELLED
    assert (assessment.cancel_reason, assessment.counts_as_attempt) == ("Niet verschenen.", counts)
    details = {"cancelled_as": "Anders", "reason": "Niet verschenen.", "counts_as_attempt": counts}
    assert assessment.events.last().data == details


def test_final_assessment_is_not_cancelled(assessed, committee_member):
    make_final(assessed, committee_member)
    with pytest.raises(TransitionRefused, match="‘Definitief’ kan niet naar ‘Ingetrokken’"):
        cancel(assessed, committee_member)


def test_cancelled_assessment_takes_no_steps(invitation, docent, examiner, second_examiner, committee_member):
    assessment = invitation.assessment
    fill_in(invitation, "V")
    cancel(assessment, docent)
    steps = [
        lambda: cancel(assessment, docent),
        lambda: choose(assessment, examiner, second_examiner),
        lambda: invite.invite_again(invitation=invitation, by=docent),
        lambda: invite.withdraw(invitation=invitation, by=docent),
        lambda: invite.request_new_link(invitation=invitation),
        lambda: fill_in(invitation, "O"),
        lambda: saving.complete(invitation=invitation),
        lambda: make_final(assessment, committee_member),
    ]
    before = assessment.events.count()
    for step in steps:
        with pytest.raises(lifecycle.DomainError):
            step()
    assert assessment.events.count() == before
    assert assessment.assignments.exclude(scores__value="V").count() == 0


# --- The lock and the log ------------------------------------------------------------------------
def test_stale_version_is_refused(assessment, examiner):
    opened = assessment.version
    choose(assessment, examiner)
    with pytest.raises(lifecycle.DomainError, match="Iemand anders"), lifecycle.locked(assessment, version=opened):
        pytest.fail("A stale version was let in.")


def test_log_is_append_only(assessment):
    event = assessment.events.get()
    event.actor_name = "Iemand anders"
    for change in (
        event.save,
        event.delete,
        Event.objects.all().delete,
        lambda: Event.objects.update(actor_name="Iemand anders"),
        lambda: Event.objects.bulk_update([event], ["actor_name"]),
    ):
        with pytest.raises(PermissionDenied), transaction.atomic():
            change()
    assert assessment.events.get().actor_name == "Dirk Docent"


def test_event_without_actor_is_by_the_system(assessment):
    assert lifecycle.record(assessment, kind=Event.Kind.DOCUMENT_MADE).actor_name == "systeem"


def test_log_has_no_score_and_no_link(invitation, committee_member):
    assess(invitation, "G")
    make_final(invitation.assessment, committee_member)
    log = str([event.data for event in invitation.assessment.events.all()])
    assert "Onderbouwing van" not in log
    assert "beoordelen/" not in log
    assert "'G'" not in log


def test_status_since_changes_with_the_status_only(invitation):
    invited_since = invitation.assessment.status_since
    fill_in(invitation, "V")
    in_progress_since = invitation.assessment.status_since
    assert in_progress_since > invited_since
    fill_in(invitation, "G")
    assert invitation.assessment.status_since == in_progress_since
