"""The screen 'Opnieuw verzenden' of the mail with the PDF."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.signed_in import UserRequest
from assessments.asked import number
from assessments.lifecycle import DomainError

from . import send_again as sending
from .forms import SendAgainForm
from .loading import address, get_afname


@require_http_methods(["GET", "POST"])
def send_again(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Asks where to, once more; the address that it went to is proposed."""
    assessment = get_afname(request.user, public_id)
    shown = number(request.POST, "mail") if request.method == "POST" else None
    try:
        document = sending.sendable(sending.sent_document(assessment), shown=shown)
        form = SendAgainForm(request.POST or None, document=document, by=request.user)
        if request.method == "POST" and form.is_valid():
            email, mail = form.exam_office_email, form.cleaned_data["mail"]
            sending.send_again(assessment=assessment, by=request.user, exam_office_email=email, mail=mail)
            messages.success(request, f"De pdf wordt opnieuw verzonden, naar {email}.")
            return redirect(address(request, "committee:afname", assessment))
    except DomainError as error:
        messages.info(request, str(error))
        return redirect(address(request, "committee:afname", assessment))
    return render(request, "committee/send_again.html", {"assessment": assessment, "document": document, "form": form})
