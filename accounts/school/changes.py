"""Changing what a school keeps: each change has a line in its log, and none is lost to a form opened earlier."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import date
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.models import ExamOffice, Membership, School, SchoolChange, User
from accounts.models.retention_terms import ERASING_TERMS


class ChangedMeanwhile(Exception):
    """Someone else changed this since the form was opened; `names` are the fields that both changed."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.names = names


def mark(text: str) -> str:
    """Stands for a text in a form, to tell later whether it changed: 16 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def said(value: object) -> str:
    """A value as the log and the screen have it: 'aan', '60', '10-07-2026', or the text itself."""
    if isinstance(value, bool):
        return "aan" if value else "uit"
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    return "" if value is None else str(value).replace("\r\n", "\n")


def marks(kept: models.Model, names: Iterable[str]) -> dict[str, str]:
    """What a form with these fields is opened with."""
    return {name: mark(said(getattr(kept, name))) for name in names}


def own_changes(*, kept: models.Model, typed: Mapping[str, Any], opened: Mapping[str, str]) -> dict[str, Any]:
    """Of what was typed that which differs from what the form was opened with, and from what is kept by now.

    `opened` has the `marks` of then; `kept` is locked. What only someone else changed since stays as they left it;
    raises `ChangedMeanwhile` for what both changed into something else.
    """
    now = {name: said(getattr(kept, name)) for name in typed}
    wanted = {name: said(value) for name, value in typed.items()}
    mine = [name for name in typed if wanted[name] != now[name] and mark(wanted[name]) != opened.get(name)]
    if both := [name for name in mine if mark(now[name]) != opened.get(name)]:
        raise ChangedMeanwhile(*both)
    return {name: typed[name] for name in mine}


@transaction.atomic
def change_settings(
    *, school: School, typed: Mapping[str, Any], opened: Mapping[str, str], by: User
) -> list[SchoolChange]:
    """Writes the settings that differ from what the form was opened with, and returns their lines of the log.

    `own_changes` says what that is, and raises. Erasing by a term that is changed waits from now on.
    """
    before = School.objects.select_for_update().get(pk=school.pk)
    mine = own_changes(kept=before, typed=typed, opened=opened)
    if ERASING_TERMS & mine.keys():
        mine["terms_set_at"] = timezone.now()
    after = copy(before)
    for name, value in mine.items():
        setattr(after, name, value.replace("\r\n", "\n") if isinstance(value, str) else value)
    after.save(update_fields=list(mine))
    return log_settings(before=before, after=after, by=by)


def log_settings(*, before: School, after: School, by: User) -> list[SchoolChange]:
    """A line for each field that differs; call it in the transaction that changes them."""
    lines = []
    for field in School._meta.concrete_fields:  # noqa: SLF001 - Django's documented API
        if field.name == "terms_set_at":  # follows from the terms
            continue
        was, now = said(field.value_from_object(before)), said(field.value_from_object(after))
        if was != now:
            lines.append(log(school=after, name=field.name, label=_label(field), before=was, after=now, by=by))
    return lines


def log_office(*, office: ExamOffice, before: str, after: str, by: User) -> SchoolChange:
    """A line about the list of exam offices; `before` is empty for a new one, `after` for one that was removed."""
    return log(school=office.school, name="exam_offices", label="Examenbureau", before=before, after=after, by=by)


def log(
    *,
    school: School,
    name: str,
    label: str,
    before: str,
    after: str,
    by: User,
    reason: str = "",
    student: Membership | None = None,
) -> SchoolChange:
    """Writes one line; call it in the transaction that makes the change."""
    said_by = {"by": by, "by_name": by.full_name}
    return SchoolChange.objects.create(
        school=school, student=student, name=name, label=label, before=before, after=after, reason=reason, **said_by
    )


def lines_of_student(
    *, student: Membership, changes: Mapping[str, Any], by: User | None, reason: str = ""
) -> list[SchoolChange]:
    """A line, not written yet, for each field of a student that is about to become another; `by` None: nobody's doing.

    Write them in the transaction that makes the change.
    """
    return [
        SchoolChange(
            school_id=student.school_id,
            student=student,
            name=name,
            label=_label(Membership._meta.get_field(name)),  # noqa: SLF001 - Django's documented API
            before=said(getattr(student, name)),
            after=said(value),
            reason=reason,
            by=by,
            by_name=by.full_name if by else "",
        )
        for name, value in changes.items()
        if said(value) != said(getattr(student, name))
    ]


def _label(field: Any) -> str:
    name = str(field.verbose_name)
    return name[:1].upper() + name[1:]
