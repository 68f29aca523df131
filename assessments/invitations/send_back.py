"""The committee sends an assessment back to its examiners, with a remark and a new link."""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from accounts.models import User
from addressbook.models import Contact, full_names
from assessments import leavers, lifecycle, mails
from assessments.models import Assessment, Event


def send_back(
    *, assessment: Assessment, contacts: Collection[Contact], by: User, remark: str, version: int | None = None
) -> None:
    """ASSESSED → IN_PROGRESS: `contacts` may change their parts again, starting from their old answers.

    Their links get a new generation and term, and a mail contains the remark. Raises `DomainError` without a remark or
    an examiner, when an invitation is not standing, the assessment is about `by` or a student who left, or it changed
    since `version`; `TransitionRefused` from any other state.
    """
    if not remark.strip():
        raise lifecycle.DomainError("Schrijf erbij waarom u de beoordeling terugstuurt.")
    with lifecycle.locked(assessment, version=version) as current:
        lifecycle.refuse_own(current.student, by=by)
        leavers.refuse_student_left(current)
        invitations = list(current.invitations.standing().filter(contact__in=contacts).select_related("contact"))
        chosen = [invitation.contact for invitation in invitations]
        if not contacts:
            raise lifecycle.DomainError("Kies aan wie u de beoordeling terugstuurt.")
        uninvited = [contact.full_name for contact in contacts if contact not in chosen]
        if uninvited:
            raise lifecycle.DomainError(f"Niet (meer) uitgenodigd: {', '.join(uninvited)}.")
        lifecycle.reopen_assignments(current, assignments=current.live_assignments.filter(contact__in=chosen))
        for invitation in invitations:
            invitation.assessment = current
            invitation.generation += 1
            invitation.asked_at = timezone.now()
            invitation.expires_at = current.school.link_expiry(invitation.asked_at)
            invitation.mail = mails.queue_sent_back(invitation=invitation, remark=remark, by=by)
            invitation.committee_remark = remark
            changed = ["generation", "asked_at", "expires_at", "mail", "committee_remark"]
            invitation.save(update_fields=changed)
        names = full_names(chosen)
        lifecycle.bump_version(current)
        lifecycle.update_status(current, kind=Event.Kind.SENT_BACK, by=by, remark=remark, examiners=names)
