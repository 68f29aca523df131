"""The students of a selection, and the list of students that a docent types or pastes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Q
from django.utils import timezone

from accounts.mail.addresses import normalise_address
from accounts.models import Membership, User
from accounts.text import clean_line, clean_text
from addressbook.models import Contact
from assessments import access, lifecycle
from assessments.models import Assessment, Selection
from exams.models import ExamUnit

from .start import UnitProgress, standings, students_to_start


@dataclass
class ChosenStudents:
    """A selection as read: students to start for, with the examiners that the list named, and started assessments."""

    students: list[Membership]
    examiners: dict[int, list[Contact]] = field(default_factory=dict)  # by membership id
    gone: Sequence[Contact] = ()  # examiners removed from the address book since
    started: list[Assessment] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.students) + len(self.started)

    @property
    def room(self) -> int:
        """Return how many students can be added."""
        return max(0, access.MAX_BATCH - self.count)

    def remove(self, student_id: int | None) -> None:
        self.students = [student for student in self.students if student.pk != student_id]
        self.started = [assessment for assessment in self.started if assessment.student_id != student_id]


def read_students(selection: Selection) -> ChosenStudents:
    """Read the selection; students and examiners that its owner may no longer choose are left out."""
    user = selection.owner
    students = students_to_start(user, selection.students)
    named = {int(pk): pks for pk, pks in selection.examiners.items()}
    every = {pk for pks in named.values() for pk in pks}
    contacts = Contact.objects.for_docent(user).in_bulk(every) if every else {}
    examiners: dict[int, list[Contact]] = {}
    for student in students:
        found = [contacts[pk] for pk in named.get(student.pk, ()) if pk in contacts]
        examiners[student.pk] = [contact for contact in found if contact.school_id == student.school_id]
    started = Assessment.objects.for_docent(user).for_pages().filter(pk__in=selection.assessments)
    return ChosenStudents(
        students,
        {pk: [contact for contact in people if not contact.removed_at] for pk, people in examiners.items()},
        list(dict.fromkeys(c for people in examiners.values() for c in people if c.removed_at)),
        list(started) if selection.assessments else [],
    )


def save_students(selection: Selection, chosen: ChosenStudents) -> None:
    selection.students = [student.pk for student in chosen.students]
    selection.examiners = {
        str(student.pk): [contact.pk for contact in chosen.examiners[student.pk]]
        for student in chosen.students
        if chosen.examiners.get(student.pk)
    }
    selection.assessments = [assessment.pk for assessment in chosen.started]
    selection.changed_at = timezone.now()
    selection.save()


T = TypeVar("T")
Listed = dict[T, None]  # a set that keeps the order of the list
MAX_PASTED = 500  # numbers; limits the values in one query
MAX_CHARACTERS = 100_000  # of the pasted list, including columns of names and addresses
_HEADER = re.compile("student|nummer|naam|mail|examinator|beoordelaar|begeleider", re.IGNORECASE)


@dataclass
class Pasted:
    """Every number or e-mail address of the list, in one of the first five fields; and the examiners named with them.

    Without duplicates: a student's number and address are one student.
    """

    students: Listed[Membership] = field(default_factory=dict)
    running: Listed[Membership] = field(default_factory=dict)
    without_number: Listed[Membership] = field(default_factory=dict)
    ambiguous: Listed[str] = field(default_factory=dict)
    unknown: Listed[str] = field(default_factory=dict)
    examiners: dict[int, Listed[Contact]] = field(default_factory=dict)  # by membership id
    not_listed: Listed[str] = field(default_factory=dict)  # addresses missing from the address book

    @property
    def names_nobody(self) -> bool:
        return not (self.students or self.running or self.without_number or self.ambiguous)


@dataclass(frozen=True)
class _Known:
    """The database's matches of the words in the list, by the lowercase word."""

    students: Mapping[str, Sequence[Membership]]
    standing: Mapping[int, UnitProgress]
    contacts: Mapping[tuple[int, str], Contact]  # by school and address


def read_list(*, by: User, unit: ExamUnit, text: str) -> Pasted:
    """Look up each student number or e-mail address in `text`, in three queries.

    They are separated by white space, comma or semicolon, as in a column of a spreadsheet or a line of text. An address
    on a student's line that is not a student's is the examiner's; names and a header line are skipped. Raises
    `DomainError` when the list is empty or too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise lifecycle.DomainError("De lijst is te lang: het mogen hooguit 100.000 tekens zijn. Plak een deel.")
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


def is_list(text: str) -> bool:
    """Return whether the text is a list of numbers or addresses rather than a name to search for."""
    if len(text) > MAX_CHARACTERS or "\n" in text.strip():
        return True
    words = _words(clean_line(text))
    if any("@" in word for word in words) or any(mark in text for mark in ",;"):
        return any(map(_names_someone, words))
    return bool(words) and all(map(_names_someone, words))


def _words(line: str) -> list[str]:
    words = [word.strip("\"“”'") for word in re.split(r"[ ,;]+|(?=<\S+@)", line)]
    return [word.strip("<>()") if "@" in word else word for word in words if word]


def _as_kept(word: str) -> str:
    return normalise_address(word) if "@" in word else word.lower()


def _names_someone(word: str) -> bool:
    """Return whether the word can be a number or an address: names and headers have no digit or at sign."""
    return "@" in word or any(map(str.isdigit, word))


def _read_line(pasted: Pasted, line: Sequence[str], known: _Known) -> None:
    students = [known.students[_as_kept(word)] for word in line if _as_kept(word) in known.students]
    names_student = bool(students) or any(map(_names_someone, line))
    of_number = bool(students) or any(_names_someone(word) and "@" not in word for word in line)
    last = students[0] if students else ()
    for word in line:
        if here := known.students.get(_as_kept(word)):
            last = here
            _add_student(pasted, word, here, known)
        elif "@" in word and of_number:
            _add_examiner(pasted, word, last, known)
        elif _names_someone(word) or not names_student:
            pasted.unknown[word] = None


def _add_student(pasted: Pasted, word: str, students: Sequence[Membership], known: _Known) -> None:
    if len(students) > 1:
        pasted.ambiguous[word] = None
    elif not students[0].student_number:
        pasted.without_number[students[0]] = None
    elif known.standing[students[0].pk].running:
        pasted.running[students[0]] = None
    else:
        pasted.students[students[0]] = None


def _add_examiner(pasted: Pasted, word: str, students: Sequence[Membership], known: _Known) -> None:
    """Skipped unless exactly one student has the number, which is reported itself."""
    if len(students) != 1:
        return
    contact = known.contacts.get((students[0].school_id, _as_kept(word)))
    if contact:
        pasted.examiners.setdefault(students[0].pk, {})[contact] = None
    else:
        pasted.not_listed[word] = None


def _look_up(*, by: User, unit: ExamUnit, words: Sequence[str]) -> _Known:
    """Look up students by number and address, both in lower case; a number can exist at two schools."""
    lower = [_as_kept(word) for word in words]
    condition = Q(student_number__in=words) | Q(user__email__in=lower)
    by_word: dict[str, list[Membership]] = {}
    students = list(Membership.objects.students_of_docent(by).filter(condition).select_related("user", "school"))
    for student in students:
        for word in {student.student_number.lower(), student.user.email} - {""}:
            by_word.setdefault(word, []).append(student)
    addresses = [word for word in lower if "@" in word and word not in by_word]
    contacts = Contact.objects.for_docent(by).listed().filter(email__in=addresses)
    return _Known(
        students=by_word,
        standing=standings(students=students, unit=unit, by=by),
        contacts={(contact.school_id, contact.email): contact for contact in contacts},
    )
