"""The page 'Bewerken': what can be corrected, what was typed, and what changed since the page was opened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from accounts.text import clean_text
from assessments.corrections import Change, Changes
from assessments.merge import fingerprint
from assessments.models import Correction
from assessments.rubric import Column, PartSheet, Rubric
from exams.models import Criterion

_FIELD = re.compile("(?P<kind>score|text)-(?P<pk>[0-9]{1,18})")
Problems = Mapping[tuple[str, int], str]


@dataclass
class Field:
    """A score or a text that can be corrected: `name` is the field's, `reason_name` that of its reason.

    `was` stands for what the page was opened with. `meanwhile` is the correction that someone else made since.
    """

    name: str
    was: str
    value: str
    reason: str = ""
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
        """Whether its reason is shown from the start."""
        return self.is_changed or bool(self.reason or self.reason_problem)


@dataclass
class ScoreField(Field):
    """`given` is (examiner, score) of each who assessed it."""

    criterion: Criterion | None = None
    given: list[tuple[str, str]] = field(default_factory=list)

    @property
    def differ(self) -> bool:
        return len({score for _, score in self.given}) > 1

    @property
    def is_undecided(self) -> bool:
        """Whether no score counts without a decision: the examiners differ, or it has no score."""
        return self.differ or not any(score for _, score in self.given)


@dataclass
class TextField(Field):
    column: Column | None = None


@dataclass
class Part:
    """A part with its fields, in the order of the form."""

    sheet: PartSheet
    scores: list[ScoreField]
    texts: list[TextField]


def read_changes(data: QueryDict) -> Changes:
    """What was posted, without what was left as the page had it."""
    scores: dict[int, Change] = {}
    texts: dict[int, Change] = {}
    for name in data:
        match = _FIELD.fullmatch(name)
        if match is None:
            continue
        kind, pk = match["kind"], int(match["pk"])
        value = clean_text(data.get(name, ""))
        if _stands_for(kind, value) != data.get(f"was-{name}", ""):
            change = Change(value, clean_text(data.get(f"reason-{name}", "")).strip())
            (scores if kind == "score" else texts)[pk] = change
    return Changes(scores=scores, texts=texts)


def lay_out(rubric: Rubric, *, data: QueryDict | None = None, problems: Problems | None = None) -> list[list[Part]]:
    """The parts, grouped by work process; with `data` as they were posted, and what is wrong with them.

    Where the posted page was opened with something else than counts now, what the member changed stays, what
    they left alone becomes what counts now, and either is marked.
    """
    filled = _Filler(data, problems or {})
    return [
        [_part(sheet, filled) for sheet in process.parts]
        for core_task in rubric.core_tasks
        for process in core_task.work_processes
    ]


def problem_links(parts: list[list[Part]]) -> Iterator[dict[str, str]]:
    """For the list of errors on top."""
    for part in (part for process in parts for part in process):
        whole = f"{part.sheet.part.work_process.code} {part.sheet.part}"
        for number, score in enumerate(part.scores, 1):
            yield from _links(score, f"{whole}, criterium {number}", place=f"{score.name}-O")
        for text in part.texts:
            yield from _links(text, f"{whole}, onderbouwing", place=text.name)


def _links(shown: Field, where: str, *, place: str) -> Iterator[dict[str, str]]:
    if shown.problem:
        yield {"href": f"#{place}", "text": f"{where}: {shown.problem}"}
    if shown.reason_problem:
        yield {"href": f"#{shown.reason_name}", "text": f"{where}: {shown.reason_problem}"}
    if shown.changed_meanwhile:
        yield {"href": f"#{shown.name}-meanwhile", "text": f"{where}: intussen gewijzigd"}


def _part(sheet: PartSheet, filled: _Filler) -> Part:
    scores = []
    for criterion in sheet.criteria:
        given = [(c.assignment.contact.full_name, c.scores.get(criterion.pk, "")) for c in sheet.columns]
        now = sheet.effective_letter(criterion.pk)
        decision = sheet.decisions.get(criterion.pk)
        kept = filled.fill("score", criterion.pk, now=now, by=decision)
        scores.append(ScoreField(**kept, criterion=criterion, given=given))
    texts = [
        TextField(
            **filled.fill("text", column.assignment.pk, now=column.effective_justification, by=column.correction),
            column=column,
        )
        for column in sheet.columns
    ]
    return Part(sheet, scores, texts)


class _Filler:
    """Fills fields with what counts now, or with what was posted."""

    def __init__(self, data: QueryDict | None, problems: Problems) -> None:
        self.data, self.problems = data, problems
        self.changes = read_changes(data) if data is not None else Changes({}, {})

    def fill(self, kind: str, pk: int, *, now: str, by: Correction | None) -> dict[str, Any]:
        """The values of a `Field`; `by` is the correction that made it what it is now."""
        name = f"{kind}-{pk}"
        change = (self.changes.scores if kind == "score" else self.changes.texts).get(pk)
        was = _stands_for(kind, now)
        other = self.data is not None and self.data.get(f"was-{name}", was) != was
        return {
            "name": name,
            "was": was,
            "value": change.value if change else now,
            "reason": change.reason if change else "",
            "problem": self.problems.get((kind, pk), ""),
            "reason_problem": self.problems.get(("reason" if kind == "score" else "text-reason", pk), ""),
            "changed_meanwhile": other,
            "meanwhile": by if other else None,
            "is_changed": change is not None and change.value != now,
        }


def _stands_for(kind: str, value: str) -> str:
    return value if kind == "score" else fingerprint(value)
