"""The committee's screens (source text, part C). `loading.get_afname` gives assessments of the own schools alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.http import UserRequest
from assessments.documents import documents as documents_documents
from assessments.invitations import send_back as invitations_send_back
from assessments.lifecycle import DomainError
from assessments.models import Assessment, Status
from assessments.privacy import access_log
from assessments.request_data import is_part

from . import exports
from .afnames_page import count_each, count_states, read_page, say_count
from .batch import FinalBatch
from .concerns import lost
from .finalise import standing_proposal
from .find_afnames import AfnamesOfSchool
from .forms import SendBackForm
from .letters import read_letters
from .loading import address, get_afname, get_filter
from .reading import read
from .undelivered import undelivered_to

FOUND_BACK = 3  # batches on the page


@require_GET
@vary_on_headers("HX-Request", "HX-History-Restore-Request")  # going back, a browser takes what it kept
def afnames(request: UserRequest) -> HttpResponse:
    """The whole page, or while one types in the search fields the list alone."""
    search = get_filter(request)
    wanted = search.wanted
    places = [AfnamesOfSchool(school, wanted) for school in search.schools]
    after, before = request.GET.get("na", ""), request.GET.get("voor", "")
    page = read_page(places, after=after, before=before, exams=search.exams, four_eyes=search.four_eyes)
    counted = count_each(places)
    final = [say_count(one, Status.FINAL) for one in counted] if counted else [""] * len(places)
    context = {
        "search": search,
        "page": page,
        "states": count_states(places, counted, proposed=search.four_eyes),
        "undelivered": undelivered_to(request.user, schools=search.schools).count(),
        **exports.offer(request.user, search, final=dict(zip(search.schools, final, strict=True))),
    }
    if is_part(request):
        return render(request, "committee/afnames_found.html", context)
    mine = FinalBatch.objects.filter(by=request.user, school__in=search.schools)
    return render(request, "committee/afnames.html", {**context, "batches": mine.found_back()[:FOUND_BACK]})


@require_POST
def start_export(request: UserRequest) -> HttpResponse:
    """The final results of the chosen exam, whatever status the list shows; the other search fields count."""
    return exports.start_export(request, get_filter(request))


@require_GET
def afname(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_afname(request.user, public_id)
    access_log.note(assessment, by=request.user)
    appeals, reading = list(assessment.appeals.all()), read(assessment)
    context = {
        "reading": reading,
        "lost": list(lost(reading.rubric)),
        **_sent(assessment),
        "events": assessment.events.all(),
        "proposal": standing_proposal(assessment) if assessment.school.four_eyes else None,
        "appeals": appeals,
        "appeal_runs": any(appeal.closed_on is None for appeal in appeals),
    }
    return render(request, "committee/afname.html", context)


@require_GET
def delivery(request: UserRequest, public_id: UUID) -> HttpResponse:
    """The PDF and its mail alone: what the page asks again while they are on their way."""
    assessment = get_afname(request.user, public_id)
    return render(request, "committee/delivery.html", _sent(assessment))


def _sent(assessment: Assessment) -> dict[str, Any]:
    """The documents, newest first: the current one, if there is one, and those it replaced; and the mails besides."""
    documents = list(assessment.documents.select_related("mail").order_by("-number"))
    return {
        "assessment": assessment,
        "documents": documents,
        "letters": read_letters(assessment, documents=documents),
    }


@require_POST
def make_again(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Nu opnieuw proberen', where making the PDF goes wrong."""
    assessment = get_afname(request.user, public_id)
    if documents_documents.make_again(get_object_or_404(assessment.documents.current())):
        messages.success(request, "De pdf wordt opnieuw gemaakt.")
    else:
        messages.info(request, "De pdf is al gemaakt of wordt al gemaakt.")
    return redirect(address(request, "committee:afname", assessment))


@require_http_methods(["GET", "POST"])
def send_back(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_afname(request.user, public_id)
    if assessment.status != Status.ASSESSED:
        state = assessment.get_status_display()
        messages.error(request, f"Deze beoordeling heeft de status ‘{state}’ en kan nu niet worden teruggestuurd.")
        return redirect(address(request, "committee:afname", assessment))
    form = SendBackForm(request.POST or None, assessment=assessment)
    if request.method == "POST" and form.is_valid():
        contacts = list(form.cleaned_data["examiners"])
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
            names = ", ".join(contact.full_name for contact in contacts)
            messages.success(request, f"De beoordeling is teruggestuurd naar {names}.")
        return redirect(address(request, "committee:afname", assessment))
    return render(request, "committee/send_back.html", {"assessment": assessment, "form": form})
