"""The examiners who were invited, on the assessment's page: how far they are, and what a teacher can do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Prefetch

from addressbook.models import Contact

from .models import Assessment, Invitation, InvitationAttachment
from .rubric import Rubric


@dataclass(frozen=True)
class InvitedRow:
    """One invitation; `done` of the examiner's `total` parts are completed.

    `is_over`: closed, or about a student who left: nothing more is asked. `is_invitable`: it was withdrawn and the
    examiner is still chosen, so that inviting starts anew.
    """

    invitation: Invitation
    done: int
    total: int
    is_over: bool
    is_invitable: bool

    @property
    def is_asked(self) -> bool:
        """Whether something is still waited for: a mail makes sense."""
        return not self.is_over and self.invitation.withdrawn_at is None and self.done < self.total

    @property
    def is_late(self) -> bool:
        """Whether the link is over while there is still something to do."""
        return self.is_asked and self.invitation.is_expired

    @property
    def can_be_replaced(self) -> bool:
        return not self.is_over and (self.invitation.withdrawn_at is None or self.is_invitable)

    @property
    def can_correct_address(self) -> bool:
        """An account's address is the account's own; who left the address book has no page to edit."""
        contact = self.invitation.contact
        return self.can_be_replaced and contact.user_id is None and contact.removed_at is None


def invited_rows(assessment: Assessment, rubric: Rubric, invitable: Collection[Contact]) -> list[InvitedRow]:
    """A row for each invitation, sorted by last name; two queries. `invitable` is what `invite.invitable` says."""
    completed: dict[int, list[bool]] = {}
    for column in rubric.columns:
        completed.setdefault(column.assignment.contact_id, []).append(column.assignment.completed_at is not None)
    ids = {contact.pk for contact in invitable}
    files = Prefetch("attachments", InvitationAttachment.objects.select_related("file"))
    invitations = assessment.invitations.select_related("contact", "mail", "replaced_by").prefetch_related(files)
    rows = []
    for invitation in invitations.order_by("contact__sort_key", "pk"):
        own = completed.get(invitation.contact_id, [])
        again = invitation.withdrawn_at is not None and invitation.contact_id in ids
        is_over = assessment.is_closed or assessment.student_left
        rows.append(InvitedRow(invitation, sum(own), len(own), is_over, again))
    return rows
