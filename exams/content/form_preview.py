"""The examiner's form of an exam unit, to be looked at: drawn by the form's own templates, kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from exams.grading.scores import Score

from .schema import PartContent, UnitContent, WorkProcessContent

SEGMENTS = [(score.value, score.label, "") for score in Score]


@dataclass(frozen=True)
class PartPreview:
    """What assessments/examiner/_form_criteria.html, form_justification.html and form_points.html ask for."""

    label: str
    title: str
    criteria: list[dict[str, Any]]
    points: list[tuple[str, str, str]]
    field: str


@dataclass(frozen=True)
class SheetPreview:
    """A work process on the form."""

    work_process: WorkProcessContent
    parts: list[PartPreview]


def form_of(unit: UnitContent) -> list[SheetPreview]:
    """The unit's work processes as its examiner gets them, nothing scored yet."""
    numbers = count(1)
    return [
        SheetPreview(process, [_part(process, part, next(numbers)) for part in process.parts])
        for task in unit.core_tasks
        for process in task.work_processes
    ]


def _part(process: WorkProcessContent, part: PartContent, number: int) -> PartPreview:
    title = f"{process.code} {part.label}"
    names = [f"score-{number}-{place}" for place in range(1, len(part.criteria) + 1)]
    criteria = [
        {
            "text": criterion.text,
            "name": name,
            "invalid": False,
            "segments": SEGMENTS,
            "meanings": [("O", criterion.meaning_o), ("V", criterion.meaning_v), ("G", criterion.meaning_g)],
        }
        for name, criterion in zip(names, part.criteria, strict=True)
    ]
    points = [(name, f"{title}: criterium {place}", "") for place, name in enumerate(names, 1)]
    return PartPreview(part.label, title, criteria, points, f"justification-{number}")
