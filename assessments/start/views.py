"""'Digitaal beoordelen starten voor student' (source text, part A, 'Toevoegen studenten').

The selection is in the URL (`selection`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.models import Membership
from accounts.search import MAX_QUERY
from addressbook.models import Contact
from assessments import access, leavers, lifecycle, request_data
from assessments.access import get_assessment, get_unit
from assessments.coupling.batch import MAX_NAMED
from assessments.coupling.batch_views import batch_url
from assessments.models import Assessment, Status
from exams.models import ExamUnit

from . import start as start_start
from .forms import PlanForm
from .selection import Pasted, Selection, read_list, read_selection


@dataclass(frozen=True)
class StudentRow:
    """A student on the page; `taken` when selected, with the `examiners` named in the list."""

    student: Membership
    standing: start_start.UnitProgress
    taken: bool
    examiners: Sequence[Contact]


@require_GET
def choose_student(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    chosen = read_selection(request.user, request.GET)
    return _page(request, unit, chosen, PlanForm(initial=dict(chosen.plan)), query=request.GET.get("q", "").strip())


@require_POST
def change_chosen(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Toevoegen', the cross at a student, and 'Zoeken': redirect to the new selection, with the typed plan."""
    unit = get_unit(request.user, unit_id)
    add, remove = request_data.numbers(request.POST, "erbij"), request_data.numbers(request.POST, "eraf")
    chosen = read_selection(request.user, request.POST, add=add, remove=remove)
    return redirect(chosen.url(unit, query=request.POST.get("q", "").strip()[:MAX_QUERY]))


def _page(request: UserRequest, unit: ExamUnit, chosen: Selection, form: PlanForm, query: str = "") -> HttpResponse:
    """Show the whole page, or only the results for a search while typing."""
    matches = start_start.find_students(by=request.user, query=query) if query else []
    if not (matches or chosen.students or start_start.is_activated(request.user)):
        return redirect("assessments:unit_list", unit.pk)  # explains it, and who can enable it
    visible = matches[: start_start.SEARCH_LIMIT]
    row = _row_maker(unit, chosen, visible)
    context = {
        "unit": unit,
        "exam": unit.exam_version.exam,
        "query": query,
        "chosen": [row(student) for student in chosen.students],
        "found": [row(student) for student in visible],
        "more": len(matches) > len(visible),
        "full": len(chosen.students) >= access.MAX_BATCH,
        "limit": access.MAX_BATCH,
        "form": form,
        "plan": chosen.plan,
    }
    name = "_found_students" if request_data.is_part(request) else "choose_student"
    return render(request, f"assessments/start/{name}.html", context)


def _row_maker(unit: ExamUnit, chosen: Selection, found: Sequence[Membership]) -> Callable[[Membership], StudentRow]:
    standing = start_start.standings(students=[*chosen.students, *found], unit=unit)

    def row(student: Membership) -> StudentRow:
        examiners = chosen.examiners.get(student.pk, ())
        return StudentRow(student, standing[student.pk], student in chosen.students, examiners)

    return row


@require_POST
def add_numbers(request: UserRequest, unit_id: int) -> HttpResponse:
    """Add the students of a pasted list to the selection, and report each."""
    unit = get_unit(request.user, unit_id)
    chosen = read_selection(request.user, request.POST)
    try:
        pasted = read_list(by=request.user, unit=unit, text=request.POST.get("nummers", ""))
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        return redirect(chosen.url(unit))
    new_students = [student for student in pasted.students if student not in chosen.students]
    room = max(0, access.MAX_BATCH - len(chosen.students))
    _report(request, pasted, added=new_students[:room], refused=new_students[room:])
    students = [*chosen.students, *new_students[:room]]
    examiners = {pk: list(contacts) for pk, contacts in pasted.examiners.items()}
    return redirect(replace(chosen, students=students, examiners={**chosen.examiners, **examiners}).url(unit))


def _report(
    request: UserRequest, pasted: Pasted, *, added: Sequence[Membership], refused: Sequence[Membership]
) -> None:
    already_selected = [student for student in pasted.students if student not in [*added, *refused]]
    lines = [
        (messages.SUCCESS, "Toegevoegd", _named_or_counted(added)),
        (messages.INFO, "Was al toegevoegd", _named(already_selected)),
        (messages.INFO, "Loopt al", _named(pasted.running)),
        (messages.WARNING, f"Hooguit {access.MAX_BATCH} tegelijk; niet toegevoegd", _named(refused)),
        (messages.WARNING, "Nog geen studentnummer ingevuld", _named(pasted.without_number)),
        (messages.WARNING, "Staat bij meer dan één school; zoek op naam", ", ".join(pasted.ambiguous)),
        (messages.WARNING, "Niet gevonden", ", ".join(pasted.unknown)),
        (messages.WARNING, "Niet in het adresboek; importeer ze eerst of voeg ze toe", ", ".join(pasted.not_listed)),
    ]
    for level, what, names in lines:
        if names:
            messages.add_message(request, level, f"{what}: {names}.")


def _named(students: Iterable[Membership]) -> str:
    """Return 'Anouk van 't Hoff (123456), …'."""
    return ", ".join(f"{s.user.full_name} ({s.student_number or s.user.email})" for s in students)


def _named_or_counted(students: Sequence[Membership]) -> str:
    """Return the names, or the number above `MAX_NAMED`, of students that the page lists."""
    return _named(students) if len(students) <= MAX_NAMED else f"{len(students)} studenten"


@require_POST
def start(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Ga verder': start for all selected students; those with an assessment running are reported."""
    unit = get_unit(request.user, unit_id)
    if not start_start.is_activated(request.user):
        return redirect("assessments:unit_list", unit.pk)
    if request.POST.get("nummers", "").strip():  # show a pasted list that was not added yet first
        return add_numbers(request, unit_id)
    chosen = read_selection(request.user, request.POST)
    if not chosen.students:
        raise Http404
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _page(request, unit, chosen, form)
    try:
        result = start_start.start_batch(
            unit=unit,
            students=chosen.students,
            by=request.user,
            examiners=chosen.examiners,
            **form.cleaned_data,
        )
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        return redirect("assessments:unit_list", unit.pk)
    if chosen.gone:
        names = ", ".join(contact.full_name for contact in chosen.gone)
        messages.warning(request, f"Staat niet meer in het adresboek, en is niet gekozen: {names}.")
    return _go_on(request, unit, chosen.students, result)


def _go_on(
    request: UserRequest, unit: ExamUnit, students: Sequence[Membership], result: start_start.StartedBatch
) -> HttpResponse:
    """Redirect to the examiners of one assessment, or to those of several of one school together."""
    standing = start_start.standings(students=result.refused, unit=unit)
    running = [assessment for s in result.refused if (assessment := standing[s.pk].running)]
    if len(students) == 1 and running:
        # A double click ends here too, and gets the assessment just started.
        name = students[0].user.full_name
        messages.info(request, f"Voor {name} loopt al een beoordeling van deze exameneenheid.")
        return redirect("assessments:examiners", running[0].public_id)
    if len(students) > 1 and result.started:
        messages.success(request, f"Gestart voor {_named_or_counted([a.student for a in result.started])}.")
    if result.refused:
        names = _named(result.refused)
        messages.info(request, f"Niet nog eens gestart, want er loopt al een beoordeling: {names}.")
    if result.left:
        messages.warning(request, f"Niet gestart, want niet meer bij de school: {_named(result.left)}.")
    # After a double click all are running, just started by the same docent.
    just_started = [a for a in running if a.status == Status.NEW and a.initiator_id == request.user.pk]
    return redirect(_next_url(unit, [*result.started, *just_started]))


def _next_url(unit: ExamUnit, assessments: Sequence[Assessment]) -> str:
    if len(assessments) == 1:
        return reverse("assessments:examiners", args=[assessments[0].public_id])
    if len({assessment.school_id for assessment in assessments}) == 1:
        return batch_url("together", unit, assessments)
    return reverse("assessments:unit_list", args=[unit.pk])


@require_http_methods(["GET", "POST"])
def undo_start(request: UserRequest, public_id: UUID) -> HttpResponse:
    """Ask for confirmation, and on POST undo the start."""
    assessment = get_assessment(request.user, public_id)
    name = assessment.student.user.full_name
    if request.method == "POST":
        try:
            start_start.undo_start(
                assessment=assessment, by=request.user, version=request_data.number(request.POST, "version") or 0
            )
            messages.success(request, f"De beoordeling van {name} is ingetrokken; dit telt niet als poging.")
        except lifecycle.DomainError as error:
            messages.error(request, str(error))
        return redirect("assessments:detail", assessment.public_id)
    if not start_start.is_possible(assessment):
        messages.info(request, "Deze beoordeling kunt u niet (meer) intrekken; alleen de examencommissie kan dat.")
        return redirect("assessments:detail", assessment.public_id)
    context = {"assessment": assessment, "hidden": ("version", assessment.version)}
    return render(request, "assessments/start/undo_start.html", context)


@require_POST
def become_initiator(request: UserRequest, public_id: UUID) -> HttpResponse:
    """'Overnemen': make the docent the initiator in place of one who left."""
    assessment = get_assessment(request.user, public_id)
    try:
        leavers.reassign(assessment=assessment, by=request.user)
        messages.success(request, "U volgt deze beoordeling nu. Examinatoren krijgen weer herinneringen.")
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
    return redirect("assessments:detail", assessment.public_id)
