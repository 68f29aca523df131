"""The screens about appeals (bezwaar): which run, noting one, and closing it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest
from assessments.lifecycle import DomainError
from assessments.models import Appeal, Assessment
from assessments.request_data import number

from . import appeals as deciding
from .cancel_forms import CloseAppealForm, MarkAppealForm
from .loading import address, get_afname, get_schools, shown

PAGE_SIZE = 50


@require_GET
def appeals(request: UserRequest) -> HttpResponse:
    """The appeals that run, the longest first; 404 for someone who is in no committee."""
    schools = get_schools(request.user)
    found = Appeal.objects.open().filter(assessment__school__in=schools)
    found = found.exclude(assessment__student__user=request.user)
    related = found.select_related("assessment__student__user", "assessment__exam", "assessment__unit")
    page = Paginator(related, PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "committee/appeals.html", {"page": page})


@require_http_methods(["GET", "POST"])
def mark_appeal(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Bezwaar noteren'."""
    assessment = get_afname(request.user, public_id)
    if told := _why_no_appeal(assessment):
        messages.info(request, told)
        return redirect(address(request, "committee:afname", assessment))
    form = MarkAppealForm(request.POST if request.method == "POST" else None, assessment=assessment)
    if request.method == "POST" and form.is_valid():
        try:
            deciding.mark(assessment=assessment, by=request.user, **form.cleaned_data)
            messages.success(request, "Het bezwaar is genoteerd. Sluit het hier af als er een uitkomst is.")
        except DomainError as error:
            messages.error(request, str(error))
        return redirect(address(request, "committee:afname", assessment))
    version = shown(request, form, "version", assessment.version)
    return render(request, "committee/mark_appeal.html", {"assessment": assessment, "form": form, "version": version})


def _why_no_appeal(assessment: Assessment) -> str:
    """Why none can be noted now; empty when one can."""
    if not deciding.has_had_a_result(assessment):
        return f"Bezwaar kan alleen tegen een definitief resultaat; de status is ‘{assessment.get_status_display()}’."
    return "Er loopt al een bezwaar tegen dit resultaat." if assessment.appeals.open().exists() else ""


@require_http_methods(["GET", "POST"])
def close_appeal(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Bezwaar afsluiten'. The form names its appeal: another may run by the time that it is sent."""
    assessment = get_afname(request.user, public_id)
    asked_for = {"pk": number(request.POST, "appeal")} if request.method == "POST" else {"closed_on": None}
    appeal = assessment.appeals.filter(**asked_for).first()
    if appeal is None or appeal.closed_on:
        messages.info(request, "Dit bezwaar is al afgesloten." if appeal else "Er loopt geen bezwaar.")
        return redirect(address(request, "committee:afname", assessment))
    form = CloseAppealForm(request.POST if request.method == "POST" else None, appeal=appeal)
    if request.method == "POST" and form.is_valid():
        outcome = Appeal.Outcome(form.cleaned_data["outcome"])
        try:
            deciding.close(appeal=appeal, by=request.user, closed_on=form.cleaned_data["closed_on"], outcome=outcome)
            messages.success(request, f"Het bezwaar is afgesloten: {outcome.label.lower()}.")
        except DomainError as error:
            messages.error(request, str(error))
        return redirect(address(request, "committee:afname", assessment))
    return render(request, "committee/close_appeal.html", {"assessment": assessment, "form": form, "appeal": appeal})
