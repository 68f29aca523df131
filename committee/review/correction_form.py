"""The fields of the page 'Bewerken'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from accounts.text import clean_text
from assessments.autosave import fingerprint
from assessments.corrections import Change, Changes
from assessments.models import Correction
from assessments.rubric import Column, PartSheet, Rubric
from exams.models import Criterion

_FIELD = re.compile("(?P<kind>score|text)-(?P<pk>[0-9]{1,18})")
Problems = Mapping[tuple[str, int], str]


@dataclass
class Field:
    """A score or a text that can be corrected; `was` identifies the value when the page was opened.

    `meanwhile` is the correction that someone else made since.
    """

    name: str
    was: str
    value: str
    reason: str = ""
    own_reason: str = ""  # as posted, without the reason for all
    problem: str = ""
    reason_problem: str = ""
    meanwhile: Correction | None = None
    changed_meanwhile: bool = False
    is_changed: bool = False

    @property
    def reason_name(self) -> str:
        return f"reason-{self.name}"

    @property
    def is_open(self) -> bool:
        """Whether the field for the reason is visible initially."""
        return self.is_changed or bool(self.reason or self.reason_problem)


@dataclass
class ScoreField(Field):
    """`by_examiner` has (examiner, score) of each examiner."""

    criterion: Criterion | None = None
    by_examiner: list[tuple[str, str]] = field(default_factory=list)

    @property
    def pk(self) -> int:
        return self.criterion.pk if self.criterion else 0

    @property
    def differ(self) -> bool:
        return len({score for _, score in self.by_examiner}) > 1

    @property
    def is_undecided(self) -> bool:
        """Whether no score counts without a decision: the examiners differ or gave none."""
        return self.differ or not any(score for _, score in self.by_examiner)


@dataclass
class TextField(Field):
    column: Column | None = None


@dataclass
class Part:
    """The fields of a part, in the order of the form."""

    sheet: PartSheet
    scores: list[ScoreField]
    texts: list[TextField]


def read_changes(data: QueryDict) -> Changes:
    """Return the posted values that differ from those that the page was opened with.

    `reason` is the reason of the changes that have none of their own.
    """
    reason_for_all = clean_text(data.get("reason", "")).strip()
    scores: dict[int, Change] = {}
    texts: dict[int, Change] = {}
    for name in data:
        match = _FIELD.fullmatch(name)
        if match is None:
            continue
        kind, pk = match["kind"], int(match["pk"])
        value = clean_text(data.get(name, ""))
        if _identify(kind, value) != data.get(f"was-{name}", ""):
            change = Change(value, clean_text(data.get(f"reason-{name}", "")).strip() or reason_for_all)
            (scores if kind == "score" else texts)[pk] = change
    return Changes(scores=scores, texts=texts)


def lay_out(rubric: Rubric, *, data: QueryDict | None = None, problems: Problems | None = None) -> list[list[Part]]:
    """Return the parts by work process, with the posted values and their problems when there is `data`.

    A value that changed since the page was opened is marked; the member's own change is kept, else it is updated.
    """
    filler = _Filler(data, problems or {})
    return [
        [_part(sheet, filler) for sheet in process.parts]
        for core_task in rubric.core_tasks
        for process in core_task.work_processes
    ]


def problem_links(parts: list[list[Part]]) -> Iterator[dict[str, str]]:
    """Yield the entries of the error summary."""
    for part in (part for process in parts for part in process):
        place = f"{part.sheet.part.work_process.code} {part.sheet.part}"
        for number, score in enumerate(part.scores, 1):
            yield from _links(score, f"{place}, criterium {number}", field_id=f"{score.name}-O")
        for text in part.texts:
            yield from _links(text, f"{place}, onderbouwing", field_id=text.name)


def _links(of: Field, place: str, *, field_id: str) -> Iterator[dict[str, str]]:
    if of.problem:
        yield {"href": f"#{field_id}", "text": f"{place}: {of.problem}"}
    if of.reason_problem:
        yield {"href": f"#{of.reason_name}", "text": f"{place}: {of.reason_problem}"}
    if of.changed_meanwhile:
        yield {"href": f"#{of.name}-meanwhile", "text": f"{place}: intussen gewijzigd"}


def _part(sheet: PartSheet, filler: _Filler) -> Part:
    scores = []
    for criterion in sheet.criteria:
        by_examiner = [(c.assignment.contact.full_name, c.scores.get(criterion.pk, "")) for c in sheet.columns]
        now, decision = sheet.effective_letter(criterion.pk), sheet.decisions.get(criterion.pk)
        values = filler.fill("score", criterion.pk, now=now, by=decision)
        scores.append(ScoreField(**values, criterion=criterion, by_examiner=by_examiner))
    texts = [
        TextField(
            **filler.fill("text", column.assignment.pk, now=column.effective_justification, by=column.correction),
            column=column,
        )
        for column in sheet.columns
    ]
    return Part(sheet, scores, texts)


class _Filler:
    """Fills fields with the current or the posted values."""

    def __init__(self, data: QueryDict | None, problems: Problems) -> None:
        self.data, self.problems = data, problems
        self.changes = read_changes(data) if data is not None else Changes({}, {})

    def fill(self, kind: str, pk: int, *, now: str, by: Correction | None) -> dict[str, Any]:
        """Return the values of a `Field`; `by` is the correction that made the current value `now`."""
        name = f"{kind}-{pk}"
        change = (self.changes.scores if kind == "score" else self.changes.texts).get(pk)
        was = _identify(kind, now)
        is_outdated = self.data is not None and self.data.get(f"was-{name}", was) != was
        return {
            "name": name,
            "was": was,
            "value": change.value if change else now,
            "reason": change.reason if change else "",
            "own_reason": self.data.get(f"reason-{name}", "") if self.data is not None else "",
            "problem": self.problems.get((kind, pk), ""),
            "reason_problem": self.problems.get(("reason" if kind == "score" else "text-reason", pk), ""),
            "changed_meanwhile": is_outdated,
            "meanwhile": by if is_outdated else None,
            "is_changed": change is not None and change.value != now,
        }


def _identify(kind: str, value: str) -> str:
    return value if kind == "score" else fingerprint(value)
