"""An assessment as the committee reads it: who, what, the result as it stands, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from assessments import corrections as assessments_corrections
from assessments.examiner import signature
from assessments.models import Assessment, Correction, Invitation, Status
from assessments.progress.listing import say_open
from assessments.results import Outcome, outcome
from assessments.rubric import Rubric, read_rubric
from exams.grading.scores import Score, UnitResult
from exams.models import Part

NOBODY_INVITED = (
    "Alles is afgerond, maar de uitnodigingen zijn ingetrokken. Nodigt de docent weer een examinator uit, dan is de "
    "beoordeling weer ‘Beoordeeld’."
)


@dataclass(frozen=True)
class ResultRow:
    """The outcome of a core task or a work process; `weight` is of a core task."""

    title: str
    ovg: Score
    grade: Decimal
    weight: Decimal | None = None


@dataclass
class Reading:
    """`outcome` has a unit only once all is completed and nothing is in dispute.

    `corrections` are all that were ever made, oldest first; those that count lie over `rubric`.
    """

    rubric: Rubric
    outcome: Outcome
    missing: list[str] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    signed: dict[int, Invitation] = field(default_factory=dict)

    @property
    def examiners(self) -> list[dict[str, Any]]:
        """As the PDF names them: who completed as they signed, the others as the address book has them."""
        busy = {column.assignment.contact_id for column in self.rubric.columns if not column.assignment.completed_at}
        return [
            signature.as_json(None if contact.pk in busy else self.signed.get(contact.pk), contact=contact)
            for contact in self.rubric.examiners
        ]

    @property
    def disputes(self) -> list[tuple[Part, int]]:
        """The parts that examiners differ on, each with on how many criteria."""
        counted = [
            (sheet.part, sum(c.pk in self.outcome.disputed for c in sheet.criteria)) for sheet in self.rubric.parts
        ]
        return [(part, count) for part, count in counted if count]

    @property
    def can_finalise(self) -> bool:
        is_assessed = self.rubric.assessment.status == Status.ASSESSED
        return is_assessed and self.outcome.unit is not None and not assessments_corrections.unjustified(self.rubric)

    @property
    def rows(self) -> list[ResultRow]:
        return _rows(self.rubric, self.outcome.unit) if self.outcome.unit else []


def read(assessment: Assessment) -> Reading:
    """Reads the whole assessment. What an examiner has not completed yet is a draft: it is left out."""
    rubric = read_rubric(assessment, with_dropped=True)
    waiting = list(_waiting(rubric))
    for column in rubric.columns:
        if not column.assignment.completed_at:
            column.scores = {}
            column.assignment.justification = ""
    corrections = assessments_corrections.lay_over(rubric)
    return Reading(
        rubric=rubric,
        outcome=outcome(rubric),
        missing=_missing(rubric, waiting),
        corrections=corrections,
        signed=signature.read(assessment),
    )


def _waiting(rubric: Rubric) -> Iterator[str]:
    """Who has not completed yet, and what that examiner still has to do; asked before the drafts are left out."""
    for contact in rubric.examiners:
        own = [column for column in rubric.columns if column.assignment.contact_id == contact.pk]
        if not all(column.assignment.completed_at for column in own):
            open_parts = sum(column.is_open and len(column.scores) < len(column.criteria) for column in own)
            yield f"Wacht op {contact.full_name}: {say_open(open_parts=open_parts, parts=len(own))}."


def _missing(rubric: Rubric, waiting: list[str]) -> list[str]:
    """What keeps the assessment from being complete, a line for each examiner and each part without one."""
    without = [f"{part.part.work_process.code}, {part.part}" for part in rubric.parts if not part.columns]
    uninvited = rubric.is_completed and rubric.assessment.status == Status.NEW
    return [
        *waiting,
        *([NOBODY_INVITED] if uninvited else []),
        *(f"{part}: nog geen examinator gekozen." for part in without),
        *(
            f"{part.part.work_process.code}, {part.part}: de onderbouwing is verplicht bij een O of een G. "
            "Vul die in bij ‘Bewerken’, of stuur de beoordeling terug."
            for part in (assessments_corrections.unjustified(rubric) if not waiting else [])
        ),
    ]


def _rows(rubric: Rubric, unit: UnitResult) -> list[ResultRow]:
    core_tasks = {core_task.code: core_task for core_task in unit.core_tasks}
    rows = []
    for sheet in rubric.core_tasks:
        result = core_tasks[sheet.core_task.code]
        rows.append(ResultRow(str(sheet.core_task), result.ovg, result.grade, result.weight))
        inner = {work_process.code: work_process for work_process in result.work_processes}
        for process in sheet.work_processes:
            outcome_of = inner[process.work_process.code]
            rows.append(ResultRow(str(process.work_process), outcome_of.ovg, outcome_of.grade))
    return rows
