"""When a student got the diploma, or left without one: the school fills it in, one by one or as a list.

What follows from a date takes results away, so nothing is erased by one that stands there for less than
`retention.NOTICE`, and each change is in the school's log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, SchoolChange, User
from accounts.school.changes import changed_fields, display_value, student_changes

DATES = ("diploma_on", "left_on")
FIRST_DATE = date(2000, 1, 1)
AHEAD = timedelta(days=366)
BATCH = 500
_FORMATS = ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d-%m-%y")


def check_date(day: date) -> None:
    """Raises `ValidationError` (Dutch) for what must be a slip of the pen."""
    if not FIRST_DATE <= day <= timezone.localdate() + AHEAD:
        raise ValidationError("Deze datum ligt vóór 2000 of meer dan een jaar vooruit. Kijk het jaartal na.")


def contradiction(*, diploma_on: date | None, left_on: date | None) -> str:
    """What is odd about a student who has both dates (Dutch); empty for who has not.

    Two studies make both true, so it is said and nothing is refused. `retention` says what follows: the diploma
    counts for all that was begun by its day.
    """
    if diploma_on is None or left_on is None:
        return ""
    left, diploma = (
        f"vertrokken zonder diploma op {display_value(left_on)}",
        f"een diploma op {display_value(diploma_on)}",
    )
    if left_on > diploma_on:
        return (
            f"Let op: {diploma} en daarna {left}. Dat kan alleen bij twee opleidingen. "
            "Was er maar één opleiding, haal dan de datum van vertrek weg."
        )
    return (
        f"Let op: {left} en ook {diploma}. Dat kan alleen bij twee opleidingen. Voor alles wat tot en met de "
        "diplomadatum is begonnen, geldt de diplomadatum. Klopt een van de datums niet, haal die dan weg."
    )


def set_dates(
    *, student: Membership, typed: Mapping[str, date | None], opened: Mapping[str, str], by: User
) -> list[SchoolChange]:
    """Writes the dates that differ from what the form was opened with, and returns their lines of the log.

    `changed_fields` says what that is; it raises `ChangedMeanwhile`, with nothing written, for what another changed.
    """
    with transaction.atomic():
        current = Membership.objects.select_for_update(of=("self",)).get(pk=student.pk)
        return write_dates([(current, changed_fields(stored=current, typed=typed, opened=opened))], by=by)


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
        changes = student_changes(student=student, changes=dates, by=by, reason=reason)
        if not changes:
            continue
        lines += changes
        for name, day in dates.items():
            setattr(student, name, day)
        student.study_dates_set_at, student.study_dates_set_by = now, by
        students.append(student)
    Membership.objects.bulk_update(students, [*DATES, "study_dates_set_at", "study_dates_set_by"], batch_size=BATCH)
    return SchoolChange.objects.bulk_create(lines, batch_size=BATCH)


def read_date(typed: str) -> date:
    """10-07-2026, 10/7/2026, 2026-07-10, or what Excel adds a time to; raises `ValidationError` (Dutch)."""
    day = typed.split(" ")[0].split("T")[0]
    for form in _FORMATS:
        try:
            return datetime.strptime(day, form).date()  # noqa: DTZ007 - a day, at no hour
        except ValueError:
            continue
    raise ValidationError("Schrijf een datum als 10-07-2026.")
