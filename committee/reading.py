"""An assessment as the committee reads it: who, what, the result as it stands, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from assessments.models import Assessment, Status
from assessments.results import Outcome, outcome
from assessments.rubric import Rubric, read_rubric
from exams.grading import Score, UnitResult


@dataclass(frozen=True)
class ResultRow:
    """The outcome of a core task or a work process."""

    title: str
    ovg: Score
    grade: Decimal
    is_core_task: bool


@dataclass
class Reading:
    """`outcome` has a unit only once all is completed and nothing is in dispute."""

    rubric: Rubric
    outcome: Outcome
    missing: list[str] = field(default_factory=list)

    @property
    def can_finalise(self) -> bool:
        return self.rubric.assessment.status == Status.ASSESSED and self.outcome.unit is not None

    @property
    def rows(self) -> list[ResultRow]:
        return _rows(self.rubric, self.outcome.unit) if self.outcome.unit else []


def read(assessment: Assessment) -> Reading:
    """Reads the whole assessment. What an examiner has not completed yet is a draft: it is left out."""
    rubric = read_rubric(assessment)
    for column in rubric.columns:
        if not column.assignment.completed_at:
            column.scores = {}
            column.assignment.justification = ""
    return Reading(rubric=rubric, outcome=outcome(rubric), missing=_missing(rubric))


def _missing(rubric: Rubric) -> list[str]:
    """What keeps the assessment from being complete, a line for each examiner and each part without one."""
    without = [f"{part.part.work_process.code}, {part.part}" for part in rubric.parts if not part.columns]
    waiting = {c.assignment.contact.full_name: None for c in rubric.columns if not c.assignment.completed_at}
    return [
        *(f"{name} heeft de beoordeling nog niet afgerond." for name in waiting),
        *(f"{part}: nog geen examinator gekozen." for part in without),
    ]


def _rows(rubric: Rubric, unit: UnitResult) -> list[ResultRow]:
    core_tasks = {core_task.code: core_task for core_task in unit.core_tasks}
    rows = []
    for sheet in rubric.core_tasks:
        result = core_tasks[sheet.core_task.code]
        rows.append(ResultRow(str(sheet.core_task), result.ovg, result.grade, is_core_task=True))
        inner = {work_process.code: work_process for work_process in result.work_processes}
        for process in sheet.work_processes:
            outcome_of = inner[process.work_process.code]
            rows.append(ResultRow(str(process.work_process), outcome_of.ovg, outcome_of.grade, is_core_task=False))
    return rows
