"""What the first step adds to the chosen students: whom a typed or pasted text names, with a message about each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib import messages

from accounts.http import UserRequest
from accounts.models import Membership, User
from assessments import access, lifecycle
from assessments.coupling.batch import MAX_NAMED
from assessments.models import Assessment, Selection, Status

from . import start
from .selection import ChosenStudents, Pasted, is_list, read_list


def add_students(chosen: ChosenStudents, students: Iterable[Membership]) -> list[Membership]:
    """Add the students there is room for; return the others."""
    added = [student for student in students if student not in chosen.students]
    left_out = added[chosen.room :]
    chosen.students += added[: chosen.room]
    return left_out


def add_typed(request: UserRequest, selection: Selection, chosen: ChosenStudents, text: str) -> tuple[str, bool]:
    """Add whom the typed text names: a list of numbers and addresses, or a search that finds one student.

    Returns the search to show, if any, and whether it is clear who was meant.
    """
    if not text:
        return "", True
    if is_list(text):
        try:
            pasted = read_list(by=request.user, unit=selection.unit, text=text)
        except lifecycle.DomainError as error:
            messages.error(request, str(error))
            return "", False
        if not pasted.names_nobody or "\n" in text:  # else a part of a number or address
            return "", _add_list(request, selection, chosen, pasted)
    found = start.find_students(by=request.user, query=text)
    standings = start.standings(students=found, unit=selection.unit, by=request.user)
    running = [progress for progress in standings.values() if progress.running]
    if len(found) != 1 or running or found[0] in chosen.students or not chosen.room:
        return text, False
    add_students(chosen, found)
    messages.success(request, f"Toegevoegd: {named(found)}.")
    return "", False


def _add_list(request: UserRequest, selection: Selection, chosen: ChosenStudents, pasted: Pasted) -> bool:
    """Add the students of a list, and report each; return whether all were added."""
    new_students = [student for student in pasted.students if student not in chosen.students]
    left_out = add_students(chosen, new_students)
    chosen.examiners |= {pk: list(contacts) for pk, contacts in pasted.examiners.items()}
    already_chosen = [student for student in pasted.students if student not in new_students]
    problems = [
        (f"Hooguit {access.MAX_BATCH} tegelijk; niet toegevoegd", named(left_out)),
        ("Nog geen studentnummer ingevuld", named(pasted.without_number)),
        ("Staat bij meer dan één school; zoek op naam", ", ".join(pasted.ambiguous)),
        ("Niet gevonden", ", ".join(pasted.unknown)),
        ("Niet in het adresboek; importeer ze eerst of voeg ze toe", ", ".join(pasted.not_listed)),
    ]
    running = list(pasted.running)
    if "verder" in request.POST:  # a double click: the first one started them
        standings = start.standings(students=running, unit=selection.unit, by=request.user)
        own = [a for p in standings.values() if (a := p.running) and is_just_started(a, by=request.user)]
        chosen.started += own[: chosen.room]
        running = [student for student in running if standings[student.pk].running not in own]
    added = [student for student in new_students if student not in left_out]
    lines = [
        (messages.SUCCESS, "Toegevoegd", named_or_counted(added)),
        (messages.INFO, "Was al toegevoegd", named(already_chosen)),
        (messages.INFO, "Loopt al", named(running)),
        *((messages.WARNING, what, names) for what, names in problems),
    ]
    is_clear = not (running or any(names for _, names in problems))
    for level, what, names in lines:
        if names and not (is_clear and "verder" in request.POST):
            messages.add_message(request, level, f"{what}: {names}.")
    return is_clear


def is_just_started(assessment: Assessment, *, by: User) -> bool:
    return assessment.status == Status.NEW and assessment.initiator_id == by.pk


def named(students: Iterable[Membership]) -> str:
    """Return 'Anouk van 't Hoff (123456), …'."""
    return ", ".join(f"{s.user.full_name} ({s.student_number or s.user.email})" for s in students)


def named_or_counted(students: Sequence[Membership]) -> str:
    """Return the names, or the number above `MAX_NAMED`, of students that the page lists."""
    return named(students) if len(students) <= MAX_NAMED else f"{len(students)} studenten"
