"""The screens 'Intrekken' and 'Definitief intrekken'."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest
from assessments.lifecycle import DomainError
from assessments.models import Assessment, CancelKind, Status

from . import cancel as cancelling
from . import withdraw_final as withdrawing
from .cancel_forms import CancelForm, WithdrawFinalForm
from .loading import address, get_afname, shown


def _why_not_cancel(assessment: Assessment) -> str:
    """Why there is nothing to cancel; empty when there is."""
    if assessment.status == Status.CANCELLED:
        at = date_format(timezone.localtime(assessment.status_since), "DATETIME_FORMAT")
        return f"Deze beoordeling is al ingetrokken, op {at}."
    if assessment.status == Status.FINAL:
        return "Deze beoordeling is definitief. Trek eerst het definitieve resultaat in."
    return ""


@require_http_methods(["GET", "POST"])
def cancel(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Intrekken': the assessment does not go on."""
    assessment = get_afname(request.user, public_id)
    if told := _why_not_cancel(assessment):
        messages.info(request, told)
        return redirect(address(request, "committee:afname", assessment))
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _cancel(request, assessment, form)
            return redirect(address(request, "committee:afname", assessment))
        except DomainError as error:
            messages.error(request, str(error))
            assessment = get_afname(request.user, public_id)
            if _why_not_cancel(assessment):
                return redirect(address(request, "committee:afname", assessment))
    context = {
        "assessment": assessment,
        "form": form,
        "told": cancelling.open_requests(assessment),
        "tells_initiator": cancelling.tells_initiator(assessment, by=request.user),
        "version": shown(request, form, "version", assessment.version),
        "seen": shown(request, form, "seen", assessment.status),
    }
    return render(request, "committee/cancel.html", context)


def _cancel(request: UserRequest, assessment: Assessment, form: CancelForm) -> None:
    told = cancelling.cancel(
        assessment=assessment,
        by=request.user,
        kind=CancelKind(form.cleaned_data["kind"]),
        reason=form.cleaned_data["reason"],
        counts_as_attempt=form.counts_as_attempt,
        version=form.cleaned_data["version"],
        seen=Status(form.cleaned_data["seen"]),
    )
    student = assessment.student.user.full_name
    names = ", ".join([student, *(invitation.contact.full_name for invitation in told)])
    mailed = "Er gaat geen mail uit" if assessment.student_left else f"Bericht gaat naar {names}"
    messages.success(request, f"De beoordeling van {student} is ingetrokken. {mailed}.")


@require_http_methods(["GET", "POST"])
def withdraw_final(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Definitief intrekken': the result is none any more; the assessment is 'Beoordeeld' again."""
    assessment = get_afname(request.user, public_id)
    if assessment.status != Status.FINAL:
        messages.info(request, f"Er is geen definitief resultaat: de status is ‘{assessment.get_status_display()}’.")
        return redirect(address(request, "committee:afname", assessment))
    form = WithdrawFinalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _withdraw_final(request, assessment, form)
            return redirect(address(request, "committee:afname", assessment))
        except DomainError as error:
            messages.error(request, str(error))
            assessment = get_afname(request.user, public_id)
            if assessment.status != Status.FINAL:
                return redirect(address(request, "committee:afname", assessment))
    document = assessment.documents.current().first()
    version = shown(request, form, "version", assessment.version)
    context = {"assessment": assessment, "form": form, "document": document, "version": version}
    return render(request, "committee/withdraw_final.html", context)


def _withdraw_final(request: UserRequest, assessment: Assessment, form: WithdrawFinalForm) -> None:
    office_told = withdrawing.withdraw_final(
        assessment=assessment,
        by=request.user,
        reason=form.cleaned_data["reason"],
        version=form.cleaned_data["version"],
    )
    name = assessment.student.user.full_name
    to = [] if assessment.student_left else [name]
    to += ["het examenbureau"] if office_told else []
    mailed = f"Bericht gaat naar {' en '.join(to)}." if to else f"{name} is uitgeschreven en krijgt geen mail."
    if not office_told:
        mailed += " De mail aan het examenbureau was nog niet verzonden en wordt dat ook niet meer."
    messages.success(request, f"Het definitieve resultaat van {name} is ingetrokken. {mailed}")
