"""The decisions on one assessment: 'Afronden', 'Voordragen', 'Terugsturen', 'Intrekken', and appeals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import UserRequest
from assessments.invitations import send_back as invitations_send_back
from assessments.lifecycle import DomainError
from assessments.models import Appeal, Assessment, CancelKind, Status
from assessments.privacy import access_log
from assessments.request_data import number
from committee.access import get_assessment, get_committees, page_url, posted_value
from committee.delivery.forms import FinaliseForm
from committee.review.review import read, warnings
from committee.search import Place, get_search

from . import cancel as decisions_cancel
from . import finalise as decisions_finalise
from . import withdraw_final as decisions_withdraw
from .forms import CancelForm, CloseAppealForm, MarkAppealForm, SendBackForm, WithdrawFinalForm


@require_http_methods(["GET", "POST"])
def finalise(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    return _step(request, assessment, decisions_finalise.finalise, _finalised)


@require_http_methods(["GET", "POST"])
def propose(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    if not assessment.committee.four_eyes:
        return redirect(page_url(request, "committee:finalise", assessment))
    return _step(request, assessment, decisions_finalise.propose, _proposed, proposing=True)


def _step(
    request: UserRequest,
    assessment: Assessment,
    act: Callable[..., Any],
    success_text: Callable[[Assessment, str], str],
    *,
    proposing: bool = False,
) -> HttpResponse:
    """Show the result and the form for the PDF's address; a valid POST calls `act` and goes on to the next one."""
    proposal = assessment.valid_proposal() if assessment.committee.four_eyes else None
    proposed = proposal.exam_office_email if proposal else ""
    form = FinaliseForm(request.POST or None, assessment=assessment, proposed=proposed)
    try:
        decisions_finalise.refuse_if_final(assessment)
        if request.method == "POST" and form.is_valid():
            email, version = form.exam_office_email, form.cleaned_data["version"]
            place = get_search(request).find_place(assessment)
            act(assessment=assessment, by=request.user, exam_office_email=email, version=version)
            return _go_on(request, assessment, place, success_text(assessment, email))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(page_url(request, "committee:afname", assessment))
    reading = read(assessment)
    if not reading.can_finalise:
        messages.error(request, f"Deze beoordeling kan nog niet worden {'voorgedragen' if proposing else 'afgerond'}.")
        return redirect(page_url(request, "committee:afname", assessment))
    access_log.note(assessment, by=request.user, what=access_log.What.FINALISE)
    context = {
        "assessment": assessment,
        "reading": reading,
        "form": form,
        "warnings": list(warnings(reading, by=request.user)),
        "proposal": proposal,
        "proposing": proposing,
    }
    return render(request, "committee/decisions/finalise.html", context)


def _go_on(request: UserRequest, assessment: Assessment, place: Place | None, text: str) -> HttpResponse:
    """Redirect to the next one of the list, from its `place` before the decision; without one to the assessment."""
    own = page_url(request, "committee:afname", assessment)
    if not (place and place.following):
        messages.success(request, text)
        return redirect(own)
    messages.success(request, format_html('{} <a href="{}">Bekijk die beoordeling</a>', text, own))
    return redirect(page_url(request, "committee:afname", place.following))


def _finalised(assessment: Assessment, email: str) -> str:
    name = assessment.student.user.full_name
    return f"De beoordeling van {name} is definitief. De pdf wordt gemaakt en gemaild naar {email}."


def _proposed(assessment: Assessment, email: str) -> str:
    name = assessment.student.user.full_name
    return f"U hebt de beoordeling van {name} voorgedragen. Een ander lid van de commissie rondt die af."


def _why_not_cancel(assessment: Assessment) -> str:
    """Return why it can't be cancelled; '' when it can."""
    if assessment.status == Status.CANCELLED:
        at = date_format(timezone.localtime(assessment.status_since), "DATETIME_FORMAT")
        return f"Deze beoordeling is al ingetrokken, op {at}."
    if assessment.status == Status.FINAL:
        return "Deze beoordeling is definitief. Trek eerst het definitieve resultaat in."
    return ""


@require_http_methods(["GET", "POST"])
def cancel(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Intrekken' of the assessment."""
    assessment = get_assessment(request.user, public_id)
    if reason := _why_not_cancel(assessment):
        messages.info(request, reason)
        return redirect(page_url(request, "committee:afname", assessment))
    form = CancelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _cancel(request, assessment, form)
            return redirect(page_url(request, "committee:afname", assessment))
        except DomainError as error:
            messages.error(request, str(error))
            assessment = get_assessment(request.user, public_id)
            if _why_not_cancel(assessment):
                return redirect(page_url(request, "committee:afname", assessment))
    context = {
        "assessment": assessment,
        "form": form,
        "recipients": decisions_cancel.open_requests(assessment),
        "notifies_initiator": decisions_cancel.notifies_initiator(assessment, by=request.user),
        "version": posted_value(request, form, "version", assessment.version),
        "seen": posted_value(request, form, "seen", assessment.status),
    }
    return render(request, "committee/decisions/cancel.html", context)


def _cancel(request: UserRequest, assessment: Assessment, form: CancelForm) -> None:
    recipients = decisions_cancel.cancel(
        assessment=assessment,
        by=request.user,
        kind=CancelKind(form.cleaned_data["kind"]),
        reason=form.cleaned_data["reason"],
        counts_as_attempt=form.counts_as_attempt,
        version=form.cleaned_data["version"],
        seen=Status(form.cleaned_data["seen"]),
    )
    student = assessment.student.user.full_name
    names = ", ".join([student, *(invitation.contact.full_name for invitation in recipients)])
    mailed = "Er gaat geen mail uit" if assessment.student_left else f"Bericht gaat naar {names}"
    messages.success(request, f"De beoordeling van {student} is ingetrokken. {mailed}.")


@require_http_methods(["GET", "POST"])
def withdraw_final(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Definitief intrekken': the assessment is 'Beoordeeld' again."""
    assessment = get_assessment(request.user, public_id)
    if assessment.status != Status.FINAL:
        messages.info(request, f"Er is geen definitief resultaat: de status is ‘{assessment.get_status_display()}’.")
        return redirect(page_url(request, "committee:afname", assessment))
    form = WithdrawFinalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _withdraw_final(request, assessment, form)
            return redirect(page_url(request, "committee:afname", assessment))
        except DomainError as error:
            messages.error(request, str(error))
            assessment = get_assessment(request.user, public_id)
            if assessment.status != Status.FINAL:
                return redirect(page_url(request, "committee:afname", assessment))
    document = assessment.documents.current().first()
    version = posted_value(request, form, "version", assessment.version)
    context = {"assessment": assessment, "form": form, "document": document, "version": version}
    return render(request, "committee/decisions/withdraw_final.html", context)


def _withdraw_final(request: UserRequest, assessment: Assessment, form: WithdrawFinalForm) -> None:
    office_notified = decisions_withdraw.withdraw_final(
        assessment=assessment,
        by=request.user,
        reason=form.cleaned_data["reason"],
        version=form.cleaned_data["version"],
    )
    name = assessment.student.user.full_name
    to = [] if assessment.student_left else [name]
    to += ["het examenbureau"] if office_notified else []
    mailed = f"Bericht gaat naar {' en '.join(to)}." if to else f"{name} is uitgeschreven en krijgt geen mail."
    if not office_notified:
        mailed += " De mail aan het examenbureau was nog niet verzonden en wordt dat ook niet meer."
    messages.success(request, f"Het definitieve resultaat van {name} is ingetrokken. {mailed}")


PAGE_SIZE = 50


@require_GET
def appeals(request: UserRequest) -> HttpResponse:
    """List the open appeals, the oldest first."""
    queryset = Appeal.objects.open().filter(assessment__committee__in=get_committees(request.user))
    queryset = queryset.exclude(assessment__student__user=request.user)
    queryset = queryset.select_related("assessment__student__user", "assessment__exam", "assessment__unit")
    page = Paginator(queryset, PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "committee/decisions/appeals.html", {"page": page})


@require_http_methods(["GET", "POST"])
def mark_appeal(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Bezwaar noteren'."""
    assessment = get_assessment(request.user, public_id)
    if reason := _why_no_appeal(assessment):
        messages.info(request, reason)
        return redirect(page_url(request, "committee:afname", assessment))
    form = MarkAppealForm(request.POST if request.method == "POST" else None, assessment=assessment)
    if request.method == "POST" and form.is_valid():
        try:
            decisions_cancel.mark_appeal(assessment=assessment, by=request.user, **form.cleaned_data)
            messages.success(request, "Het bezwaar is genoteerd. Sluit het hier af als er een uitkomst is.")
        except DomainError as error:
            messages.error(request, str(error))
        return redirect(page_url(request, "committee:afname", assessment))
    version = posted_value(request, form, "version", assessment.version)
    return render(
        request, "committee/decisions/mark_appeal.html", {"assessment": assessment, "form": form, "version": version}
    )


def _why_no_appeal(assessment: Assessment) -> str:
    """Return why no appeal can be recorded; '' when one can."""
    if not decisions_cancel.has_had_result(assessment):
        return f"Bezwaar kan alleen tegen een definitief resultaat; de status is ‘{assessment.get_status_display()}’."
    return "Er loopt al een bezwaar tegen dit resultaat." if assessment.appeals.open().exists() else ""


@require_http_methods(["GET", "POST"])
def close_appeal(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Bezwaar afsluiten'. The form has the appeal's id: another one may be open when it is posted."""
    assessment = get_assessment(request.user, public_id)
    lookup = {"pk": number(request.POST, "appeal")} if request.method == "POST" else {"closed_on": None}
    appeal = assessment.appeals.filter(**lookup).first()
    if appeal is None or appeal.closed_on:
        messages.info(request, "Dit bezwaar is al afgesloten." if appeal else "Er loopt geen bezwaar.")
        return redirect(page_url(request, "committee:afname", assessment))
    form = CloseAppealForm(request.POST if request.method == "POST" else None, appeal=appeal)
    if request.method == "POST" and form.is_valid():
        outcome = Appeal.Outcome(form.cleaned_data["outcome"])
        try:
            decisions_cancel.close_appeal(
                appeal=appeal, by=request.user, closed_on=form.cleaned_data["closed_on"], outcome=outcome
            )
            messages.success(request, f"Het bezwaar is afgesloten: {outcome.label.lower()}.")
        except DomainError as error:
            messages.error(request, str(error))
        return redirect(page_url(request, "committee:afname", assessment))
    return render(
        request, "committee/decisions/close_appeal.html", {"assessment": assessment, "form": form, "appeal": appeal}
    )


@require_http_methods(["GET", "POST"])
def send_back(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    if assessment.status != Status.ASSESSED:
        state = assessment.get_status_display()
        messages.error(request, f"Deze beoordeling heeft de status ‘{state}’ en kan nu niet worden teruggestuurd.")
        return redirect(page_url(request, "committee:afname", assessment))
    form = SendBackForm(request.POST or None, assessment=assessment)
    if request.method == "POST" and form.is_valid():
        contacts = list(form.cleaned_data["examiners"])
        place = get_search(request).find_place(assessment)
        try:
            invitations_send_back.send_back(
                assessment=assessment,
                contacts=contacts,
                by=request.user,
                remark=form.cleaned_data["remark"],
                version=form.cleaned_data["version"],
            )
        except DomainError as error:
            messages.error(request, str(error))
        else:
            names, student = ", ".join(contact.full_name for contact in contacts), assessment.student.user.full_name
            return _go_on(request, assessment, place, f"De beoordeling van {student} is teruggestuurd naar {names}.")
        return redirect(page_url(request, "committee:afname", assessment))
    return render(request, "committee/decisions/send_back.html", {"assessment": assessment, "form": form})
