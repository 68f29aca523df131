"""What a teacher answers to an examiner who proposes a colleague."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.http import UserRequest
from accounts.models import User
from addressbook.models import Contact

from . import lifecycle, propose
from .models import Assessment, Proposal


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


def get_proposal(user: User, public_id: UUID) -> Proposal:
    """A proposal, answered or not, for an assessment that the docent may follow and change; else 404."""
    proposals = Proposal.objects.select_related(
        "invitation__contact", "invitation__assessment__student__user", "invitation__assessment__school"
    )
    mine = Assessment.objects.for_docent(user)
    return get_object_or_404(proposals, public_id=public_id, invitation__assessment__in=mine)


@require_POST
def confirm(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Bevestigen': the colleague takes the examiner's place; asks first what counts on where that one has begun."""
    proposal = get_proposal(request.user, public_id)
    assessment, old = proposal.invitation.assessment, proposal.invitation.contact
    try:
        new, done = propose.confirm(proposal=proposal, by=request.user)
    except lifecycle.DomainError as error:
        messages.info(request, str(error))
        return redirect("assessments:detail", assessment.public_id)
    if done:
        messages.success(request, f"{old.full_name} is vervangen door {new.full_name}, die de uitnodiging krijgt.")
        return redirect("assessments:detail", assessment.public_id)
    messages.info(request, f"{old.full_name} is al begonnen. Kijk na wat er met dat werk gebeurt en kies ‘Vervangen’.")
    query = {"examinator": new.pk}
    return redirect(reverse("assessments:replace", args=[assessment.public_id, old.pk], query=query))


@require_POST
def decline(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Afwijzen': the examiner goes on, and is told by mail."""
    proposal = get_proposal(request.user, public_id)
    old = proposal.invitation.contact.full_name
    try:
        propose.decline(proposal=proposal, by=request.user)
    except lifecycle.DomainError as error:
        messages.info(request, str(error))
    else:
        messages.success(request, f"{old} blijft beoordelen en krijgt daarover een mail.")
    return redirect("assessments:detail", proposal.invitation.assessment.public_id)
