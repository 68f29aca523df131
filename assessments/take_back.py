"""Taking back what was started by mistake, while nobody was ever invited for it."""

from __future__ import annotations

from accounts.models import User

from . import lifecycle
from .models import Assessment, CancelKind, Status

REASON = "Er was nog niemand uitgenodigd om te beoordelen."


def is_possible(assessment: Assessment) -> bool:
    """Whether a docent may take it back; once an examiner was invited, the committee alone can."""
    return assessment.status == Status.NEW and not assessment.invitations.exists()


def take_back(*, assessment: Assessment, by: User, version: int | None = None) -> None:
    """NEW → CANCELLED; it counts as no attempt.

    Raises `DomainError` when an examiner was invited, or something was changed since `version`.
    """
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        if not is_possible(current):
            raise lifecycle.DomainError(
                "Er is al een examinator uitgenodigd; alleen de examencommissie kan deze beoordeling nog intrekken."
            )
        lifecycle.cancel(assessment=current, by=by, kind=CancelKind.MISTAKE, reason=REASON, counts_as_attempt=False)
