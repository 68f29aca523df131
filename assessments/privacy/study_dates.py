"""The dates of a student's diploma or departure, entered by the school one by one or as a list.

A date leads to erasure, so it takes effect only after `retention.NOTICE`, and each change is logged.
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
MAX_AHEAD = timedelta(days=366)
BATCH = 500
_FORMATS = ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d-%m-%y")


def check_date(day: date) -> None:
    """Raise `ValidationError` (Dutch) for an implausible date."""
    if not FIRST_DATE <= day <= timezone.localdate() + MAX_AHEAD:
        raise ValidationError("Deze datum ligt vóór 2000 of meer dan een jaar vooruit. Kijk het jaartal na.")


def contradiction(*, diploma_on: date | None, left_on: date | None) -> str:
    """Return a warning for a student with both dates (Dutch); '' otherwise.

    It is no error: two studies can make both true. The diploma then counts for everything begun by its day
    (`retention`).
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
    """Write the dates that differ from those in the opened form, and return their log lines.

    `changed_fields` compares them, and raises `ChangedMeanwhile`, with nothing written, for a date that another
    changed.
    """
    with transaction.atomic():
        current = Membership.objects.select_for_update(of=("self",)).get(pk=student.pk)
        return write_dates([(current, changed_fields(stored=current, typed=typed, opened=opened))], by=by)


def write_dates(
    changed: Iterable[tuple[Membership, Mapping[str, date | None]]], *, by: User, reason: str = ""
) -> list[SchoolChange]:
    """Write the dates, the moment of the change and the log lines; return the lines.

    Call it in a transaction that locks the students' rows.
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
    """Parse 10-07-2026, 10/7/2026, 2026-07-10, also with Excel's time; raise `ValidationError` (Dutch)."""
    day = typed.split(" ")[0].split("T")[0]
    for form in _FORMATS:
        try:
            return datetime.strptime(day, form).date()  # noqa: DTZ007 - a day, at no hour
        except ValueError:
            continue
    raise ValidationError("Schrijf een datum als 10-07-2026.")
