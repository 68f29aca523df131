"""A pasted list of students: who of them can be taken, and what is wrong with each of the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from accounts.models import Membership, User
from exams.models import ExamUnit

from . import lifecycle
from .start import standings

MAX_PASTED = 500  # numbers; a database takes no thousands of values in one question


@dataclass
class Pasted:
    """Every number (or e-mail address) of the list, in one of these five."""

    found: list[Membership] = field(default_factory=list)
    running: list[Membership] = field(default_factory=list)
    without_number: list[Membership] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def read_list(*, by: User, unit: ExamUnit, text: str) -> Pasted:
    """Looks up each student number or e-mail address in `text`, in two queries.

    They stand apart by white space, comma or semicolon, as a column of a spreadsheet or a line of
    text has them. Raises `DomainError` when there is nothing in it, or too much.
    """
    words = list(dict.fromkeys(filter(None, re.split(r"[\s,;\0]+", text))))
    if not words:
        raise lifecycle.DomainError("Plak eerst een lijst met studentnummers.")
    if len(words) > MAX_PASTED:
        raise lifecycle.DomainError(
            f"Er staan {len(words)} nummers in de lijst; het mogen er hooguit {MAX_PASTED} zijn."
        )
    by_word = _look_up(by=by, words=words)
    known = {student.pk: student for students in by_word.values() for student in students}
    standing = standings(students=known.values(), unit=unit)
    pasted = Pasted()
    for word in words:
        students = by_word.get(word.lower(), [])
        if not students:
            pasted.unknown.append(word)
        elif len(students) > 1:
            pasted.ambiguous.append(word)
        elif not students[0].student_number:
            _add(pasted.without_number, students[0])
        elif standing[students[0].pk].running:
            _add(pasted.running, students[0])
        else:
            _add(pasted.found, students[0])
    return pasted


def _look_up(*, by: User, words: Sequence[str]) -> dict[str, list[Membership]]:
    """Students by their number and by their address, both in lower case; a number can exist at two schools."""
    named = Q(student_number__in=words) | Q(user__email__in=[word.lower() for word in words])
    by_word: dict[str, list[Membership]] = {}
    for student in Membership.objects.students_of_docent(by).filter(named).select_related("user", "school"):
        for word in {student.student_number.lower(), student.user.email} - {""}:
            by_word.setdefault(word, []).append(student)
    return by_word


def _add(students: list[Membership], student: Membership) -> None:
    """A student whose number and address both stand in the list is one student."""
    if student not in students:
        students.append(student)
