"""'Intrekken': a missed date, an irregularity, an invalid attempt. Whoever still waits or is waited for is told."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from assessments import leavers, lifecycle, mails
from assessments.models import Assessment, Assignment, CancelKind, Invitation, Status

# Whether the attempt counts unless the committee says otherwise: it does where the student had the chance.
COUNTS = {
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


def tells_initiator(assessment: Assessment, *, by: User) -> bool:
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
    """Any state but FINAL → CANCELLED; the invitations whose examiners are told that they need do nothing more.

    Links stop working by the state itself. Student and initiator are told as well; the reason stands in no mail.
    Nobody is mailed about a student who left, nor an initiator who did.
    Without `counts_as_attempt` it is what `COUNTS` says. Raises `DomainError` without a reason and when
    `version` or the state `seen` is no longer the assessment's, `TransitionRefused` for a closed one.
    """
    if counts_as_attempt is None:
        counts_as_attempt = COUNTS[kind]
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
        told = open_requests(current)
        for invitation in told:
            invitation.assessment = current
            mails.queue_cancelled(invitation=invitation, by=by)
        if current.student_left:
            return []
        mails.queue_cancelled_to_student(assessment=current, by=by)
        if tells_initiator(current, by=by):
            mails.queue_cancelled_to_initiator(assessment=current, by=by)
    return told
