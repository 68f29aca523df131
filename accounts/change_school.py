"""Changing what a school keeps: each change has a line in its log, and none is lost to a form opened earlier."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

from django.db import models, transaction

from .models import ExamOffice, Membership, School, SchoolChange, User


class ChangedMeanwhile(Exception):
    """Someone else changed this since the form was opened; `names` are the fields that both changed."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.names = names


def mark(text: str) -> str:
    """Stands for a text in a form, to tell later whether it changed: 16 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def said(value: object) -> str:
    """A setting's value as the log and the screen have it: 'aan', '60', or the text itself."""
    if isinstance(value, bool):
        return "aan" if value else "uit"
    return "" if value is None else str(value).replace("\r\n", "\n")


def marks(school: School, names: Iterable[str]) -> dict[str, str]:
    """What a form with these fields is opened with."""
    return {name: mark(said(getattr(school, name))) for name in names}


@transaction.atomic
def change_settings(
    *, school: School, typed: Mapping[str, Any], opened: Mapping[str, str], by: User
) -> list[SchoolChange]:
    """Writes the settings that differ from what the form was opened with, and returns their lines of the log.

    `opened` has the `marks` of then. What only someone else changed since stays as they left it; raises
    `ChangedMeanwhile`, with nothing written, for what both changed into something else.
    """
    before = School.objects.select_for_update().get(pk=school.pk)
    kept = {name: said(getattr(before, name)) for name in typed}
    mine = {
        name: value
        for name, value in typed.items()
        if said(value) != kept[name] and mark(said(value)) != opened.get(name)
    }
    if both := [name for name in mine if mark(kept[name]) != opened.get(name)]:
        raise ChangedMeanwhile(*both)
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


def _label(field: models.Field[Any, Any]) -> str:
    name = str(field.verbose_name)
    return name[:1].upper() + name[1:]
