"""When a student got the diploma, or left without one: the school fills it in, one by one or as a list.

What follows from a date takes results away, so a list shows first what it does, and nothing is erased by a date that
stands there for less than `retention.NOTICE`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.change_school import lines_of_student, own_changes
from accounts.models import Membership, Role, School, SchoolChange, User

DATES = ("diploma_on", "left_on")
FIRST_DATE = date(2000, 1, 1)
AHEAD = timedelta(days=366)
MOST_LINES = 5000
BATCH = 500
T = TypeVar("T")
_SEPARATORS = ";\t,"
_FORMATS = ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d-%m-%y")
_HAS_DIGIT = re.compile(r"\d")


class TooMany(Exception):
    """The list has more lines than are read at once."""


@dataclass(frozen=True)
class Line:
    """One line of a list: what it does (`NEW`, `CHANGED`, `SAME`), or `WRONG` and why."""

    number: int
    typed: str
    outcome: str
    problem: str = ""
    student: Membership | None = None
    before: date | None = None
    after: date | None = None

    @property
    def is_good(self) -> bool:
        return self.outcome in ("NEW", "CHANGED")


def check_date(day: date) -> None:
    """Raises `ValidationError` (Dutch) for what must be a slip of the pen."""
    if not FIRST_DATE <= day <= timezone.localdate() + AHEAD:
        raise ValidationError("Deze datum ligt vóór 2000 of meer dan een jaar vooruit. Kijk het jaartal na.")


def set_dates(
    *, student: Membership, typed: Mapping[str, date | None], opened: Mapping[str, str], by: User
) -> list[SchoolChange]:
    """Writes the dates that differ from what the form was opened with, and returns their lines of the log.

    `own_changes` says what that is; it raises `ChangedMeanwhile`, with nothing written, for what another changed.
    """
    with transaction.atomic():
        current = Membership.objects.select_for_update(of=("self",)).get(pk=student.pk)
        return write_dates([(current, own_changes(kept=current, typed=typed, opened=opened))], by=by)


def write_dates(
    changed: Iterable[tuple[Membership, Mapping[str, date | None]]], *, by: User, reason: str = ""
) -> list[SchoolChange]:
    """Writes the dates, that they stand from now on, and the lines of the log, which it returns.

    Call it in a transaction that holds the students' rows.
    """
    lines: list[SchoolChange] = []
    students = []
    now = timezone.now()
    for student, dates in changed:
        said = lines_of_student(student=student, changes=dates, by=by, reason=reason)
        if not said:
            continue
        lines += said
        for name, day in dates.items():
            setattr(student, name, day)
        student.study_dates_set_at, student.study_dates_set_by = now, by
        students.append(student)
    Membership.objects.bulk_update(students, [*DATES, "study_dates_set_at", "study_dates_set_by"], batch_size=BATCH)
    return SchoolChange.objects.bulk_create(lines, batch_size=BATCH)


def read_list(*, school: School, which: str, text: str) -> list[Line]:
    """Every line that holds something, in its order; a first line of headers is passed over. One query.

    Raises `TooMany`.
    """
    rows = [(number, cells) for number, cells in enumerate(_cells(text), 1) if any(cells)]
    if rows and not any(map(_HAS_DIGIT.search, rows[0][1])):
        del rows[0]
    if len(rows) > MOST_LINES:
        raise TooMany
    numbers = {cells[0] for _, cells in rows}
    found = school.memberships.filter(role=Role.STUDENT).exclude(student_number="").select_related("user")
    students: dict[str, Membership] = {}
    for batch in _batches(sorted(numbers)):
        students |= {student.student_number: student for student in found.filter(student_number__in=batch)}
    times = Counter(cells[0] for _, cells in rows)
    return [_read_line(number, cells, which, students, times) for number, cells in rows]


def _batches(values: list[T]) -> Iterator[list[T]]:
    """A database takes no thousands of values in one question."""
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))


def _cells(text: str) -> Iterator[list[str]]:
    """Two cells of each line or more; what separates them is what the first line that has any uses."""
    lines = text.splitlines()
    first = next((line for line in lines if any(sign in line for sign in _SEPARATORS)), "")
    separator = next((sign for sign in _SEPARATORS if sign in first), ";")
    for line in lines:
        number, *others = (cell.strip().strip("\"'").strip() for cell in line.split(separator))
        yield [number, *(others or [""])]


def _read_line(number: int, cells: list[str], which: str, students: dict[str, Membership], times: Counter[str]) -> Line:
    typed = "; ".join(filter(None, cells))[:80]
    student = students.get(cells[0])
    if student is None:
        return Line(number, typed, "WRONG", f"Er is geen student met nummer ‘{cells[0][:40]}’.")
    if times[cells[0]] > 1:
        return Line(number, typed, "WRONG", "Dit nummer staat meer dan eens in de lijst.")
    try:
        after = read_date(cells[1])
    except ValidationError as error:
        return Line(number, typed, "WRONG", error.messages[0])
    before: date | None = getattr(student, which)
    outcome = "SAME" if before == after else "CHANGED" if before else "NEW"
    return Line(number, typed, outcome, student=student, before=before, after=after)


def read_date(typed: str) -> date:
    """10-07-2026, 10/7/2026, 2026-07-10, or what Excel adds a time to; raises `ValidationError` (Dutch)."""
    day = typed.split(" ")[0].split("T")[0]
    for form in _FORMATS:
        try:
            found = datetime.strptime(day, form).date()  # noqa: DTZ007 - a day, at no hour
        except ValueError:
            continue
        check_date(found)
        return found
    raise ValidationError(
        f"‘{typed[:40]}’ is geen datum. Schrijf die als 10-07-2026." if typed else "De datum ontbreekt."
    )


Chosen = list[tuple[int, str | None, str]]  # membership, the date before, the date after


def chosen(lines: Iterable[Line]) -> Chosen:
    """The good lines, as the page that shows them hands them on."""
    return [
        (line.student.pk, line.before.isoformat() if line.before else None, line.after.isoformat())
        for line in lines
        if line.is_good and line.student and line.after
    ]


def apply_list(*, school: School, which: str, rows: Chosen, by: User) -> int:
    """Writes exactly the rows that were shown, in one transaction; how many. What has changed since is left alone."""
    if which not in DATES:
        raise ValueError(which)
    wanted = {pk: (before, after) for pk, before, after in rows}
    changed = []
    with transaction.atomic():
        for batch in _batches(sorted(wanted)):
            held = school.memberships.select_for_update(of=("self",)).filter(pk__in=batch, role=Role.STUDENT)
            for student in held.order_by("pk"):
                before, after = wanted[student.pk]
                now: date | None = getattr(student, which)
                if (now.isoformat() if now else None) == before:
                    changed.append((student, {which: date.fromisoformat(after)}))
        write_dates(changed, by=by)
    return len(changed)
