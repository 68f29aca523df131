"""A forwarded link: the examiner, or whoever holds it, proposes a colleague (DESIGN.md, 'Mechanisms', Link)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.mailable import normalise_address
from accounts.models import User
from addressbook.models import Contact
from addressbook.people import AlreadyListed, add_by_hand
from assessments import leavers, lifecycle, mails
from assessments.coupling import couplings
from assessments.models import Assessment, Event, Invitation, Proposal

from .replace import begun_by, replace


class WrongAddress(lifecycle.DomainError):
    """The colleague's e-mail address is one that can't be."""


def open_proposal(invitation: Invitation) -> Proposal | None:
    """What the examiner proposed and nobody has answered yet."""
    return invitation.proposals.open().first()


def why_not(invitation: Invitation) -> str:
    """Why no colleague can be proposed, in words for the examiner; '' when one can."""
    if invitation.assessment.is_closed:
        return _("Deze beoordeling is gesloten. U kunt niemand meer voorstellen.")
    if invitation.assessment.student_left:
        return _("De student is uitgeschreven.")
    own = invitation.assessment.live_assignments.filter(contact=invitation.contact)
    if not own.filter(completed_at__isnull=True).exists():
        return _("U hebt uw beoordeling al afgerond. U kunt niemand meer voorstellen.")
    return ""


def leaves_at_once(invitation: Invitation) -> bool:
    """Whether the colleague's link leaves without the teacher: the school says so and nothing was begun."""
    return not (invitation.assessment.school.confirm_proposals or begun_by(invitation.assessment, invitation.contact))


def propose(*, invitation: Invitation, proposal: Proposal) -> Proposal:
    """Writes an unsaved `proposal` down and asks the initiator, or gives the place to the colleague at once.

    At once only where the school doesn't want proposals confirmed, nothing was begun, and the
    teacher would have nothing to decide: someone who examines here already, or was taken out of the
    address book, waits for an answer too, and so does everyone while the initiator is gone: from a colleague, who sees
    it on the assessment's page. Raises `DomainError`, in words for the examiner, when it
    can't be or one waits for an answer already, `WrongAddress` when it is the examiner's own or the
    student's.
    """
    with transaction.atomic():
        listed = _in_address_book(invitation, proposal)
        with lifecycle.locked(invitation.assessment) as current:
            _refuse(current, invitation, proposal)
            _write(current, invitation, proposal)
            at_once = leaves_at_once(invitation) and not _needs_teacher(current, listed) and not current.initiator_left
            if not (at_once or current.initiator_left):
                mails.queue_proposal(proposal=proposal)
        if at_once:
            new = listed or _add(proposal, invitation)
            old = invitation.contact
            replace(assessment=invitation.assessment, old=old, new=new, by=None, by_name=old.full_name)
            proposal.refresh_from_db()
    return proposal


def _in_address_book(invitation: Invitation, proposal: Proposal) -> Contact | None:
    email = normalise_address(proposal.email)
    # Held before the assessment, as `replace` and correcting an address do.
    return invitation.assessment.school.contacts.select_for_update(no_key=True).filter(email=email).first()


def _needs_teacher(assessment: Assessment, listed: Contact | None) -> bool:
    if listed is None:
        return False
    return listed.removed_at is not None or assessment.couplings.filter(contact=listed).exists()


def _refuse(assessment: Assessment, invitation: Invitation, proposal: Proposal) -> None:
    fresh = assessment.invitations.standing().select_related("contact").filter(pk=invitation.pk).first()
    if fresh is None or fresh.generation != invitation.generation:
        raise lifecycle.DomainError(_("Uw uitnodiging is intussen gewijzigd of ingetrokken."))
    fresh.assessment = assessment
    if refused := why_not(fresh):
        raise lifecycle.DomainError(refused)
    email = normalise_address(proposal.email)
    if email == fresh.contact.email:
        raise WrongAddress(_("Dit is uw eigen e-mailadres. Vul dat van uw collega in."))
    if email == assessment.student.user.email:
        raise WrongAddress(_("Dit is het e-mailadres van de student. Een student kan zichzelf niet beoordelen."))
    if waiting := open_proposal(fresh):
        name = waiting.full_name
        raise lifecycle.DomainError(
            _("U hebt %(name)s al voorgesteld. De docent heeft nog niet geantwoord.") % {"name": name}
        )


def _write(assessment: Assessment, invitation: Invitation, proposal: Proposal) -> None:
    # One from before the examiner was withdrawn and invited anew waits for nothing any more.
    stale = invitation.proposals.filter(state=Proposal.State.OPEN)
    stale.update(state=Proposal.State.LAPSED, decided_at=timezone.now())
    proposal.invitation = invitation
    proposal.save()
    lifecycle.record(
        assessment,
        kind=Event.Kind.PROPOSED,
        by_name=invitation.contact.full_name,
        examiner=invitation.contact.full_name,
        replacement=proposal.full_name,
    )


def _add(proposal: Proposal, invitation: Invitation) -> Contact:
    """The colleague in the address book, on the side of the examiner whose place it is."""
    contact = Contact(
        first_name=proposal.first_name,
        infix=proposal.infix,
        last_name=proposal.last_name,
        email=proposal.email,
        function=proposal.function,
        organisation=proposal.organisation,
        side=invitation.contact.side,
        language=invitation.contact.language,
    )
    try:
        return add_by_hand(school=invitation.assessment.school, contact=contact)
    except AlreadyListed as listed:
        return listed.contact


def confirm(*, proposal: Proposal, by: User) -> tuple[Contact, bool]:
    """Puts the colleague in the address book and in the examiner's place; the contact, and whether it is done.

    Not done where the examiner has begun: then the teacher chooses what counts on, and `replace` with
    that contact answers the proposal. Raises `DomainError` when it was answered before, and what
    `replace` raises.
    """
    with transaction.atomic():
        _refuse_answered(proposal)
        invitation = proposal.invitation
        lifecycle.refuse_own(invitation.assessment.student, by=by)
        lifecycle.refuse_if_closed(invitation.assessment)
        new = _add(proposal, invitation)
        try:
            replace(assessment=invitation.assessment, old=invitation.contact, new=new, by=by)
        except couplings.WorkWouldBeLost:
            return new, False
        return new, True


def decline(*, proposal: Proposal, by: User) -> None:
    """The examiner goes on assessing, and is told by mail. Raises `DomainError` when it was answered before."""
    with lifecycle.locked(proposal.invitation.assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        lifecycle.refuse_if_closed(current)
        _refuse_answered(proposal)
        now = timezone.now()
        Proposal.objects.filter(pk=proposal.pk).update(state=Proposal.State.DECLINED, decided_at=now, decided_by=by)
        if not leavers.why_paused(current):
            mails.queue_proposal_declined(proposal=proposal)
        lifecycle.record(
            current,
            kind=Event.Kind.PROPOSAL_DECLINED,
            by=by,
            examiner=proposal.invitation.contact.full_name,
            replacement=proposal.full_name,
        )


def _refuse_answered(proposal: Proposal) -> None:
    if not Proposal.objects.open().filter(pk=proposal.pk).exists():
        raise lifecycle.DomainError(f"Het voorstel om {proposal.full_name} te vragen wacht niet meer op antwoord.")


@dataclass(frozen=True)
class Row:
    """A proposal that waits for an answer; `listed` is who has its e-mail address in the address book."""

    proposal: Proposal
    listed: Contact | None

    @property
    def other_name(self) -> str:
        """Under which other name the address is known; '' when it isn't."""
        if self.listed is None or self.listed.full_name == self.proposal.full_name:
            return ""
        return self.listed.full_name


def waiting_rows(assessment: Assessment) -> list[Row]:
    """The proposals that a teacher can answer, oldest first, in at most two queries."""
    if assessment.is_closed:
        return []
    waiting = Proposal.objects.open().filter(invitation__assessment=assessment).select_related("invitation__contact")
    proposals = list(waiting)
    listed = _by_email(assessment, proposals)
    return [Row(proposal, listed.get(proposal.email)) for proposal in proposals]


def _by_email(assessment: Assessment, proposals: Iterable[Proposal]) -> dict[str, Contact]:
    emails = [proposal.email for proposal in proposals]
    if not emails:
        return {}
    return {contact.email: contact for contact in assessment.school.contacts.filter(email__in=emails)}
