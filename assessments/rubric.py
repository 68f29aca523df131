"""An assessment laid out for reading: parts, criteria, and what each examiner gave them.

Everything is read in three queries, whatever the number of criteria or examiners; the form, the
read-only pages, the committee's screen and the PDF are drawn from the same objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from addressbook.models import Contact
from exams.models import CoreTask, Criterion, Part, WorkProcess

from .models import Assessment, Assignment, Score


@dataclass(frozen=True)
class Missing:
    """Something an assignment needs before it can be completed; `field_id` is its place in the form."""

    assignment: Assignment
    text: str
    field_id: str


@dataclass
class Column:
    """One examiner's assignment on a part, with its scores by criterion id."""

    assignment: Assignment
    criteria: list[Criterion]
    scores: dict[int, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """'B1-K1-W2 Gedragsobservatie': every work process has parts of the same name."""
        return f"{self.criteria[0].part.work_process.code} {self.assignment.part}"

    @property
    def needs_justification(self) -> bool:
        """Required where the part has an O or a G (source text, part B)."""
        return any(value in ("O", "G") for value in self.scores.values())

    @property
    def justification_field(self) -> str:
        return f"justification-{self.assignment.pk}"

    def score_field(self, criterion: Criterion) -> str:
        return f"score-{self.assignment.pk}-{criterion.pk}"

    @property
    def lines(self) -> Iterator[tuple[Criterion, str, str]]:
        """(criterion, the name of its field, its score or '')."""
        for criterion in self.criteria:
            yield criterion, self.score_field(criterion), self.scores.get(criterion.pk, "")

    def missing(self) -> Iterator[Missing]:
        """What is still needed, in the order of the form."""
        for number, criterion in enumerate(self.criteria, 1):
            if criterion.pk not in self.scores:
                text = f"{self.title}: criterium {number} heeft nog geen score"
                yield Missing(self.assignment, text, f"{self.score_field(criterion)}-O")
        if self.needs_justification and not self.assignment.justification.strip():
            text = f"{self.title}: de onderbouwing is verplicht bij een O of een G"
            yield Missing(self.assignment, text, self.justification_field)


@dataclass
class PartSheet:
    """A part with its criteria and one column an examiner."""

    part: Part
    criteria: list[Criterion] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)

    @property
    def rows(self) -> Iterator[tuple[Criterion, list[str]]]:
        """(criterion, the score of each column, '' where there is none)."""
        for criterion in self.criteria:
            yield criterion, [column.scores.get(criterion.pk, "") for column in self.columns]

    @property
    def cells(self) -> Iterator[tuple[Criterion, list[tuple[Column, str]]]]:
        """As `rows`, each score with the column it stands in."""
        for criterion, values in self.rows:
            yield criterion, list(zip(self.columns, values, strict=True))


@dataclass
class WorkProcessSheet:
    work_process: WorkProcess
    parts: list[PartSheet] = field(default_factory=list)


@dataclass
class CoreTaskSheet:
    core_task: CoreTask
    work_processes: list[WorkProcessSheet] = field(default_factory=list)


@dataclass
class Rubric:
    """The whole unit, or, for one examiner, the parts that are theirs."""

    assessment: Assessment
    core_tasks: list[CoreTaskSheet]

    @cached_property
    def parts(self) -> list[PartSheet]:
        return [
            part
            for core_task in self.core_tasks
            for work_process in core_task.work_processes
            for part in work_process.parts
        ]

    @cached_property
    def columns(self) -> list[Column]:
        return [column for part in self.parts for column in part.columns]

    @cached_property
    def examiners(self) -> list[Contact]:
        """Everyone with a live assignment, once, in the order of the parts."""
        return list({column.assignment.contact_id: column.assignment.contact for column in self.columns}.values())

    @cached_property
    def missing(self) -> list[Missing]:
        return [missing for column in self.columns for missing in column.missing()]

    @property
    def is_completed(self) -> bool:
        return bool(self.columns) and all(column.assignment.completed_at for column in self.columns)

    @property
    def criteria_count(self) -> int:
        return sum(len(column.criteria) for column in self.columns)

    @property
    def scored_count(self) -> int:
        return sum(len(column.scores) for column in self.columns)


def read_rubric(assessment: Assessment, *, contact: Contact | None = None, taken_off: bool = False) -> Rubric:
    """Reads the assessment's rubric with all live assignments, or with `contact`'s alone.

    With `contact` only the parts that are theirs are in it: an examiner sees nothing else. With
    `taken_off` it holds the assignments that count no more instead.
    """
    assignments = assessment.assignments.filter(removed_at__isnull=not taken_off)
    assignments = assignments.select_related("contact", "part").order_by("contact__last_name", "pk")
    if contact is not None:
        assignments = assignments.filter(contact=contact)
    by_part: dict[int, list[Assignment]] = {}
    for assignment in assignments:
        by_part.setdefault(assignment.part_id, []).append(assignment)
    scores: dict[int, dict[int, str]] = {}
    for score in Score.objects.filter(assignment__in=[a.pk for rows in by_part.values() for a in rows]):
        scores.setdefault(score.assignment_id, {})[score.criterion_id] = score.value
    sheets: dict[int, PartSheet] = {}
    for criterion in _criteria(assessment):
        if contact is None or criterion.part_id in by_part:
            sheets.setdefault(criterion.part_id, PartSheet(criterion.part)).criteria.append(criterion)
    for part_id, sheet in sheets.items():
        sheet.columns = [
            Column(assignment, sheet.criteria, scores.get(assignment.pk, {})) for assignment in by_part.get(part_id, [])
        ]
    return Rubric(assessment, _grouped(list(sheets.values())))


def _criteria(assessment: Assessment) -> list[Criterion]:
    return list(
        Criterion.objects.filter(part__work_process__core_task__unit=assessment.unit_id)
        .select_related("part__work_process__core_task")
        .order_by(
            "part__work_process__core_task__position",
            "part__work_process__position",
            "part__position",
            "position",
        )
    )


def _grouped(sheets: list[PartSheet]) -> list[CoreTaskSheet]:
    core_tasks: dict[int, CoreTaskSheet] = {}
    work_processes: dict[int, WorkProcessSheet] = {}
    for sheet in sheets:
        work_process = sheet.part.work_process
        core_task = core_tasks.setdefault(work_process.core_task_id, CoreTaskSheet(work_process.core_task))
        if work_process.pk not in work_processes:
            work_processes[work_process.pk] = WorkProcessSheet(work_process)
            core_task.work_processes.append(work_processes[work_process.pk])
        work_processes[work_process.pk].parts.append(sheet)
    return list(core_tasks.values())
