"""Preview of the examiner's form of an exam unit, rendered by the form's own templates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from .schema import CriterionContent, PartContent, UnitContent, WorkProcessContent


@dataclass(frozen=True)
class PartPreview:
    """The context of assessments/examiner/_form_criteria.html, _form_justification.html and _form_points.html."""

    label: str
    title: str
    lines: list[tuple[CriterionContent, str, str]]
    field: str


@dataclass(frozen=True)
class SheetPreview:
    """A work process on the form."""

    work_process: WorkProcessContent
    parts: list[PartPreview]


def form_of(unit: UnitContent) -> list[SheetPreview]:
    """Return the unit's work processes as on its examiner's form, unscored."""
    numbers = count(1)
    return [
        SheetPreview(process, [_part(process, part, next(numbers)) for part in process.parts])
        for task in unit.core_tasks
        for process in task.work_processes
    ]


def _part(process: WorkProcessContent, part: PartContent, number: int) -> PartPreview:
    title = f"{process.code} {part.label}"
    lines = [(criterion, f"score-{number}-{place}", "") for place, criterion in enumerate(part.criteria, 1)]
    return PartPreview(part.label, title, lines, f"justification-{number}")
