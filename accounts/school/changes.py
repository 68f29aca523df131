"""Change a school's settings: each change is logged, and an edit based on an outdated form is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import date
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts.models import ExamCommittee, ExamOffice, Membership, School, SchoolChange, User
from accounts.models.retention_terms import ERASING_TERMS


class ChangedMeanwhile(Exception):
    """Someone else changed these fields since the form was opened; `names` are the fields both changed."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.names = names


def fingerprint(text: str) -> str:
    """Return 16 hexadecimal digits with which a form detects that a value changed meanwhile."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def display_value(value: object) -> str:
    """Return a value as log and screen show it: 'aan', '60', '10-07-2026', or the text itself."""
    if isinstance(value, bool):
        return "aan" if value else "uit"
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    return "" if value is None else str(value).replace("\r\n", "\n")


def fingerprints(stored: models.Model, names: Iterable[str]) -> dict[str, str]:
    """Return the fingerprints with which a form for these fields is opened."""
    return {name: fingerprint(display_value(getattr(stored, name))) for name in names}


def changed_fields(*, stored: models.Model, typed: Mapping[str, Any], opened: Mapping[str, str]) -> dict[str, Any]:
    """Return the typed values that differ both from what the form was opened with and from what is stored.

    `opened` holds the `fingerprints` at opening; `stored` is locked. A field that only someone else changed is left
    alone; raise `ChangedMeanwhile` for fields that both changed differently.
    """
    now = {name: display_value(getattr(stored, name)) for name in typed}
    new = {name: display_value(value) for name, value in typed.items()}
    changed = [name for name in typed if new[name] != now[name] and fingerprint(new[name]) != opened.get(name)]
    if both := [name for name in changed if fingerprint(now[name]) != opened.get(name)]:
        raise ChangedMeanwhile(*both)
    return {name: typed[name] for name in changed}


@transaction.atomic
def change_settings(
    *, school: School, typed: Mapping[str, Any], opened: Mapping[str, str], by: User
) -> list[SchoolChange]:
    """Save the settings that changed in the form, and return their log entries.

    Raise `ChangedMeanwhile`, as `changed_fields` does. Erasure by a changed term is delayed.
    """
    before = School.objects.select_for_update().get(pk=school.pk)
    changed = changed_fields(stored=before, typed=typed, opened=opened)
    if ERASING_TERMS & changed.keys():
        changed["terms_set_at"] = timezone.now()
    after = copy(before)
    for name, value in changed.items():
        setattr(after, name, value.replace("\r\n", "\n") if isinstance(value, str) else value)
    after.save(update_fields=list(changed))
    return log_settings(before=before, after=after, by=by)


def log_settings(*, before: School, after: School, by: User) -> list[SchoolChange]:
    """Log each field that differs; call it in the transaction that changes them."""
    entries = []
    for field in School._meta.concrete_fields:  # noqa: SLF001 - Django's documented API
        if field.name == "terms_set_at":
            continue
        was, now = display_value(field.value_from_object(before)), display_value(field.value_from_object(after))
        if was != now:
            entries.append(log_change(school=after, name=field.name, label=_label(field), before=was, after=now, by=by))
    return entries


def log_office(*, office: ExamOffice, before: str, after: str, by: User) -> SchoolChange:
    """Log a change of a committee's list of offices; `before` is empty for a new one, `after` for a removed one."""
    committee = office.committee
    label = committee_label(committee, "Examenbureau")
    return log_change(school=committee.school, name="exam_offices", label=label, before=before, after=after, by=by)


def committee_label(committee: ExamCommittee, label: str) -> str:
    """Return the label of a log entry about the committee, with its name unless it is the default one."""
    return label if committee.is_default else f"{label} ({committee.name})"


def log_committee(*, before: ExamCommittee, after: ExamCommittee, by: User) -> list[SchoolChange]:
    """Log the fields of a committee that differ; call it in the transaction that changes them."""
    entries = []
    for name, label in (
        ("name", "Naam van de examencommissie"),
        ("four_eyes", "Vier ogen bij het afronden"),
        ("reminder_text", "Tekst in herinneringen"),
    ):
        was, now = display_value(getattr(before, name)), display_value(getattr(after, name))
        if was != now:
            label = committee_label(before, label)
            entries.append(log_change(school=after.school, name=name, label=label, before=was, after=now, by=by))
    return entries


def log_change(
    *,
    school: School,
    name: str,
    label: str,
    before: str,
    after: str,
    by: User | None,
    reason: str = "",
    student: Membership | None = None,
) -> SchoolChange:
    """Write one entry; `by` is None for the system. Call it in the transaction that makes the change."""
    author = {"by": by, "by_name": by.full_name if by else ""}
    return SchoolChange.objects.create(
        school=school, student=student, name=name, label=label, before=before, after=after, reason=reason, **author
    )


def student_changes(
    *, student: Membership, changes: Mapping[str, Any], by: User | None, reason: str = ""
) -> list[SchoolChange]:
    """Return an unsaved log entry for each of the `changes` to a student; `by` is None for the system.

    Save them in the transaction that makes the change.
    """
    return [
        SchoolChange(
            school_id=student.school_id,
            student=student,
            name=name,
            label=_label(Membership._meta.get_field(name)),  # noqa: SLF001 - Django's documented API
            before=display_value(getattr(student, name)),
            after=display_value(value),
            reason=reason,
            by=by,
            by_name=by.full_name if by else "",
        )
        for name, value in changes.items()
        if display_value(value) != display_value(getattr(student, name))
    ]


def _label(field: Any) -> str:
    name = str(field.verbose_name)
    return name[:1].upper() + name[1:]
