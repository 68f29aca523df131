"""What a page asks again and again while mails are on their way; nothing (204) while all is as it was."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.http import UserRequest

from .initiator import get_assessment, get_unit
from .remind import UNREAD_MAIL
from .sending import Sending, asked_mails, sending_in_assessment, sending_in_unit


@require_GET
def of_assessment(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The message of 'Uitnodiging(en) verzenden', and the state of the mail at each invitation."""
    assessment = get_assessment(request.user, public_id)
    invitations = list(assessment.invitations.select_related("contact", "mail").defer(*UNREAD_MAIL))
    watched = [invitation.mail for invitation in invitations if invitation.mail]
    sending = sending_in_assessment(assessment, asked_mails(request.GET), watched=watched)
    unfinished = assessment.live_assignments.filter(completed_at__isnull=True)
    context = {
        "assessment": assessment,
        "invitations": invitations,
        "asked": set() if assessment.is_closed else set(unfinished.values_list("contact", flat=True)),
    }
    return _answer(request, sending, "sending_rows", context)


@require_GET
def of_unit(request: UserRequest, unit_id: int) -> HttpResponse:
    """The message above the students, when several were invited or reminded of."""
    unit = get_unit(request.user, unit_id)
    return _answer(request, sending_in_unit(unit, asked_mails(request.GET), by=request.user), "sending", {})


def _answer(request: UserRequest, sending: Sending, template: str, context: dict[str, object]) -> HttpResponse:
    if request.GET.get("nu") == sending.mark:
        return HttpResponse(status=204)
    return render(request, f"assessments/{template}.html", {**context, "sending": sending})
