"""A pasted list of students: who of them can be taken, and what is wrong with each of the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Q

from accounts.models import Membership, User
from accounts.text import clean_line, clean_text
from addressbook.models import Contact
from exams.models import ExamUnit

from . import lifecycle
from .start import Standing, standings

T = TypeVar("T")

MAX_PASTED = 500  # numbers; a database takes no thousands of values in one question


_HEADER = re.compile("student|nummer|naam|mail|examinator|beoordelaar|begeleider", re.IGNORECASE)


@dataclass
class Pasted:
    """Every number (or e-mail address) of the list, in one of the first five; and the examiners named beside them."""

    found: list[Membership] = field(default_factory=list)
    running: list[Membership] = field(default_factory=list)
    without_number: list[Membership] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    examiners: dict[int, list[Contact]] = field(default_factory=dict)  # of a student's membership id
    not_listed: list[str] = field(default_factory=list)  # addresses beside a student that the address book lacks


@dataclass(frozen=True)
class _Known:
    """What the database knows of the words in the list, by the word in lower case."""

    students: Mapping[str, Sequence[Membership]]
    standing: Mapping[int, Standing]
    contacts: Mapping[tuple[int, str], Contact]  # by school and address


def read_list(*, by: User, unit: ExamUnit, text: str) -> Pasted:
    """Looks up each student number or e-mail address in `text`, in three queries.

    They stand apart by white space, comma or semicolon, as a column of a spreadsheet or a line of
    text has them. An address on a student's line that is no student's is the examiner's; names and a
    line of headers are passed over. Raises `DomainError` when there is nothing in it, or too much.
    """
    lines = [words for line in clean_text(text).split("\n") if (words := _words(clean_line(line)))]
    if len(lines) > 1 and not any(map(_names_someone, lines[0])) and any(map(_HEADER.search, lines[0])):
        del lines[0]
    words = list(dict.fromkeys(word for line in lines for word in line))
    if not words:
        raise lifecycle.DomainError("Plak eerst een lijst met studentnummers.")
    if len(words) > MAX_PASTED:
        raise lifecycle.DomainError(
            f"Er staan {len(words)} nummers in de lijst; het mogen er hooguit {MAX_PASTED} zijn."
        )
    known = _look_up(by=by, unit=unit, words=words)
    pasted = Pasted()
    for line in lines:
        _read_line(pasted, line, known)
    return pasted


def _words(line: str) -> list[str]:
    words = [word.strip("\"“”'") for word in re.split(r"[ ,;]+|(?=<\S+@)", line)]
    return [word.strip("<>()") if "@" in word else word for word in words if word]


def _names_someone(word: str) -> bool:
    """Whether it can be a number or an address: names and headers hold neither a digit nor an at sign."""
    return "@" in word or any(map(str.isdigit, word))


def _read_line(pasted: Pasted, line: Sequence[str], known: _Known) -> None:
    students = [known.students[word.lower()] for word in line if word.lower() in known.students]
    named = bool(students) or any(map(_names_someone, line))
    of_number = bool(students) or any(_names_someone(word) and "@" not in word for word in line)
    last = students[0] if students else ()
    for word in line:
        if here := known.students.get(word.lower()):
            last = here
            _add_student(pasted, word, here, known)
        elif "@" in word and of_number:
            _add_examiner(pasted, word, last, known)
        elif _names_someone(word) or not named:
            _add(pasted.unknown, word)


def _add_student(pasted: Pasted, word: str, students: Sequence[Membership], known: _Known) -> None:
    if len(students) > 1:
        _add(pasted.ambiguous, word)
    elif not students[0].student_number:
        _add(pasted.without_number, students[0])
    elif known.standing[students[0].pk].running:
        _add(pasted.running, students[0])
    else:
        _add(pasted.found, students[0])


def _add_examiner(pasted: Pasted, word: str, students: Sequence[Membership], known: _Known) -> None:
    """Beside a number that nobody or several have it is passed over: that number is named."""
    if len(students) != 1:
        return
    contact = known.contacts.get((students[0].school_id, word.lower()))
    if contact:
        _add(pasted.examiners.setdefault(students[0].pk, []), contact)
    else:
        _add(pasted.not_listed, word)


def _look_up(*, by: User, unit: ExamUnit, words: Sequence[str]) -> _Known:
    """Students by their number and by their address, both in lower case; a number can exist at two schools."""
    lower = [word.lower() for word in words]
    named = Q(student_number__in=words) | Q(user__email__in=lower)
    by_word: dict[str, list[Membership]] = {}
    students = list(Membership.objects.students_of_docent(by).filter(named).select_related("user", "school"))
    for student in students:
        for word in {student.student_number.lower(), student.user.email} - {""}:
            by_word.setdefault(word, []).append(student)
    addresses = [word for word in lower if "@" in word and word not in by_word]
    contacts = Contact.objects.for_docent(by).listed().filter(email__in=addresses)
    return _Known(
        students=by_word,
        standing=standings(students=students, unit=unit),
        contacts={(contact.school_id, contact.email): contact for contact in contacts},
    )


def _add(found: list[T], one: T) -> None:
    """Once, however often it stands in the list: a student's number and address are one student."""
    if one not in found:
        found.append(one)
