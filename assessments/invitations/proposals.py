"""A forwarded link: the holder proposes a colleague in the examiner's place (DESIGN.md, 'Mechanisms', Link)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.mail.addresses import normalise_address
from accounts.models import User
from addressbook.models import Contact
from addressbook.people import AlreadyListed, add_by_hand
from assessments import leavers, lifecycle, mails
from assessments.coupling import couplings
from assessments.models import Assessment, Event, Invitation, Proposal

from .replace import begun_by, replace


class WrongAddress(lifecycle.DomainError):
    """The colleague's e-mail address is not allowed."""


def open_proposal(invitation: Invitation) -> Proposal | None:
    """Return the examiner's proposal that waits for an answer."""
    return invitation.proposals.open().first()


def why_not(invitation: Invitation) -> str:
    """Return why no colleague can be proposed, translated for the examiner; '' when one can."""
    if invitation.assessment.is_closed:
        return _("Deze beoordeling is gesloten. U kunt niemand meer voorstellen.")
    if invitation.assessment.student_left:
        return _("De student is uitgeschreven.")
    assignments = invitation.assessment.live_assignments.filter(contact=invitation.contact)
    if not assignments.filter(completed_at__isnull=True).exists():
        return _("U hebt uw beoordeling al afgerond. U kunt niemand meer voorstellen.")
    return ""


def leaves_at_once(invitation: Invitation) -> bool:
    """Return whether the colleague gets the link without confirmation: the school allows it and no work has begun."""
    return not (invitation.assessment.school.confirm_proposals or begun_by(invitation.assessment, invitation.contact))


def propose(*, invitation: Invitation, proposal: Proposal) -> Proposal:
    """Save an unsaved `proposal` and ask the initiator, or replace the examiner at once.

    At once only where the school requires no confirmation, no work has begun, the initiator has not left, and the
    colleague neither examines here already nor was removed from the address book. Raises `DomainError`, translated for
    the examiner, when no proposal is possible or one is open, `WrongAddress` when the address is the examiner's own or
    the student's.
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
    # Locked before the assessment, as in `replace` and corrections of an address.
    return invitation.assessment.school.contacts.select_for_update(no_key=True).filter(email=email).first()


def _needs_teacher(assessment: Assessment, listed: Contact | None) -> bool:
    if listed is None:
        return False
    return listed.removed_at is not None or assessment.couplings.filter(contact=listed).exists()


def _refuse(assessment: Assessment, invitation: Invitation, proposal: Proposal) -> None:
    current_invitation = assessment.invitations.standing().select_related("contact").filter(pk=invitation.pk).first()
    if current_invitation is None or current_invitation.generation != invitation.generation:
        raise lifecycle.DomainError(_("Uw uitnodiging is intussen gewijzigd of ingetrokken."))
    current_invitation.assessment = assessment
    if refused := why_not(current_invitation):
        raise lifecycle.DomainError(refused)
    email = normalise_address(proposal.email)
    if email == current_invitation.contact.email:
        raise WrongAddress(_("Dit is uw eigen e-mailadres. Vul dat van uw collega in."))
    if email == assessment.student.user.email:
        raise WrongAddress(_("Dit is het e-mailadres van de student. Een student kan zichzelf niet beoordelen."))
    if waiting := open_proposal(current_invitation):
        name = waiting.full_name
        raise lifecycle.DomainError(
            _("U hebt %(name)s al voorgesteld. De docent heeft nog niet geantwoord.") % {"name": name}
        )


def _write(assessment: Assessment, invitation: Invitation, proposal: Proposal) -> None:
    # One from before the examiner was withdrawn and invited again no longer waits for an answer.
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
    """Add the colleague to the address book, with the kind of contact of the examiner being replaced."""
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
    """Add the colleague to the address book and replace the examiner; return the contact, and whether it is done.

    Not done where the examiner has begun: then the docent decides about the work, and `replace` with that contact
    answers the proposal. Raises `DomainError` when it was answered before, and what `replace` raises.
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
    """Decline and mail the examiner. Raises `DomainError` when the proposal was answered before."""
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
class WaitingProposal:
    """A proposal that waits for an answer; `listed` is the contact with its e-mail address."""

    proposal: Proposal
    listed: Contact | None

    @property
    def other_name(self) -> str:
        """Return the contact's name if it differs from the proposed one, else ''."""
        if self.listed is None or self.listed.full_name == self.proposal.full_name:
            return ""
        return self.listed.full_name


def waiting_rows(assessment: Assessment) -> list[WaitingProposal]:
    """Return the proposals that a docent can answer, oldest first, in at most two queries."""
    if assessment.is_closed:
        return []
    waiting = Proposal.objects.open().filter(invitation__assessment=assessment).select_related("invitation__contact")
    proposals = list(waiting)
    listed = _by_email(assessment, proposals)
    return [WaitingProposal(proposal, listed.get(proposal.email)) for proposal in proposals]


def _by_email(assessment: Assessment, proposals: Iterable[Proposal]) -> dict[str, Contact]:
    emails = [proposal.email for proposal in proposals]
    if not emails:
        return {}
    return {contact.email: contact for contact in assessment.school.contacts.filter(email__in=emails)}
