"""'Uw studenten': the students of one mail, with how far the examiner is with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from assessments.links import Batch
from assessments.models import Assignment, Invitation


@dataclass(frozen=True)
class StudentRow:
    """`why_unusable` is the reason of `links.NoAccess` with which this mail's link does not open the form, or ''."""

    invitation: Invitation
    why_unusable: str
    scored: int = 0
    criteria: int = 0
    is_completed: bool = False

    @property
    def is_to_do(self) -> bool:
        return not (self.why_unusable or self.is_completed or self.invitation.assessment.is_closed)

    @property
    def needs_new_link(self) -> bool:
        return self.why_unusable in ("void", "expired")


def read_students(batch: Batch) -> list[StudentRow]:
    """Return a row for each student in the order of the mail; two queries."""
    invitations = batch.invitations()
    progress = _progress(invitations)
    rows = []
    for invitation in invitations:
        scored, criteria, open_parts = progress.get((invitation.assessment_id, invitation.contact_id), (0, 0, 0))
        rows.append(
            StudentRow(
                invitation,
                batch.why_unusable(invitation),
                scored=scored,
                criteria=criteria,
                is_completed=bool(criteria) and not open_parts,
            )
        )
    return rows


def _progress(invitations: Sequence[Invitation]) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Return (scores, criteria, open parts) by assessment and contact."""
    assignments = Assignment.objects.live().filter(
        assessment__in=[one.assessment_id for one in invitations], contact__in=[one.contact_id for one in invitations]
    )
    counted = assignments.values("assessment_id", "contact_id").annotate(
        scored=Count("scores", distinct=True),
        criteria=Count("part__criteria", distinct=True),
        open_parts=Count("pk", filter=Q(completed_at=None), distinct=True),
    )
    return {
        (row["assessment_id"], row["contact_id"]): (row["scored"], row["criteria"], row["open_parts"])
        for row in counted.order_by()
    }


def next_student(rows: Sequence[StudentRow], *, after: Invitation | None = None) -> Invitation | None:
    """Return the first student to assess after `after`, then from the start; None when all are done."""
    place = next((number for number, row in enumerate(rows, 1) if row.invitation == after), 0)
    return next((row.invitation for row in [*rows[place:], *rows[:place]] if row.is_to_do), None)
