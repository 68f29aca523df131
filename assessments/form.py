"""The examiner's form: what was typed, saving it for now, completing it (source text, part B)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone

from . import lifecycle
from .models import Assignment, Event, Invitation, Score
from .rubric import Column, Missing, Rubric, read_rubric

MAX_JUSTIFICATION = 20_000  # characters; a page holds about 3,000
_FIELD = re.compile("(?:justification|score)-(?P<assignment>[0-9]{1,18})(?:-(?P<criterion>[0-9]{1,18}))?")


@dataclass
class Entry:
    """What one post holds for one assignment; a score that was not posted is absent."""

    version: int
    justification: str | None
    scores: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Conflict:
    """A part that could not be saved: what is kept and what was typed, for the screen.

    It was saved elsewhere since the form was opened, or completed, or is not this examiner's any
    more (`column.assignment.removed_at`).
    """

    column: Column
    entry: Entry

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """(criterion, kept score, typed score) where they differ."""
        return [
            (criterion.text, value, self.entry.scores[criterion.pk])
            for criterion, _, value in self.column.lines
            if self.entry.scores.get(criterion.pk, value) != value
        ]


class Incomplete(lifecycle.DomainError):
    """The form can't be completed yet; `missing` says what it needs."""

    def __init__(self, missing: list[Missing]) -> None:
        self.missing = missing
        super().__init__("De beoordeling is nog niet compleet.")


def read_entries(post: Mapping[str, str], rubric: Rubric) -> dict[int, Entry]:
    """What a posted form holds, by assignment id: an entry for each part of the rubric, empty or not.

    Parts that are not in it (any more) have one when something was typed there, so that `save` can
    give it back. A score of a criterion that is not the part's own is passed over.
    """
    own = {column.assignment.pk: {criterion.pk for criterion in column.criteria} for column in rubric.columns}
    entries = {pk: Entry(version=_version(post.get(f"version-{pk}", "")), justification=None) for pk in own}
    for name, value in post.items():
        match = _FIELD.fullmatch(name)
        if match is None:
            continue
        pk = int(match["assignment"])
        entry = entries.setdefault(pk, Entry(version=-1, justification=None))
        if match["criterion"] is None:
            entry.justification = _clean(value)
        elif value in ("O", "V", "G") and int(match["criterion"]) in own.get(pk, {int(match["criterion"])}):
            entry.scores[int(match["criterion"])] = value
    return entries


def too_long(entries: Mapping[int, Entry], rubric: Rubric) -> list[Missing]:
    """Justifications over `MAX_JUSTIFICATION` characters, as errors for the form."""
    return [
        Missing(
            column.assignment,
            f"{column.title}: de onderbouwing is langer dan {MAX_JUSTIFICATION} tekens",
            column.justification_field,
        )
        for column in rubric.columns
        if len(entries[column.assignment.pk].justification or "") > MAX_JUSTIFICATION
    ]


def overlay(rubric: Rubric, entries: Mapping[int, Entry]) -> None:
    """Puts what was typed over what is kept, to show a refused form with nothing lost."""
    for column in rubric.columns:
        entry = entries[column.assignment.pk]
        if column.assignment.completed_at is None:
            column.scores = {**column.scores, **entry.scores}
            if entry.justification is not None:
                column.assignment.justification = entry.justification


def save(*, invitation: Invitation, entries: Mapping[int, Entry]) -> list[Conflict]:
    """Saves what changed, for now; returns the parts that could not be.

    A part is saved when its `version` is still the one the form was opened with. A completed part
    stays as it is, and so does one that the examiner was taken off: a late post of the same values
    is no conflict, other values are. Raises `TransitionRefused` when there is something to save
    and the assessment is closed.
    """
    with lifecycle.locked(invitation.assessment) as current:
        rubric = read_rubric(current, contact=invitation.contact)
        changed = _changed(rubric, entries)
        stale = [c for c in changed if c[0].assignment.completed_at or c[0].assignment.version != c[1].version]
        fresh = [c for c in changed if c not in stale]
        if entries.keys() - {column.assignment.pk for column in rubric.columns}:
            stale += _changed(read_rubric(current, contact=invitation.contact, taken_off=True), entries)
        if fresh:
            lifecycle.refuse_if_closed(current)
            _write(fresh)
            lifecycle.settle(current, kind=Event.Kind.SAVED, by_name=invitation.contact.full_name)
    return [Conflict(column, entry) for column, entry in stale]


def complete(*, invitation: Invitation) -> bool:
    """Completes all of the examiner's parts; False when they were completed before (a second click).

    Raises `Incomplete` where a criterion has no score, or a part with an O or a G has no
    justification; `TransitionRefused` when the assessment is closed.
    """
    with lifecycle.locked(invitation.assessment) as current:
        rubric = read_rubric(current, contact=invitation.contact)
        if rubric.is_completed:
            return False
        lifecycle.refuse_if_closed(current)
        if rubric.missing or not rubric.columns:
            raise Incomplete(rubric.missing)
        current.live_assignments.filter(Q(contact=invitation.contact, completed_at=None)).update(
            completed_at=timezone.now()
        )
        lifecycle.settle(current, kind=Event.Kind.COMPLETED, by_name=invitation.contact.full_name)
    return True


def _version(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else -1


def _clean(text: str) -> str:
    # Browsers send CRLF; a NUL is no text, and PostgreSQL refuses it.
    return text.replace("\r\n", "\n").replace("\x00", "")


def _changed(rubric: Rubric, entries: Mapping[int, Entry]) -> list[tuple[Column, Entry]]:
    found = [(column, entries.get(column.assignment.pk)) for column in rubric.columns]
    return [(column, entry) for column, entry in found if entry is not None and _differs(column, entry)]


def _differs(column: Column, entry: Entry) -> bool:
    if entry.justification is not None and entry.justification != column.assignment.justification:
        return True
    return any(column.scores.get(criterion) != value for criterion, value in entry.scores.items())


def _write(changed: list[tuple[Column, Entry]]) -> None:
    assignments = []
    for column, entry in changed:
        if entry.justification is not None:
            column.assignment.justification = entry.justification
        column.assignment.version += 1
        assignments.append(column.assignment)
    Assignment.objects.bulk_update(assignments, ["justification", "version"])
    Score.objects.bulk_create(
        [
            Score(assignment=column.assignment, criterion_id=criterion, value=value)
            for column, entry in changed
            for criterion, value in entry.scores.items()
            if column.scores.get(criterion) != value
        ],
        update_conflicts=True,
        unique_fields=["assignment", "criterion"],
        update_fields=["value"],
    )
