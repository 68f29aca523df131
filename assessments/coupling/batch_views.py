"""'Examinatoren kiezen voor N studenten': one choice and one message for several assessments of a unit.

The URL and each form list the assessments' public ids (`beoordeling=`, repeated).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
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
from assessments import lifecycle, request_data
from assessments.access import MAX_BATCH, get_assessment, get_assessments, get_unit
from assessments.models import Assessment
from exams.models import ExamUnit

from . import batch, couplings
from .batch import BatchOutcome, ExaminerLine, choose_each, find_examiners, read_batch, read_lines
from .copy import apply_to_all, same_unit
from .overview import all_choices, finer_choices, named, read_losses


def batch_url(
    name: str, unit: ExamUnit, assessments: Iterable[Assessment], target: couplings.Target = batch.WHOLE_EXAM
) -> str:
    """Return the URL of page `name` for these assessments and `target`."""
    chosen = QueryDict(mutable=True)
    chosen.setlist("beoordeling", [str(assessment.public_id) for assessment in assessments])
    chosen.update(couplings.of_target(target))
    return f"{reverse(f'assessments:{name}', args=[unit.pk])}?{chosen.urlencode()}"


def batch_page(
    request: UserRequest, template: str, unit: ExamUnit, assessments: list[Assessment], **context: Any
) -> HttpResponse:
    context |= {
        "unit": unit,
        "exam": unit.exam_version.exam,
        "assessments": assessments,
        "batch_url": batch_url("together", unit, assessments),
    }
    return render(request, template, context)


@require_GET
def choose_for_batch(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    if "beoordeling" not in request.GET:
        return redirect("assessments:unit_list", unit.pk)
    assessments = get_assessments(request.user, unit, request.GET)
    students = batch.read_batch(assessments)
    return batch_page(
        request,
        "assessments/coupling/batch.html",
        unit,
        assessments,
        members=students.members,
        work_processes=batch.read_parts(assessments, unit).items(),
        finer=finer_choices(assessments, batch.WHOLE_EXAM),
        pick_url=batch_url("pick_together", unit, assessments),
        per_student_url=batch_url("per_student", unit, assessments),
        invite_url=batch_url("message_together", unit, assessments) if students.invitable else "",
    )


def selected_contacts(assessments: list[Assessment], data: QueryDict) -> list[Contact]:
    """Return the ticked contacts: those in the address book, and removed ones that are already coupled."""
    selectable = Q(removed_at__isnull=True) | Q(couplings__assessment__in=assessments)
    return list(
        assessments[0].school.contacts.filter(selectable, pk__in=request_data.numbers(data, "examinator")).distinct()
    )


@require_http_methods(["GET", "POST"])
def pick_for_batch(request: UserRequest, unit_id: int) -> HttpResponse:
    """Show the address book as a picker; a POST is a search that keeps the ticks, and changes nothing."""
    unit = get_unit(request.user, unit_id)
    data = request.POST if request.method == "POST" else request.GET
    assessments = get_assessments(request.user, unit, data)
    target, ticked = couplings.target(unit.pk, data), selected_contacts(assessments, data)
    shared = batch.shared_choice(assessments, target)
    if request.method == "GET":
        ticked = list(dict.fromkeys([*shared.contacts, *ticked]))
    query = data.get("q", "")
    context = {
        "target": target,
        "differs": shared.differs,
        "query": query,
        "finer": finer_choices(assessments, target),
        "replace_finer": "ook_daar" in data,
        "add_url": batch_url("add_contact_together", unit, assessments, target),
        **picker_lists(school=assessments[0].school, query=query, chosen=ticked),
    }
    return batch_page(request, "assessments/coupling/pick_for_batch.html", unit, assessments, **context)


@require_http_methods(["GET", "POST"])
def add_contact_for_batch(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Contactpersoon opslaan': add an examiner by hand and return to the picker, ticked."""
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.GET)
    pick_url = batch_url("pick_together", unit, assessments, couplings.target(unit.pk, request.GET))
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            contact = add_by_hand(school=assessments[0].school, contact=form.save(commit=False))
        except AlreadyListed as listed:
            form.add_error("email", str(listed))
        else:
            messages.success(request, f"{contact.full_name} staat nu in het adresboek.")
            return redirect(f"{pick_url}&examinator={contact.pk}")
    return batch_page(
        request, "assessments/coupling/add_contact_for_batch.html", unit, assessments, form=form, pick_url=pick_url
    )


@require_POST
def save_batch_choice(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Overnemen' for all; asks to confirm where work would no longer count, the others are saved at once."""
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.POST)
    target, ticked = couplings.target(unit.pk, request.POST), selected_contacts(assessments, request.POST)
    everyone = get_assessments(request.user, unit, request.POST, "samen") if "samen" in request.POST else assessments
    outcome = batch.choose_for_all(
        assessments=assessments,
        contacts=ticked,
        versions=seen_versions(assessments, request.POST),
        by=request.user,
        target=target,
        replace_finer="ook_daar" in request.POST,
        asked_about=request_data.numbers(request.POST, "weg"),
    )
    if outcome.done:
        messages.success(request, f"Gekozen voor {target} van {outcome.done_names}: {named(ticked)}.")
    report_refused(request, outcome)
    if outcome.to_ask:
        pick_url = reverse("assessments:pick_together", args=[unit.pk])
        return ask(
            request, outcome, everyone, sentence=f"U kiest voor {target}: {named(ticked)}.", cancel_action=pick_url
        )
    return redirect(batch_url("together", unit, everyone) + couplings.anchor(target))


def seen_versions(assessments: Iterable[Assessment], data: QueryDict) -> dict[int, int]:
    """Return the version that the form was made from (`versie-…`) by assessment id."""
    return {a.pk: version for a in assessments for version in request_data.numbers(data, f"versie-{a.pk}")}


def ask(request: UserRequest, outcome: batch.BatchOutcome, everyone: Iterable[Assessment], **page: Any) -> HttpResponse:
    """Ask to confirm 'Toch weghalen': the same form again, for the assessments whose work would no longer count.

    `everyone` (`samen=`) are the assessments of the page that follows.
    """
    context = {
        "students": read_losses(outcome.to_ask),
        "fields": request_data.again(
            request.POST,
            beoordeling=[assessment.public_id for assessment, _ in outcome.to_ask],
            samen=[assessment.public_id for assessment in everyone],
            weg=[a.pk for _, error in outcome.to_ask for a in error.assignments],
        ),
        **page,
    }
    return render(request, "assessments/coupling/confirm_removal.html", context)


def report_refused(request: UserRequest, outcome: batch.BatchOutcome) -> None:
    for refused in outcome.refused:
        messages.error(request, refused)


@require_GET
def more_students(request: UserRequest, public_id: UUID) -> HttpResponse:
    assessment = get_assessment(request.user, public_id)
    return _copy_page(request, assessment, ticked=request_data.public_ids(request.GET, "beoordeling"))


def _copy_page(request: UserRequest, assessment: Assessment, *, ticked: list[UUID]) -> HttpResponse:
    choices = all_choices(assessment)
    examiners_url = reverse("assessments:examiners", args=[assessment.public_id])
    if not choices:
        messages.info(request, "Kies eerst een examinator.")
        return redirect(examiners_url)
    members = read_batch(list(same_unit(assessment, user=request.user).running())).members
    context = {
        "assessment": assessment,
        "choices": choices,
        "rows": [(member, member.assessment.public_id in ticked) for member in members],
        "examiners_url": examiners_url,
    }
    return render(request, "assessments/coupling/more_students.html", context)


@require_POST
def apply(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Toepassen' to the ticked; asks to confirm where work would no longer count, the others are saved at once."""
    assessment = get_assessment(request.user, public_id)
    chosen = _ticked_assessments(request, assessment, "beoordeling")
    everyone = list(dict.fromkeys([*_ticked_assessments(request, assessment, "samen"), *chosen]))
    try:
        _refuse_wrong_number(chosen)
        outcome = apply_to_all(
            source=assessment,
            version=request_data.number(request.POST, "version") or 0,
            assessments=chosen,
            versions=seen_versions(chosen, request.POST),
            by=request.user,
            asked_about=request_data.numbers(request.POST, "weg"),
        )
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        return _copy_page(request, assessment, ticked=[other.public_id for other in chosen])
    if outcome.done:
        messages.success(request, f"De keuzes zijn toegepast op {outcome.done_names}.")
    for refused in outcome.refused:
        messages.error(request, refused)
    return _go_on(request, assessment, everyone, outcome)


def _ticked_assessments(request: UserRequest, assessment: Assessment, name: str) -> list[Assessment]:
    """Return the assessments of the same unit listed under `name`; 404 when one is not the docent's."""
    public_ids = request_data.public_ids(request.POST, name)
    ticked = list(same_unit(assessment, user=request.user).filter(public_id__in=public_ids))
    if len(ticked) != len(public_ids):
        raise Http404
    return ticked


def _refuse_wrong_number(chosen: list[Assessment]) -> None:
    if not chosen:
        raise lifecycle.DomainError("Vink eerst aan op wie u het wilt toepassen.")
    if len(chosen) >= MAX_BATCH:
        raise lifecycle.DomainError(f"U kunt dit op hooguit {MAX_BATCH - 1} studenten tegelijk toepassen.")


def _go_on(
    request: UserRequest, assessment: Assessment, everyone: list[Assessment], outcome: BatchOutcome
) -> HttpResponse:
    """Redirect to the confirmation if one is needed, else to the page of all these students."""
    if not outcome.to_ask:
        return redirect(batch_url("together", assessment.unit, [assessment, *everyone]))
    query = urlencode([("beoordeling", other.public_id) for other, _ in outcome.to_ask])
    back = f"{reverse('assessments:more_students', args=[assessment.public_id])}?{query}"
    sentence = f"U past de keuzes voor {assessment.student.user.full_name} toe op meer studenten."
    return ask(request, outcome, everyone, sentence=sentence, cancel_url=back)


EXAMINER_LENGTH = 500  # characters: fits a name of 232 and an address of 254


@require_GET
def per_student(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    if "beoordeling" not in request.GET:
        return redirect("assessments:unit_list", unit.pk)
    assessments = get_assessments(request.user, unit, request.GET)
    return _per_student_page(request, unit, assessments, read_lines(assessments))


@require_POST
def save_per_student(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Overnemen': save only when every line is valid or empty; an empty line changes nothing."""
    unit = get_unit(request.user, unit_id)
    assessments = get_assessments(request.user, unit, request.POST)
    lines = read_lines(assessments)
    for line in lines:
        line.typed = clean_line(request.POST.get(line.field_id, ""))[:EXAMINER_LENGTH]
    contacts = find_examiners(lines)
    if any(line.error for line in lines):
        return _per_student_page(request, unit, assessments, lines, status=422)
    versions = {a.pk: version for a in assessments for version in request_data.numbers(request.POST, f"versie-{a.pk}")}
    done = choose_each(lines=lines, contacts=contacts, versions=versions, by=request.user)
    if done:
        students = "1 student" if len(done) == 1 else f"{len(done)} studenten"
        messages.success(request, f"Examinator gekozen voor het hele examen van {students}.")
    if any(line.error for line in lines):
        return _refused_page(request, unit, lines)
    to_invite = "uitnodigen" in request.POST and batch.read_batch(assessments).invitable
    return redirect(batch_url("message_together" if to_invite else "together", unit, assessments))


def _refused_page(request: UserRequest, unit: ExamUnit, before: list[ExaminerLine]) -> HttpResponse:
    """Show the current choices, with the typed text and the reason at each refused line."""
    assessments = get_assessments(request.user, unit, request.POST)
    lines = read_lines(assessments)
    for line, refused_line in zip(lines, before, strict=True):
        line.typed, line.error = refused_line.typed, refused_line.error
    return _per_student_page(request, unit, assessments, lines, status=409)


def _per_student_page(
    request: UserRequest, unit: ExamUnit, assessments: list[Assessment], lines: list[ExaminerLine], status: int = 200
) -> HttpResponse:
    context = {
        "unit": unit,
        "exam": unit.exam_version.exam,
        "assessments": assessments,
        "lines": lines,
        "problems": [
            {"href": f"#{line.field_id}", "text": f"{line.assessment.student.user.full_name}: {line.error}"}
            for line in lines
            if line.error
        ],
        "suggested": [name_with_email(contact) for contact in suggestions(assessments[0].school)],
        "batch_url": batch_url("together", unit, assessments),
    }
    return render(request, "assessments/coupling/per_student.html", context, status=status)
