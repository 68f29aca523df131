"""'Afronden' of one assessment, and 'Voordragen' where the school wants four eyes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest
from assessments.lifecycle import DomainError
from assessments.models import Assessment
from assessments.privacy import access_log

from . import finalise as finalising
from .concerns import concerns
from .forms import FinaliseForm
from .loading import address, get_afname
from .reading import read


@require_http_methods(["GET", "POST"])
def finalise(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_afname(request.user, public_id)
    return _step(request, assessment, finalising.finalise, _finalised)


@require_http_methods(["GET", "POST"])
def propose(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_afname(request.user, public_id)
    if not assessment.school.four_eyes:
        return redirect(address(request, "committee:finalise", assessment))
    return _step(request, assessment, finalising.propose, _proposed, proposing=True)


def _step(
    request: UserRequest,
    assessment: Assessment,
    act: Callable[..., Any],
    said: Callable[[Assessment, str], str],
    *,
    proposing: bool = False,
) -> HttpResponse:
    """Shows what would be fixed and asks where the PDF goes; on a valid post it is done."""
    proposal = finalising.standing_proposal(assessment) if assessment.school.four_eyes else None
    proposed = proposal.exam_office_email if proposal else ""
    form = FinaliseForm(request.POST or None, assessment=assessment, proposed=proposed)
    try:
        finalising.refuse_if_final(assessment)
        if request.method == "POST" and form.is_valid():
            email, version = form.exam_office_email, form.cleaned_data["version"]
            act(assessment=assessment, by=request.user, exam_office_email=email, version=version)
            messages.success(request, said(assessment, email))
            return redirect(address(request, "committee:afname", assessment))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(address(request, "committee:afname", assessment))
    reading = read(assessment)
    if not reading.can_finalise:
        messages.error(request, f"Deze beoordeling kan nog niet worden {'voorgedragen' if proposing else 'afgerond'}.")
        return redirect(address(request, "committee:afname", assessment))
    access_log.note(assessment, by=request.user, what=access_log.What.FINALISE)
    context = {
        "assessment": assessment,
        "reading": reading,
        "form": form,
        "concerns": list(concerns(reading, by=request.user)),
        "proposal": proposal,
        "proposing": proposing,
    }
    return render(request, "committee/finalise.html", context)


def _finalised(assessment: Assessment, email: str) -> str:
    name = assessment.student.user.full_name
    return f"De beoordeling van {name} is definitief. De pdf wordt gemaakt en gemaild naar {email}."


def _proposed(assessment: Assessment, email: str) -> str:
    name = assessment.student.user.full_name
    return f"U hebt de beoordeling van {name} voorgedragen. Een ander lid van de commissie rondt die af."
