"""Taking back what was started by mistake, while nobody was ever invited for it, or whose student left since."""

from __future__ import annotations

from accounts.models import User

from . import lifecycle
from .models import Assessment, CancelKind, Status

LEFT = "De student is uitgeschreven."
REASON = "Er was nog niemand uitgenodigd om te beoordelen."


def is_possible(assessment: Assessment) -> bool:
    """Whether a docent may take it back.

    Once an examiner was invited the committee alone can, unless the student left and nobody completed the whole.
    """
    if assessment.student_left:
        return assessment.status in (Status.NEW, Status.INVITED, Status.IN_PROGRESS)
    return assessment.status == Status.NEW and not assessment.invitations.exists()


def take_back(*, assessment: Assessment, by: User, version: int | None = None) -> None:
    """To CANCELLED; it counts as no attempt, and nobody is mailed.

    Raises `DomainError` when it is not possible, or something was changed since `version`.
    """
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        if not is_possible(current):
            raise lifecycle.DomainError(
                "Er is al een examinator uitgenodigd; alleen de examencommissie kan deze beoordeling nog intrekken."
            )
        kind, reason = (CancelKind.OTHER, LEFT) if current.student_left else (CancelKind.MISTAKE, REASON)
        lifecycle.cancel(assessment=current, by=by, kind=kind, reason=reason, counts_as_attempt=False)
