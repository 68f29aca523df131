"""Choose examiners for one student, at all three levels (source text, part A, 'Examinator(en) kiezen')."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from addressbook.forms import ContactForm
from addressbook.models import Contact
from addressbook.people import AlreadyListed, add_by_hand
from addressbook.picker import picker_lists
from assessments import lifecycle, request_data
from assessments.access import get_assessment, ticked_contacts
from assessments.models import Assessment

from . import couplings
from .overview import finer_choices, named, read_losses, read_overview


@require_GET
def examiners(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    context = {
        "assessment": assessment,
        "overview": read_overview(assessment),
        "invitable": couplings.invitable(assessment),
    }
    return render(request, "assessments/coupling/examiners.html", context)


def _to_examiners(assessment: Assessment, target: couplings.Target) -> HttpResponse:
    """Redirect to the overview, at the place of `target`."""
    address = reverse("assessments:examiners", args=[assessment.public_id])
    return redirect(address + couplings.anchor(target))


@require_http_methods(["GET", "POST"])
def pick(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Show the address book as a picker; a POST is a search that keeps the ticks, and changes nothing."""
    assessment = get_assessment(request.user, public_id)
    data = request.POST if request.method == "POST" else request.GET
    target = couplings.target(assessment.unit_id, data)
    ticked = ticked_contacts(assessment, data)
    if request.method == "GET":
        ticked = list({c.pk: c for c in [*couplings.chosen_at(assessment, target), *ticked]}.values())
    return _picker_page(request, assessment, target, ticked)


def _picker_page(
    request: UserRequest, assessment: Assessment, target: couplings.Target, ticked: list[Contact], **more: Any
) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    query = data.get("q", "")
    context: dict[str, Any] = {
        "assessment": assessment,
        "target": target,
        "query": query,
        "finer": finer_choices([assessment], target),
        "replace_finer": "ook_daar" in data,
    }
    context |= picker_lists(school=assessment.school, query=query, chosen=ticked)
    return render(request, "assessments/coupling/pick.html", context | more)


@require_POST
def save_choice(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Overnemen': make the ticked contacts the choice; ask for confirmation where work would no longer count."""
    assessment = get_assessment(request.user, public_id)
    target, ticked = couplings.target(assessment.unit_id, request.POST), ticked_contacts(assessment, request.POST)
    try:
        couplings.choose_examiners(
            assessment=assessment,
            target=target,
            contacts=ticked,
            by=request.user,
            version=request_data.number(request.POST, "version") or 0,
            replace_finer="ook_daar" in request.POST,
            asked_about=request_data.numbers(request.POST, "weg"),
        )
    except couplings.WorkWouldBeLost as loses:
        sentence = f"U kiest voor {target}: {named(ticked)}."
        pick_url = reverse("assessments:pick", args=[assessment.public_id])
        return _ask(request, assessment, loses, sentence=sentence, cancel_action=pick_url)
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        assessment.refresh_from_db(fields=["version", "status"])
        chosen = couplings.chosen_at(assessment, target)
        return _picker_page(request, assessment, target, ticked, refused=True, standing=chosen)
    messages.success(request, f"Gekozen voor {target}: {named(ticked)}.")
    return _to_examiners(assessment, target)


@require_POST
def use_coarser(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Remove the choice for a work process or part, so that the coarser one counts there again."""
    assessment = get_assessment(request.user, public_id)
    target = couplings.target(assessment.unit_id, request.POST)
    if target.level == 1:
        raise Http404  # no coarser level
    try:
        couplings.choose_examiners(
            assessment=assessment,
            target=target,
            contacts=[],
            by=request.user,
            version=request_data.number(request.POST, "version") or 0,
            asked_about=request_data.numbers(request.POST, "weg"),
        )
    except couplings.WorkWouldBeLost as loses:
        back = reverse("assessments:examiners", args=[assessment.public_id]) + couplings.anchor(target)
        sentence = f"U haalt de aparte keuze voor {target} weg."
        return _ask(request, assessment, loses, sentence=sentence, cancel_url=back)
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        return redirect("assessments:examiners", assessment.public_id)
    messages.success(request, f"De aparte keuze voor {target} is weggehaald.")
    return _to_examiners(assessment, target)


def _ask(
    request: UserRequest,
    assessment: Assessment,
    loses: couplings.WorkWouldBeLost,
    **page: str,
) -> HttpResponse:
    """Show what would no longer count, and 'Toch weghalen': the same form again with the confirmed assignments."""
    context = {
        "students": read_losses([(assessment, loses)]),
        "fields": request_data.again(request.POST, weg=[a.pk for a in loses.assignments]),
        **page,
    }
    return render(request, "assessments/coupling/confirm_removal.html", context)


@require_http_methods(["GET", "POST"])
def add_contact(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Contactpersoon opslaan': add an examiner by hand and return to the picker, ticked.

    With `vervangt` in the URL it continues to replacing that examiner by the new one.
    """
    assessment = get_assessment(request.user, public_id)
    target = couplings.target(assessment.unit_id, request.GET)
    form = ContactForm(request.POST or None)
    url = ""
    if request.method == "POST" and form.is_valid():
        try:
            contact = add_by_hand(school=assessment.school, contact=form.save(commit=False))
        except AlreadyListed as listed:
            form.add_error("email", str(listed))
            url = _picker_with(request, assessment, listed.contact)
        else:
            messages.success(request, f"{contact.full_name} staat nu in het adresboek.")
            return redirect(_picker_with(request, assessment, contact))
    context = {"assessment": assessment, "form": form, "target": target, "there": url}
    context["replaced"] = request_data.number(request.GET, "vervangt")
    return render(request, "assessments/coupling/add_contact.html", context)


def _picker_with(request: UserRequest, assessment: Assessment, contact: Contact) -> str:
    """Return the picker's URL with the page's ticks and `contact` ticked, or that of the replacement."""
    replaced = request_data.number(request.GET, "vervangt")
    if replaced is not None:
        query = {"examinator": contact.pk}
        return reverse("assessments:replace", args=[assessment.public_id, replaced], query=query)
    chosen = request.GET.copy()
    chosen.appendlist("examinator", str(contact.pk))
    return f"{reverse('assessments:pick', args=[assessment.public_id])}?{chosen.urlencode()}"
