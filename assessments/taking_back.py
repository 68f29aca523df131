"""The initiator's 'Intrekken' of an assessment that was started by mistake."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest

from . import asked, leavers, lifecycle
from . import take_back as taking_back
from .initiator import get_assessment


@require_http_methods(["GET", "POST"])
def take_back(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Says whose assessment it is that does not go on, and takes it back."""
    assessment = get_assessment(request.user, public_id)
    name = assessment.student.user.full_name
    if request.method == "POST":
        try:
            taking_back.take_back(
                assessment=assessment, by=request.user, version=asked.number(request.POST, "version") or 0
            )
            messages.success(request, f"De beoordeling van {name} is ingetrokken; dit telt niet als poging.")
        except lifecycle.DomainError as error:
            messages.error(request, str(error))
        return redirect("assessments:detail", assessment.public_id)
    if not taking_back.is_possible(assessment):
        messages.info(request, "Deze beoordeling kunt u niet (meer) intrekken; alleen de examencommissie kan dat.")
        return redirect("assessments:detail", assessment.public_id)
    context = {"assessment": assessment, "hidden": ("version", assessment.version)}
    return render(request, "assessments/take_back.html", context)


@require_POST
def become_initiator(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Overnemen': makes the docent the initiator, where that one left."""
    assessment = get_assessment(request.user, public_id)
    try:
        leavers.take_over(assessment=assessment, by=request.user)
        messages.success(request, "U volgt deze beoordeling nu. Examinatoren krijgen weer herinneringen.")
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
    return redirect("assessments:detail", assessment.public_id)
