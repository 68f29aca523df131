"""Cancel an assessment (missed date, irregularity, invalid attempt), and record an appeal."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from assessments import leavers, lifecycle, mails
from assessments.models import Appeal, Assessment, Assignment, CancelKind, Event, Invitation, Status

# The default: an attempt counts where the student had the chance.
COUNTS_AS_ATTEMPT = {
    CancelKind.NO_SHOW: True,
    CancelKind.IRREGULARITY: True,
    CancelKind.INVALID: False,
    CancelKind.OTHER: False,
}


def open_requests(assessment: Assessment) -> list[Invitation]:
    """Return the invitations of examiners with open work, by last name; [] when the student left."""
    if assessment.student_left:
        return []
    left = Assignment.objects.live().filter(assessment=assessment, completed_at__isnull=True)
    standing = assessment.invitations.standing().filter(Exists(left.filter(contact=OuterRef("contact"))))
    return list(standing.select_related("contact").order_by("contact__sort_key", "pk"))


def notifies_initiator(assessment: Assessment, *, by: User) -> bool:
    """Whether `cancel` by this member mails the initiator."""
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
    """Any state but FINAL → CANCELLED; return the invitations of the examiners who are notified.

    Links stop working. Student and initiator are mailed as well, without the reason; about a student who left no mail
    goes out. `counts_as_attempt` defaults to `COUNTS_AS_ATTEMPT`. Raises `DomainError` without a reason or when
    `version` or the status `seen` is outdated, `TransitionRefused` for a closed assessment.
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
    """Whether the result is or was final: an appeal may arrive after a withdrawal."""
    return assessment.status == Status.FINAL or assessment.documents.exists()


def mark_appeal(
    *, assessment: Assessment, by: User, received_on: date, note: str = "", version: int | None = None
) -> Appeal:
    """Record an appeal; while it is open the assessment is not erased.

    Raises `TransitionRefused` unless the assessment is or was FINAL, `DomainError` when an appeal is open or `version`
    is outdated.
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
    """Record the outcome; raise `DomainError` when the appeal is closed already."""
    with lifecycle.locked(appeal.assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        open_appeal = current.appeals.open().filter(pk=appeal.pk)
        if not open_appeal.update(closed_on=closed_on, outcome=outcome, closed_by=by):
            raise lifecycle.DomainError("Dit bezwaar is al afgesloten.")
        lifecycle.record(current, kind=Event.Kind.APPEAL_CLOSED, by=by, outcome=outcome.label)
