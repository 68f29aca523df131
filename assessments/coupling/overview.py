"""Read the choices and examiners of an assessment, for the pages to choose and invite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from addressbook.models import Contact
from assessments.models import Assessment, Assignment, Coupling, Score
from exams.models import Criterion, ExamUnit, Part, WorkProcess

from .couplings import Place, Target, WorkWouldBeLost, anchor, below, of_target


@dataclass
class Row:
    """One line of the matrix: the whole exam (1), a work process (2) or a part (3).

    `examiners` assess it; with `is_own` they were chosen for exactly this line. Where it `differs` between the students
    there are none; a student whose version of the exam lacks the line does not make it differ.
    """

    target: Target
    label: str
    criteria: Sequence[Criterion] = ()
    examiners: list[Contact] = field(default_factory=list)
    is_own: bool = False
    differs: bool = False
    coarser: str = ""  # what would count without the own choice (Dutch); '' if nothing

    @property
    def level(self) -> int:
        return self.target.level

    @property
    def fields(self) -> dict[str, str]:
        return of_target(self.target)

    @property
    def anchor(self) -> str:
        return anchor(self.target).removeprefix("#") or "hele-examen"


@dataclass
class Overview:
    """All choices of one or several assessments of a unit; the first row is the whole exam."""

    rows: list[Row]
    choices: list[tuple[Target, list[Contact]]]  # those of the first assessment
    uncovered: int  # parts that lack an examiner for at least one student

    @property
    def differs(self) -> bool:
        return any(row.differs for row in self.rows)

    def parts_of(self, contact: Contact) -> list[str]:
        """Return what an examiner assesses: ['het hele examen'], or ['B1-K1-W1', 'B1-K1-W2 Productbeoordeling', …]."""
        by_work_process: dict[WorkProcess, list[Row]] = {}
        for row in self.rows:
            if row.target.part:
                by_work_process.setdefault(row.target.part.work_process, []).append(row)
        if all(contact in row.examiners for rows in by_work_process.values() for row in rows):
            return ["het hele examen"]
        names = []
        for work_process, rows in by_work_process.items():
            own = [row for row in rows if contact in row.examiners]
            if own and len(own) == len(rows):
                names.append(work_process.code)
            else:
                names += [f"{work_process.code} {row.label}" for row in own]
        return names


# The contacts chosen at each place, by assessment id.
Choices = dict[Place, dict[int, list[Contact]]]


def read_overview(assessments: Sequence[Assessment], unit: ExamUnit) -> Overview:
    """Read who assesses what in these assessments, over the lines of `unit`, in four queries."""
    choices: Choices = {}
    first: dict[Target, list[Contact]] = {}
    couplings = Coupling.objects.filter(assessment__in=assessments).select_related(
        "contact", "work_process__core_task", "part__work_process__core_task"
    )
    for coupling in couplings.order_by("contact__sort_key", "contact_id"):
        target = Target(work_process=coupling.work_process, part=coupling.part)
        choices.setdefault(target.place, {}).setdefault(coupling.assessment_id, []).append(coupling.contact)
        if coupling.assessment_id == assessments[0].pk:
            first.setdefault(target, []).append(coupling.contact)
    rows = _Rows(assessments, unit, choices)
    rows.make(Target(), "Het hele examen", [])
    work_processes = WorkProcess.objects.filter(core_task__unit=unit).select_related("core_task")
    for work_process in work_processes.prefetch_related("parts__criteria"):
        target = Target(work_process=work_process)
        above = [(target, "het werkproces"), (Target(), "het hele examen")]
        rows.make(target, str(work_process), above[1:])
        for part in work_process.parts.all():
            part.work_process = work_process
            rows.make(Target(part=part), str(part), above, criteria=list(part.criteria.all()))
    return Overview(rows.made, list(first.items()), rows.uncovered)


class _Rows:
    def __init__(self, assessments: Sequence[Assessment], unit: ExamUnit, choices: Choices) -> None:
        self.assessments, self.unit, self.choices = assessments, unit, choices
        self.made: list[Row] = []
        self.uncovered = 0
        others = {assessment.unit_id for assessment in assessments} - {unit.pk}
        parts = Part.objects.filter(work_process__core_task__unit__in=others).select_related("work_process__core_task")
        self.places_elsewhere: set[tuple[int, Place]] = set()
        for part in parts if others else ():
            for target in (Target(part=part), Target(work_process=part.work_process)):
                self.places_elsewhere.add((part.work_process.core_task.unit_id, target.place))

    def make(
        self, target: Target, label: str, above: Sequence[tuple[Target, str]], *, criteria: Sequence[Criterion] = ()
    ) -> Row:
        """Append the row; `above` are the coarser targets, the finest first, with their names."""
        row = Row(target, label, criteria)
        examiners: set[tuple[Contact, ...]] = set()
        for assessment in self.assessments:
            if not self._has(assessment, target):
                continue
            own = self.choices.get(target.place, {}).get(assessment.pk, [])
            inherited = [self.choices.get(higher.place, {}).get(assessment.pk, []) for higher, _ in above]
            effective = own or next(filter(None, inherited), [])
            row.is_own = row.is_own or bool(own)
            examiners.add(tuple(effective))
            if own and not row.coarser:
                row.coarser = next((name for (_, name), chosen in zip(above, inherited, strict=True) if chosen), "")
        row.differs = len(examiners) > 1
        row.examiners = list(examiners.pop()) if len(examiners) == 1 else []
        if target.part and (() in examiners or not (row.examiners or row.differs)):
            self.uncovered += 1
        self.made.append(row)
        return row

    def _has(self, assessment: Assessment, target: Target) -> bool:
        if assessment.unit_id == self.unit.pk or target.level == 1:
            return True
        return (assessment.unit_id, target.place) in self.places_elsewhere


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
