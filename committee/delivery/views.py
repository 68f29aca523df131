"""The list of failed mails and PDFs, and sending one again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from assessments.lifecycle import DomainError
from assessments.request_data import number
from committee.access import get_assessment, get_committees, page_url

from . import delivery
from .delivery import undelivered_to, with_failures
from .forms import SendAgainForm

PAGE_SIZE = 50


@require_GET
def undelivered(request: UserRequest) -> HttpResponse:
    queryset = undelivered_to(request.user, committees=get_committees(request.user))
    page = Paginator(queryset, PAGE_SIZE).get_page(request.GET.get("pagina"))
    return render(request, "committee/delivery/undelivered.html", {"page": page, "rows": with_failures(list(page))})


@require_http_methods(["GET", "POST"])
def send_again(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Send the PDF again, to the same address or another one."""
    assessment = get_assessment(request.user, public_id)
    shown = number(request.POST, "mail") if request.method == "POST" else None
    try:
        document = delivery.require_sendable(delivery.sent_document(assessment), shown=shown)
        form = SendAgainForm(request.POST or None, document=document)
        if request.method == "POST" and form.is_valid():
            email, mail = form.exam_office_email, form.cleaned_data["mail"]
            delivery.resend(assessment=assessment, by=request.user, exam_office_email=email, mail=mail)
            messages.success(request, f"De pdf wordt opnieuw verzonden, naar {email}.")
            return redirect(page_url(request, "committee:afname", assessment))
    except DomainError as error:
        messages.info(request, str(error))
        return redirect(page_url(request, "committee:afname", assessment))
    return render(
        request, "committee/delivery/send_again.html", {"assessment": assessment, "document": document, "form": form}
    )


@require_POST
def resend_message(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Opnieuw verzenden' of a failed mail about a result, without the PDF."""
    assessment = get_assessment(request.user, public_id)
    mails_about = assessment.mails.filter(mail__kind__in=delivery.LABELS).exclude(mail__kind="result")
    about = get_object_or_404(mails_about, mail=number(request.POST, "mail"))
    try:
        mail = delivery.resend_message(about=about, by=request.user)
        messages.success(request, f"Het bericht aan {mail.to} wordt opnieuw verzonden.")
    except DomainError as error:
        messages.info(request, str(error))
    return redirect(page_url(request, "committee:afname", assessment))
