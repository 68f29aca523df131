"""Read the choices and examiners of an assessment, for the pages to choose and invite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from addressbook.models import Contact
from assessments.models import Assessment, Assignment, Coupling, Score
from assessments.rubric import read_uncorrected
from exams.models import Criterion, Part, WorkProcess

from .couplings import Place, Target, WorkWouldBeLost, at, below


@dataclass
class PartChoice:
    """A part, its examiners, and the level that they come from (1 to 3, 0 without an examiner)."""

    part: Part
    criteria: list[Criterion]
    examiners: list[Contact]
    level: int = 0


@dataclass
class WorkProcessChoice:
    work_process: WorkProcess
    own: list[Contact] = field(default_factory=list)
    parts: list[PartChoice] = field(default_factory=list)


@dataclass
class Overview:
    """All choices of an assessment: `unit` holds those for the whole exam."""

    unit: list[Contact]
    work_processes: list[WorkProcessChoice]

    @property
    def parts(self) -> Iterator[tuple[WorkProcess, PartChoice]]:
        for row in self.work_processes:
            for part in row.parts:
                yield row.work_process, part

    @property
    def has_choices(self) -> bool:
        return bool(self.unit) or any(part.examiners for _, part in self.parts)

    @property
    def uncovered(self) -> int:
        """The number of parts without an examiner."""
        return sum(1 for _, part in self.parts if not part.examiners)

    def parts_of(self, contact: Contact) -> list[str]:
        """Return what an examiner assesses: ['het hele examen'], or ['B1-K1-W1', 'B1-K1-W2 Productbeoordeling', …]."""
        if all(contact in part.examiners for _, part in self.parts):
            return ["het hele examen"]
        names = []
        for row in self.work_processes:
            parts = [part for part in row.parts if contact in part.examiners]
            if parts and len(parts) == len(row.parts):
                names.append(row.work_process.code)
            else:
                names += [f"{row.work_process.code} {part.part}" for part in parts]
        return names


def read_overview(assessment: Assessment) -> Overview:
    """Read the choices and the assignments that follow from them, in five queries."""
    unit: list[Contact] = []
    by_work_process: dict[int, list[Contact]] = {}
    by_part: dict[int, list[Contact]] = {}
    for coupling in assessment.couplings.select_related("contact").order_by("contact__sort_key", "pk"):
        if coupling.part_id is not None:
            by_part.setdefault(coupling.part_id, []).append(coupling.contact)
        elif coupling.work_process_id is not None:
            by_work_process.setdefault(coupling.work_process_id, []).append(coupling.contact)
        else:
            unit.append(coupling.contact)
    rows = []
    for core_task in read_uncorrected(assessment).core_tasks:
        for sheet in core_task.work_processes:
            row = WorkProcessChoice(sheet.work_process, own=by_work_process.get(sheet.work_process.pk, []))
            for part in sheet.parts:
                examiners = [column.assignment.contact for column in part.columns]
                level = 3 if part.part.pk in by_part else 2 if row.own else 1
                row.parts.append(PartChoice(part.part, part.criteria, examiners, level if examiners else 0))
            rows.append(row)
    return Overview(unit, rows)


def named(contacts: Sequence[Contact]) -> str:
    """Return 'Erik Examinator, Tineke Tweede', or 'niemand'."""
    return ", ".join(contact.full_name for contact in contacts) or "niemand"


@dataclass
class FinerChoice:
    """A choice that is finer than the target: its place, contacts and assessments."""

    where: str
    contacts: list[Contact] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)


def finer_choices(assessments: Sequence[Assessment], target: Target) -> list[FinerChoice]:
    """Return the choices that remain when another is made at `target`, in the order of the exam."""
    by_pk = {assessment.pk: assessment for assessment in assessments}
    couplings = Coupling.objects.filter(below(target), assessment__in=by_pk)
    choices: dict[Place, FinerChoice] = {}
    for coupling in couplings.select_related("contact", "work_process__core_task", "part__work_process__core_task"):
        choice = Target(work_process=coupling.work_process, part=coupling.part)
        row = choices.setdefault(choice.place, FinerChoice(str(choice)))
        if coupling.contact not in row.contacts:
            row.contacts.append(coupling.contact)
        if by_pk[coupling.assessment_id] not in row.assessments:
            row.assessments.append(by_pk[coupling.assessment_id])
    return [choice for _, choice in sorted(choices.items())]


def all_choices(assessment: Assessment) -> list[FinerChoice]:
    """Return the choices at every level, the whole exam's first."""
    contacts = [c.contact for c in assessment.couplings.filter(at(Target())).select_related("contact").order_by("pk")]
    unit = [FinerChoice("het hele examen", contacts, [assessment])] if contacts else []
    return unit + finer_choices([assessment], Target())


@dataclass(frozen=True)
class Loss:
    """A part that an examiner has begun: how many of its criteria have a score."""

    assignment: Assignment
    scored: int
    criteria: int


@dataclass
class StudentLoss:
    """The begun parts of one student."""

    assessment: Assessment
    examiners: dict[Contact, list[Loss]] = field(default_factory=dict)


def read_losses(refused: Sequence[tuple[Assessment, WorkWouldBeLost]]) -> list[StudentLoss]:
    """Return what each of them would lose, in two queries; parts in the order of the exam."""
    assignments = [assignment for _, error in refused for assignment in error.assignments]
    scored = _counted(Score.objects.all(), "assignment", [assignment.pk for assignment in assignments])
    criteria = _counted(Criterion.objects.all(), "part", list({assignment.part_id for assignment in assignments}))
    students = []
    for assessment, error in refused:
        student = StudentLoss(assessment)
        for a in sorted(error.assignments, key=lambda a: (a.contact.sort_key, a.contact_id, a.part_id)):
            loss = Loss(a, scored.get(a.pk, 0), criteria.get(a.part_id, 0))
            student.examiners.setdefault(a.contact, []).append(loss)
        students.append(student)
    return students


def _counted(rows: QuerySet[Any], name: str, ids: Sequence[int]) -> dict[int, int]:
    """Count the rows by the value of `name`, for these ids."""
    return dict(rows.order_by().filter(**{f"{name}__in": ids}).values_list(f"{name}_id").annotate(Count("pk")))
