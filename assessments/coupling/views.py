"""Choose examiners at all three levels (source text, part A, 'Examinator(en) kiezen'), for one or several students."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.text import clean_line
from addressbook.forms import ContactForm
from addressbook.lookup import name_with_email, suggestions
from addressbook.models import Contact
from addressbook.people import AlreadyListed, add_by_hand
from addressbook.picker import picker_lists
from assessments import request_data
from assessments.access import Selected, get_selected, ticked_contacts
from assessments.models import Assessment

from . import batch, couplings
from .batch import ExaminerLine, choose_each, find_examiners, read_lines
from .overview import finer_choices, named, read_losses, read_overview

PANEL = "paneel"  # opens the picker over the page, as it was left
EXAMINER_LENGTH = 500  # characters: fits a name of 232 and an address of 254


def flow_context(selected: Selected) -> dict[str, Any]:
    """Return what each page of the flow shows of its students."""
    return {
        "selected": selected,
        "flow_id": selected.public_id,
        "assessments": selected.assessments,
        "only": selected.only,
        "unit": selected.unit,
        "exam": selected.assessments[0].exam,
    }


@require_GET
def examiners(request: UserRequest, public_id: UUID) -> HttpResponse:
    selected = get_selected(request.user, public_id)
    students = batch.read_batch(selected.assessments)
    context = {
        "overview": read_overview(selected.assessments, selected.unit),
        "members": students.members,
        "chosen": len({contact for member in students.members for contact in member.examiners}),
        "invitable": len(students.invitable),
        **flow_context(selected),
    }
    if PANEL in request.GET:
        target = couplings.target(selected.unit.pk, request.GET)
        picker = _pick_url(selected, target, ticked_contacts(selected.assessments, request.GET))
        context |= {"panel_url": picker, "panel_target": target}
    return render(request, "assessments/coupling/examiners.html", context)


def examiners_url(selected: Selected, target: couplings.Target = batch.WHOLE_EXAM) -> str:
    """Return the URL of the overview, at the line of `target`."""
    return reverse("assessments:examiners", args=[selected.public_id]) + couplings.anchor(target)


@require_http_methods(["GET", "POST"])
def pick(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Show the address book as a picker; a POST is a search that keeps the ticks, and changes nothing."""
    selected = get_selected(request.user, public_id)
    data = request.POST if request.method == "POST" else request.GET
    target = couplings.target(selected.unit.pk, data)
    shared = batch.shared_choice(selected.assessments, target)
    with_ticks = request.method == "POST" or "examinator" in data
    ticked = ticked_contacts(selected.assessments, data) if with_ticks else shared.contacts
    return _picker_page(request, selected, target, ticked, differs=shared.differs)


def _picker_page(
    request: UserRequest, selected: Selected, target: couplings.Target, ticked: list[Contact], **more: Any
) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    query = data.get("q", "")
    in_panel = request_data.is_part(request)
    here = _panel_url(selected, target, ticked) if in_panel else _pick_url(selected, target, ticked)
    lists = picker_lists(school=selected.school, query=query, chosen=ticked)
    context = {
        "base": "parts/panel_page.html" if in_panel else "base_app.html",
        "target": target,
        "fields": couplings.of_target(target),
        "query": query,
        "finer": finer_choices(selected.assessments, target),
        "replace_finer": "ook_daar" in data,
        "here": here,
        "way_back": "?" + urlencode({"terug": here}),
        "contacts": [*lists["chosen"], *lists["others"]],
        **lists,
        **flow_context(selected),
    }
    return render(request, "assessments/coupling/picker.html", context | more)


def _pick_url(selected: Selected, target: couplings.Target, ticked: Iterable[Contact]) -> str:
    """Return the URL of the picker with these ticks."""
    return f"{reverse('assessments:pick', args=[selected.public_id])}?{_picker_query(target, ticked).urlencode()}"


def _panel_url(selected: Selected, target: couplings.Target, ticked: Iterable[Contact]) -> str:
    """Return the URL of the overview with the picker open in its panel, with these ticks."""
    query = _picker_query(target, ticked)
    query[PANEL] = "open"
    return f"{reverse('assessments:examiners', args=[selected.public_id])}?{query.urlencode()}"


def _picker_query(target: couplings.Target, ticked: Iterable[Contact]) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(couplings.of_target(target))
    query.setlist("examinator", [str(contact.pk) for contact in ticked])
    return query


@require_POST
def save_choice(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Overnemen': make the ticked contacts the choice; ask for confirmation where work would no longer count.

    Without a tick the coarser choice counts again. `beoordeling` limits it to these assessments: those to confirm.
    """
    selected = get_selected(request.user, public_id)
    target, ticked = (
        couplings.target(selected.unit.pk, request.POST),
        ticked_contacts(selected.assessments, request.POST),
    )
    only = set(request_data.public_ids(request.POST, "beoordeling"))
    assessments = [a for a in selected.assessments if not only or a.public_id in only]
    outcome = batch.choose_for_all(
        assessments=assessments,
        contacts=ticked,
        versions=seen_versions(assessments, request.POST),
        by=request.user,
        target=target,
        replace_finer="ook_daar" in request.POST,
        asked_about=request_data.numbers(request.POST, "weg"),
    )
    if outcome.done and ticked:
        of_whom = "" if selected.only else f" van {outcome.done_names}"
        messages.success(request, f"Gekozen voor {target}{of_whom}: {named(ticked)}.")
    elif outcome.done and target.level > 1:
        messages.info(request, f"De aparte keuze voor {target} is weggehaald.")
    elif outcome.done:
        messages.info(request, "Voor het hele examen is nu niemand gekozen.")
    report_refused(request, outcome)
    if outcome.to_ask:
        return _ask(request, selected, outcome, target, ticked)
    if outcome.refused and not outcome.done and ticked:  # shows the choice of now, and keeps the ticks
        selected = get_selected(request.user, public_id)
        now = batch.shared_choice(selected.assessments, target)
        return _picker_page(request, selected, target, ticked, differs=now.differs, refused=True, now=now.contacts)
    return redirect(examiners_url(selected, target))


def seen_versions(assessments: Iterable[Assessment], data: QueryDict) -> dict[int, int]:
    """Return the version that the form was made from (`versie-…`) by assessment id; 0 where the form has none."""
    return {a.pk: request_data.number(data, f"versie-{a.pk}") or 0 for a in assessments}


def _ask(
    request: UserRequest,
    selected: Selected,
    outcome: batch.BatchOutcome,
    target: couplings.Target,
    ticked: list[Contact],
) -> HttpResponse:
    """Ask to confirm 'Toch weghalen': the same form again, for the assessments whose work would no longer count."""
    if ticked:
        sentence = f"U kiest voor {target}: {named(ticked)}."
        cancel_url = _pick_url(selected, target, ticked) + ("&ook_daar=1" if "ook_daar" in request.POST else "")
    else:
        sentence = f"U haalt de aparte keuze voor {target} weg."
        cancel_url = examiners_url(selected, target)
    context = {
        "students": read_losses(outcome.to_ask),
        "sentence": sentence,
        "cancel_url": cancel_url,
        "fields": request_data.again(
            request.POST,
            beoordeling=[assessment.public_id for assessment, _ in outcome.to_ask],
            weg=[a.pk for _, error in outcome.to_ask for a in error.assignments],
        ),
    }
    return render(request, "assessments/coupling/confirm_removal.html", context)


def report_refused(request: UserRequest, outcome: batch.BatchOutcome) -> None:
    for refused in outcome.refused:
        messages.error(request, refused)


@require_http_methods(["GET", "POST"])
def add_contact(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Contactpersoon opslaan': add an examiner by hand and return to the picker, ticked.

    The picker's '+' posts its ticks here with `openen`. With `vervangt` in the URL it continues to replacing that
    examiner by the new one.
    """
    selected = get_selected(request.user, public_id)
    opening = request.method == "GET" or "openen" in request.POST
    target = couplings.target(selected.unit.pk, request.GET if request.method == "GET" else request.POST)
    form = ContactForm(None if opening else request.POST)
    context: dict[str, Any] = {"replaced": request_data.number(request.GET, "vervangt")}
    if not opening and form.is_valid():
        try:
            contact = add_by_hand(school=selected.school, contact=form.save(commit=False))
        except AlreadyListed as listed:
            form.add_error("email", str(listed))
            context["there"] = _picker_with(request, selected, target, listed.contact)
        else:
            messages.success(request, f"{contact.full_name} staat nu in het adresboek.")
            return redirect(_picker_with(request, selected, target, contact))
    context |= {
        "base": "parts/panel_page.html" if request_data.is_part(request) else "base_app.html",
        "form": form,
        "back": _pick_url(selected, target, ticked_contacts(selected.assessments, request.POST)),
        "fields": couplings.of_target(target),
        "ticked": request_data.numbers(request.POST, "examinator"),
        **flow_context(selected),
    }
    return render(request, "assessments/coupling/add_contact.html", context)


def _picker_with(request: UserRequest, selected: Selected, target: couplings.Target, contact: Contact) -> str:
    """Return the picker's URL with the page's ticks and `contact` ticked, or that of the replacement."""
    replaced = request_data.number(request.GET, "vervangt")
    if replaced is not None and selected.only:
        query = {"examinator": contact.pk}
        return reverse("assessments:replace", args=[selected.only.public_id, replaced], query=query)
    ticked = ticked_contacts(selected.assessments, request.POST)
    return _pick_url(selected, target, dict.fromkeys([*ticked, contact]))


@require_http_methods(["GET", "POST"])
def per_student(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Show a field for each student; 'Overnemen' saves only when every line is valid or empty."""
    selected = get_selected(request.user, public_id)
    lines = read_lines(selected.assessments)
    if request.method == "GET":
        return _per_student_page(request, selected, lines)
    for line in lines:
        line.typed = clean_line(request.POST.get(line.field_id, ""))[:EXAMINER_LENGTH]
    contacts = find_examiners(lines)
    if any(line.error for line in lines):
        return _per_student_page(request, selected, lines, status=422)
    versions = seen_versions(selected.assessments, request.POST)
    done = choose_each(lines=lines, contacts=contacts, versions=versions, by=request.user)
    if done:
        students = "1 student" if len(done) == 1 else f"{len(done)} studenten"
        messages.success(request, f"Examinator gekozen voor het hele examen van {students}.")
    if any(line.error for line in lines):
        return _refused_page(request, selected, lines)
    return redirect(examiners_url(selected))


def _refused_page(request: UserRequest, selected: Selected, before: list[ExaminerLine]) -> HttpResponse:
    """Show the current choices, with the typed text and the reason at each refused line."""
    selected = get_selected(request.user, selected.public_id)
    refused = {line.assessment.pk: line for line in before}
    lines = read_lines(selected.assessments)
    for line in lines:
        if refused_line := refused.get(line.assessment.pk):
            line.typed, line.error = refused_line.typed, refused_line.error
    return _per_student_page(request, selected, lines, status=409)


def _per_student_page(
    request: UserRequest, selected: Selected, lines: list[ExaminerLine], status: int = 200
) -> HttpResponse:
    context = {
        "lines": lines,
        "problems": [
            {"href": f"#{line.field_id}", "text": f"{line.assessment.student.user.full_name}: {line.error}"}
            for line in lines
            if line.error
        ],
        "suggested": [name_with_email(contact) for contact in suggestions(selected.school)],
        **flow_context(selected),
    }
    return render(request, "assessments/coupling/per_student.html", context, status=status)
