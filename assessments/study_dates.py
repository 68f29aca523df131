"""When a student got the diploma, or left without one: the school fills it in, one by one or as a list.

What follows from a date takes results away, so a list shows first what it does, and nothing is erased by a date that
stands there for less than `retention.NOTICE`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Membership, Role, School, User

from .retention_forms import check_date

DATES = ("diploma_on", "left_on")
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


def set_dates(*, student: Membership, by: User, diploma_on: date | None, left_on: date | None) -> bool:
    """Writes both dates, and that they stand from now on; whether one of them is another than before."""
    with transaction.atomic():
        current = Membership.objects.select_for_update(of=("self",)).get(pk=student.pk)
        if (current.diploma_on, current.left_on) == (diploma_on, left_on):
            return False
        _write(Membership.objects.filter(pk=student.pk), by, diploma_on=diploma_on, left_on=left_on)
    return True


def _write(students: QuerySet[Membership], by: User, **dates: date | None) -> None:
    students.update(study_dates_set_at=timezone.now(), study_dates_set_by=by, **dates)


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
    by_date: dict[str, list[int]] = {}
    with transaction.atomic():
        for batch in _batches(sorted(wanted)):
            held = school.memberships.select_for_update(of=("self",)).filter(pk__in=batch, role=Role.STUDENT)
            for student in held.order_by("pk"):
                before, after = wanted[student.pk]
                now: date | None = getattr(student, which)
                if (now.isoformat() if now else None) == before:
                    by_date.setdefault(after, []).append(student.pk)
        for after, pks in by_date.items():
            _write(Membership.objects.filter(pk__in=pks), by, **{which: date.fromisoformat(after)})
    return sum(map(len, by_date.values()))
