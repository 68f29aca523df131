"""Import a list of study dates: validate each line and write the valid ones.

A date leads to erasure, so a list never removes a date, and a student listed with two different dates gets neither.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from accounts.importing.columns import (
    CHUNK,
    IS_EXAMPLE,
    SYNONYMS,
    Column,
    Layout,
    Note,
    Outcome,
    Row,
    ValidatedRow,
    check,
    chunks,
    skipped,
)
from accounts.importing.kinds import Count, Kind, Lines
from accounts.importing.template_files import Template
from accounts.importing.views import SchoolListPages
from accounts.models import Membership, Role, School
from accounts.people.importing.people import NUMBER as NUMBER_OF_PERSON
from accounts.people.importing.people import format_number
from accounts.people.importing.write import CHANGED
from accounts.school.changes import display_value
from assessments.models import DatesImport

from . import retention
from .study_dates import BATCH, DATES, check_date, contradiction, read_date, write_dates

TYPED_DATE = 40  # characters; Excel adds a time
NUMBER = replace(NUMBER_OF_PERSON, explanation="Verplicht. Hieraan wordt de student herkend.", required=True)
IMPORT_COLUMNS = (
    NUMBER,
    Column(
        "diploma_on",
        "Diplomadatum",
        "Zoals 10-07-2026. Wat tot en met deze dag is begonnen, wordt 18 maanden later gewist.",
        TYPED_DATE,
        synonyms=SYNONYMS["diploma_on"],
        holds="date",
    ),
    Column(
        "left_on",
        "Vertrokken zonder diploma op",
        "Zoals 10-07-2026. Alleen voor wie zonder diploma is vertrokken.",
        TYPED_DATE,
        synonyms=SYNONYMS["left_on"],
        holds="date",
    ),
)
HEADERS = {column.name: column.header for column in IMPORT_COLUMNS}
EXAMPLE = ("voorbeeld", "10-07-2026", "")
TEMPLATE = Template(
    title="Datums van studenten",
    columns=IMPORT_COLUMNS,
    example=EXAMPLE,
    explanation=(
        "Vul op het eerste werkblad per student één regel in, met één van de twee datums of allebei.",
        "De kolommen mogen in een andere volgorde staan, en een kolom die u niet gebruikt mag weg.",
        "De regel met het voorbeeld mag blijven staan: die wordt niet geïmporteerd.",
        "Een lege cel wijzigt niets: een datum weghalen doet u bij de student zelf.",
    ),
)
Values = tuple[str, ...]


def validate(
    *,
    school: School,
    by_id: int,
    layout: Layout,
    lines: Lines,
    checked: Container[int] = (),
    lock: bool = False,
) -> Iterator[ValidatedRow]:
    """Validate each line against the school's current students; see `Validate`."""
    all_lines = list(lines)
    listed = _listed(all_lines, school)
    for chunk in chunks(iter(all_lines), CHUNK):
        known = _students(school, {format_number(values[0], school) for _, values in chunk}, lock=lock)
        for line, values in chunk:
            if values[0].casefold() == EXAMPLE[0]:
                yield ValidatedRow(skipped(line, values, IS_EXAMPLE))
            elif notes := [] if line in checked else check(layout, values):
                yield ValidatedRow(Row(line, values, Outcome.ERROR, tuple(notes)))
            else:
                number = format_number(values[0], school)
                yield _validate_line(line, values, known.get(number), listed[number])


def _listed(lines: Sequence[tuple[int, Values]], school: School) -> dict[str, dict[int, Values]]:
    """Return the lines of each student number, with their dates."""
    by_number: dict[str, dict[int, Values]] = {}
    for line, values in lines:
        by_number.setdefault(format_number(values[0], school), {})[line] = values[1:]
    return by_number


def _students(school: School, numbers: set[str], *, lock: bool) -> dict[str, Membership]:
    students = school.memberships.filter(role=Role.STUDENT, student_number__in=numbers - {""}).order_by("pk")
    if lock:
        students = students.select_for_update(of=("self",))
    return {student.student_number: student for student in students}


def _validate_line(line: int, values: Values, student: Membership | None, same: Mapping[int, Values]) -> ValidatedRow:
    if student is None:
        return _refused(line, values, [Note(NUMBER.header, values[0], "is van geen student van de school")])
    first = min(same)
    if len(set(same.values())) > 1:
        other = next(number for number in same if number != line)
        note = Note(NUMBER.header, values[0], f"staat ook in regel {other}, met een andere datum")
        return _refused(line, values, [note])
    if line != first:
        return ValidatedRow(skipped(line, values, f"staat ook in regel {first}"))
    dates, wrong = _read(values)
    if wrong:
        return _refused(line, values, wrong)
    return _outcome(line, values, student, dates)


def _refused(line: int, values: Values, notes: Sequence[Note]) -> ValidatedRow:
    return ValidatedRow(Row(line, values, Outcome.ERROR, tuple(notes)))


def _read(values: Values) -> tuple[dict[str, date], list[Note]]:
    """Return the dates of a line, and its errors."""
    dates, wrong = {}, []
    for name, cell in zip(DATES, values[1:], strict=True):
        try:
            if cell:
                dates[name] = read_date(cell)
                check_date(dates[name])
        except ValidationError as error:
            wrong.append(Note(HEADERS[name], cell, f"kan niet. {error.messages[0]}"))
    if not dates and not wrong:
        wrong.append(Note(HEADERS[DATES[0]], "", "moet worden ingevuld, of anders een datum van vertrek"))
    return dates, wrong


def _outcome(line: int, values: Values, student: Membership, dates: Mapping[str, date]) -> ValidatedRow:
    before = {name: getattr(student, name) for name in dates}
    changed = [name for name, day in dates.items() if day != before[name]]
    if not changed:
        return ValidatedRow(skipped(line, values, "staat er al zo"))
    outcome = Outcome.UPDATED if any(before[name] for name in changed) else Outcome.NEW
    notes = [
        Note(HEADERS[name], display_value(dates[name]), f"(was {display_value(before[name]) or 'leeg'})")
        for name in changed
    ]
    after = {name: getattr(student, name) for name in DATES} | dict(dates)
    if odd := contradiction(**after):
        notes.append(Note("", "", odd, warns=True))
    return ValidatedRow(Row(line, values, outcome, tuple(notes), student.pk), student)


def write(prepared: DatesImport, valid: Sequence[ValidatedRow], *, layout: Layout, count: Count | None) -> None:
    """Write the dates, with the importing user in the school's log."""
    reason = f"Geïmporteerd uit {prepared.filename}."
    for start in range(0, len(valid), BATCH):
        batch = valid[start : start + BATCH]
        write_dates([(item.existing, _read(item.row.values)[0]) for item in batch], by=prepared.by, reason=reason)
        if count:
            count(start + len(batch))


DATES_OF_STUDENTS = Kind(
    model=DatesImport,
    columns=IMPORT_COLUMNS,
    validate=validate,
    write=write,
    changed=CHANGED,
    role=Role.SCHOOLBEHEER,
)


class DatesPages(SchoolListPages):
    model = DatesImport
    template = TEMPLATE
    filename = "datums"
    namespace, name = "privacy", "dates"
    title = "Lijst met datums importeren"
    back = ("privacy:retention", "Terug naar bewaren en wissen")
    explained = (
        "Vul een leeg template in en sla het op, of gebruik een eigen lijst met dezelfde kolomnamen. Op elke regel "
        "staat een studentnummer met een diplomadatum, of met een datum van vertrek zonder diploma. Door een nieuwe "
        f"datum wordt {retention.NOTICE.days} dagen lang nog niets gewist."
    )
    preview_template = "assessments/privacy/import_dates_preview.html"

    def rows_context(self, page: Any, school: School) -> dict[str, Any]:
        """Return the page's rows with the students' names, which the list itself does not contain."""
        numbers = {row.line: format_number(row.values[0], school) for row in page}
        students = school.memberships.filter(role=Role.STUDENT, student_number__in={*numbers.values()} - {""})
        by_number = {student.student_number: student for student in students.select_related("user")}
        rows = [{"entry": row, "student": by_number.get(numbers[row.line])} for row in page]
        return {"rows": rows, "notice": retention.NOTICE.days}


pages = DatesPages()
