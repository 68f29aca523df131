"""Cancel an assessment (missed date, irregularity, invalid attempt), and record an appeal."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from assessments import leavers, lifecycle, mails
from assessments.models import Appeal, Assessment, Assignment, CancelKind, Event, Invitation, Status

# Whether the attempt counts unless the committee says otherwise: it does where the student had the chance.
COUNTS_AS_ATTEMPT = {
    CancelKind.NO_SHOW: True,
    CancelKind.IRREGULARITY: True,
    CancelKind.INVALID: False,
    CancelKind.OTHER: False,
}


def open_requests(assessment: Assessment) -> list[Invitation]:
    """The invitations whose examiner still has something to do, by last name; none where the student left."""
    if assessment.student_left:
        return []
    left = Assignment.objects.live().filter(assessment=assessment, completed_at__isnull=True)
    standing = assessment.invitations.standing().filter(Exists(left.filter(contact=OuterRef("contact"))))
    return list(standing.select_related("contact").order_by("contact__sort_key", "pk"))


def notifies_initiator(assessment: Assessment, *, by: User) -> bool:
    """Whether `cancel` by this member tells the initiator."""
    return assessment.initiator != by and not leavers.why_paused(assessment)


def cancel(
    *,
    assessment: Assessment,
    by: User,
    kind: CancelKind,
    reason: str,
    counts_as_attempt: bool | None = None,
    version: int | None = None,
    seen: Status | None = None,
) -> list[Invitation]:
    """Any state but FINAL → CANCELLED; the invitations whose examiners are recipients that they need do nothing more.

    Links stop working by the state itself. Student and initiator are recipients as well; the reason stands in no mail.
    Nobody is mailed about a student who left, nor an initiator who did.
    Without `counts_as_attempt` it is what `COUNTS_AS_ATTEMPT` says. Raises `DomainError` without a reason and when
    `version` or the state `seen` is no longer the assessment's, `TransitionRefused` for a closed one.
    """
    if counts_as_attempt is None:
        counts_as_attempt = COUNTS_AS_ATTEMPT[kind]
    lifecycle.refuse_own(assessment.student, by=by)
    with transaction.atomic():
        event = lifecycle.cancel(
            assessment=assessment,
            by=by,
            kind=kind,
            reason=reason,
            counts_as_attempt=counts_as_attempt,
            version=version,
            seen=seen,
        )
        current = event.assessment
        recipients = open_requests(current)
        for invitation in recipients:
            invitation.assessment = current
            mails.queue_cancelled(invitation=invitation, by=by)
        if current.student_left:
            return []
        mails.queue_cancelled_to_student(assessment=current, by=by)
        if notifies_initiator(current, by=by):
            mails.queue_cancelled_to_initiator(assessment=current, by=by)
    return recipients


def has_had_result(assessment: Assessment) -> bool:
    """Whether there is a final result, or there was one: an appeal may come in around its withdrawal."""
    return assessment.status == Status.FINAL or assessment.documents.exists()


def mark_appeal(
    *, assessment: Assessment, by: User, received_on: date, note: str = "", version: int | None = None
) -> Appeal:
    """Notes an appeal against a final result; while it is open nothing of the assessment is cleared away.

    Raises `TransitionRefused` for one that never was FINAL, `DomainError` when one runs already or `version` is old.
    """
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_own(current.student, by=by)
        if not has_had_result(current):
            raise lifecycle.TransitionRefused("Bezwaar kan alleen tegen een definitief resultaat.")
        if current.appeals.open().exists():
            raise lifecycle.DomainError("Er loopt al een bezwaar tegen dit resultaat.")
        appeal = current.appeals.create(received_on=received_on, note=note, marked_by=by)
        lifecycle.record(current, kind=Event.Kind.APPEAL_MARKED, by=by)
    return appeal


def close_appeal(*, appeal: Appeal, by: User, closed_on: date, outcome: Appeal.Outcome) -> None:
    """Writes down what came of it; raises `DomainError` when that was done before."""
    with lifecycle.locked(appeal.assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        fresh = current.appeals.open().filter(pk=appeal.pk).first()
        if fresh is None:
            raise lifecycle.DomainError("Dit bezwaar is al afgesloten.")
        fresh.closed_on, fresh.outcome, fresh.closed_by = closed_on, outcome, by
        fresh.save(update_fields=["closed_on", "outcome", "closed_by"])
        lifecycle.record(current, kind=Event.Kind.APPEAL_CLOSED, by=by, outcome=outcome.label)
