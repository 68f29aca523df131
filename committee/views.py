"""The committee's screens (source text, part C). Every assessment comes from `get_afname`: own schools alone."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Role, User
from accounts.signed_in import UserRequest
from assessments import send_back as sending_back
from assessments.lifecycle import DomainError
from assessments.models import Assessment, Document, Status
from digibeoordelen.outbox.models import MailState
from digibeoordelen.outbox.queue import send_again as send_mail_again

from . import export
from . import finalise as finalising
from .afnames import AfnamesFilter, read_page
from .forms import FinaliseForm, SendBackForm
from .reading import read


def get_afname(user: User, public_id: UUID) -> Assessment:
    """An assessment of a school where `user` is in the committee; else 404."""
    return get_object_or_404(Assessment.objects.for_committee(user).for_pages(), public_id=public_id)


def get_filter(request: UserRequest) -> AfnamesFilter:
    """The search as the address has it; 404 for someone who is in no committee."""
    if not request.user.schools_as(Role.EXAMENCOMMISSIE).exists():
        raise Http404
    return AfnamesFilter(request.GET, request=request, queryset=Assessment.objects.for_committee(request.user))


@require_GET
def afnames(request: UserRequest) -> HttpResponse:
    search = get_filter(request)
    page = read_page(
        search.qs, status=search.shown_status, after=request.GET.get("na", ""), before=request.GET.get("voor", "")
    )
    results = search.final_results()
    context = {
        "search": search,
        "page": page,
        "columns": export.COLUMNS,
        "final_count": results[: export.COUNT_UP_TO + 1].count() if results is not None else 0,
        "count_up_to": export.COUNT_UP_TO,
    }
    return render(request, "committee/afnames.html", context)


@require_GET
def results_csv(request: UserRequest) -> HttpResponseBase:
    """The final results of the chosen exam, whatever status the list shows; the other search fields count."""
    search = get_filter(request)
    results = search.final_results()
    if results is None or search.exam is None:
        messages.error(request, "Kies eerst een examen en klik op ‘Zoeken’; dan kunt u de resultaten downloaden.")
        return redirect("committee:afnames")
    return StreamingHttpResponse(
        export.lines(results),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{export.filename(search.exam)}"',
            "Cache-Control": "private, no-store",
        },
    )


@require_GET
def afname(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_afname(request.user, public_id)
    context = {
        "assessment": assessment,
        "reading": read(assessment),
        "documents": _documents(assessment),
        "events": assessment.events.all(),
    }
    return render(request, "committee/afname.html", context)


@require_GET
def delivery(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The PDF and its mail alone: what the page asks again while they are on their way."""
    assessment = get_afname(request.user, public_id)
    context = {"assessment": assessment, "documents": _documents(assessment)}
    return render(request, "committee/delivery.html", context)


def _documents(assessment: Assessment) -> list[Document]:
    """Newest first: the current one, if there is one, and those it replaced."""
    return list(assessment.documents.select_related("mail").order_by("-number"))


@require_POST
def send_again(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Opnieuw verzenden' of the mail with the PDF."""
    assessment = get_afname(request.user, public_id)
    document = get_object_or_404(assessment.documents.current().select_related("mail"), mail__isnull=False)
    if document.mail and document.mail.state == MailState.FAILED and send_mail_again(document.mail):
        messages.success(request, f"De mail aan {document.exam_office_email} wordt opnieuw verzonden.")
    else:
        messages.info(request, "Deze mail is al verzonden of staat al in de wachtrij.")
    return redirect(_address(request, "committee:afname", assessment))


@require_http_methods(["GET", "POST"])
def finalise(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_afname(request.user, public_id)
    form = FinaliseForm(request.POST or None, assessment=assessment, by=request.user)
    try:
        finalising.refuse_if_final(assessment)
        if request.method == "POST" and form.is_valid():
            finalising.finalise(
                assessment=assessment,
                by=request.user,
                exam_office_email=form.exam_office_email,
                version=form.cleaned_data["version"],
            )
            messages.success(request, _finalised(assessment, form.exam_office_email))
            return redirect(_address(request, "committee:afname", assessment))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(_address(request, "committee:afname", assessment))
    reading = read(assessment)
    if not reading.can_finalise:
        messages.error(request, "Deze beoordeling kan nog niet worden afgerond.")
        return redirect(_address(request, "committee:afname", assessment))
    context = {"assessment": assessment, "reading": reading, "form": form}
    return render(request, "committee/finalise.html", context)


def _finalised(assessment: Assessment, email: str) -> str:
    name = assessment.student.user.full_name
    return f"De beoordeling van {name} is definitief. De pdf wordt gemaakt en gemaild naar {email}."


@require_http_methods(["GET", "POST"])
def send_back(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_afname(request.user, public_id)
    if assessment.status != Status.ASSESSED:
        state = assessment.get_status_display()
        messages.error(request, f"Deze beoordeling heeft de status ‘{state}’ en kan nu niet worden teruggestuurd.")
        return redirect(_address(request, "committee:afname", assessment))
    form = SendBackForm(request.POST or None, assessment=assessment)
    if request.method == "POST" and form.is_valid():
        contacts = list(form.cleaned_data["examiners"])
        try:
            sending_back.send_back(
                assessment=assessment, contacts=contacts, by=request.user, remark=form.cleaned_data["remark"]
            )
        except DomainError as error:
            messages.error(request, str(error))
        else:
            names = ", ".join(contact.full_name for contact in contacts)
            messages.success(request, f"De beoordeling is teruggestuurd naar {names}.")
        return redirect(_address(request, "committee:afname", assessment))
    return render(request, "committee/send_back.html", {"assessment": assessment, "form": form})


def _address(request: UserRequest, name: str, assessment: Assessment) -> str:
    """A page of this assessment that keeps the list's search in its address, for the way back."""
    search = request.GET.urlencode()
    return reverse(name, args=[assessment.public_id]) + (f"?{search}" if search else "")
