"""'Digitaal beoordelen starten voor student' (source text, part A, 'Toevoegen studenten').

Who is taken stands in the address (`student=`, repeated): nothing waits on the server for 'Ga verder'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Membership
from accounts.signed_in import UserRequest
from exams.models import ExamUnit

from . import asked, lifecycle
from . import start as starting
from .forms import PlanForm
from .initiator import get_unit
from .models import Assessment, Status
from .pasted import Pasted, read_list
from .together import together_url


@dataclass(frozen=True)
class Row:
    """A student on the screen; `url` takes them, or takes them off again when they are `taken`."""

    student: Membership
    standing: starting.Standing
    url: str
    taken: bool


def choose_url(unit: ExamUnit, students: Iterable[int], query: str = "") -> str:
    """The page with these students (their memberships' ids) taken and this search."""
    address = QueryDict(mutable=True)
    address.setlist("student", [str(pk) for pk in students])
    if query:
        address["q"] = query
    return f"{reverse('assessments:choose_student', args=[unit.pk])}?{address.urlencode()}"


@require_GET
def choose_student(request: UserRequest, unit_id: int) -> HttpResponse:
    unit = get_unit(request.user, unit_id)
    chosen = starting.get_students_to_start(request.user, asked.numbers(request.GET, "student"))
    return _page(request, unit, chosen, PlanForm(), query=request.GET.get("q", "").strip())


def _page(
    request: UserRequest, unit: ExamUnit, chosen: Sequence[Membership], form: PlanForm, query: str = ""
) -> HttpResponse:
    """The whole page, or for a search while typing what was found alone."""
    found = starting.find_students(by=request.user, query=query) if query else []
    shown = found[: starting.SEARCH_LIMIT]
    row = _row_maker(unit, chosen, shown, query)
    context = {
        "unit": unit,
        "exam": unit.exam_version.exam,
        "query": query,
        "chosen": [row(student) for student in chosen],
        "found": [row(student) for student in shown],
        "more": len(found) > len(shown),
        "full": len(chosen) >= starting.MAX_TOGETHER,
        "limit": starting.MAX_TOGETHER,
        "form": form,
    }
    part = request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers
    return render(request, f"assessments/{'found_students' if part else 'choose_student'}.html", context)


def _row_maker(
    unit: ExamUnit, chosen: Sequence[Membership], found: Sequence[Membership], query: str
) -> Callable[[Membership], Row]:
    standing = starting.standings(students=[*chosen, *found], unit=unit)
    taken = [student.pk for student in chosen]

    def row(student: Membership) -> Row:
        others = [pk for pk in taken if pk != student.pk]
        after = others if student.pk in taken else [*taken, student.pk]
        return Row(student, standing[student.pk], choose_url(unit, after, query), student.pk in taken)

    return row


@require_POST
def add_numbers(request: UserRequest, unit_id: int) -> HttpResponse:
    """Takes the students of a pasted list besides those that were taken, and says what became of each."""
    unit = get_unit(request.user, unit_id)
    chosen = starting.get_students_to_start(request.user, asked.numbers(request.POST, "student"))
    try:
        pasted = read_list(by=request.user, unit=unit, text=request.POST.get("nummers", ""))
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        return redirect(choose_url(unit, [student.pk for student in chosen]))
    fresh = [student for student in pasted.found if student not in chosen]
    room = max(0, starting.MAX_TOGETHER - len(chosen))
    _tell(request, pasted, added=fresh[:room], left_out=fresh[room:])
    return redirect(choose_url(unit, [student.pk for student in [*chosen, *fresh[:room]]]))


def _tell(request: UserRequest, pasted: Pasted, *, added: Sequence[Membership], left_out: Sequence[Membership]) -> None:
    again = [student for student in pasted.found if student not in [*added, *left_out]]
    said = [
        (messages.SUCCESS, "Toegevoegd", _named(added)),
        (messages.INFO, "Was al toegevoegd", _named(again)),
        (messages.INFO, "Loopt al", _named(pasted.running)),
        (messages.WARNING, f"Hooguit {starting.MAX_TOGETHER} tegelijk; niet toegevoegd", _named(left_out)),
        (messages.WARNING, "Nog geen studentnummer ingevuld", _named(pasted.without_number)),
        (messages.WARNING, "Staat bij meer dan één school; zoek op naam", ", ".join(pasted.ambiguous)),
        (messages.WARNING, "Niet gevonden", ", ".join(pasted.unknown)),
    ]
    for level, what, names in said:
        if names:
            messages.add_message(request, level, f"{what}: {names}.")


def _named(students: Iterable[Membership]) -> str:
    """'Anouk van 't Hoff (123456), …'"""
    return ", ".join(f"{s.user.full_name} ({s.student_number or s.user.email})" for s in students)


@require_POST
def start(request: UserRequest, unit_id: int) -> HttpResponse:
    """'Ga verder': starts for all who were taken; those who have one running are named, the others go on."""
    unit = get_unit(request.user, unit_id)
    students = starting.get_students_to_start(request.user, asked.numbers(request.POST, "student"))
    if not students:
        raise Http404
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _page(request, unit, students, form)
    try:
        result = starting.start_together(unit=unit, students=students, by=request.user, **form.cleaned_data)
    except lifecycle.DomainError as error:
        messages.error(request, str(error))
        return redirect("assessments:unit_list", unit.pk)
    return _go_on(request, unit, students, result)


def _go_on(
    request: UserRequest, unit: ExamUnit, students: Sequence[Membership], result: starting.StartedTogether
) -> HttpResponse:
    """One goes on to its examiners, several of one school to theirs together."""
    standing = starting.standings(students=result.refused, unit=unit)
    running = [assessment for s in result.refused if (assessment := standing[s.pk].running)]
    if len(students) == 1 and running:
        # A double click ends here too: it is shown the one that was started.
        name = students[0].user.full_name
        messages.info(request, f"Voor {name} loopt al een beoordeling van deze exameneenheid.")
        return redirect("assessments:examiners", running[0].public_id)
    if len(students) > 1 and result.started:
        messages.success(request, f"Gestart voor {_named(a.student for a in result.started)}.")
    if result.refused:
        names = _named(result.refused)
        messages.info(request, f"Niet nog eens gestart, want er loopt al een beoordeling: {names}.")
    # With a double click the second finds all of them running, just started by the same teacher.
    own = [a for a in running if a.status == Status.NEW and a.initiator_id == request.user.pk]
    return redirect(_next_url(unit, [*result.started, *own]))


def _next_url(unit: ExamUnit, assessments: Sequence[Assessment]) -> str:
    if len(assessments) == 1:
        return reverse("assessments:examiners", args=[assessments[0].public_id])
    if len({assessment.school_id for assessment in assessments}) == 1:
        return together_url("together", unit, assessments)
    return reverse("assessments:unit_list", args=[unit.pk])
