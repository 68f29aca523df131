"""An assessment laid out for reading: parts, criteria, and what each examiner gave them.

Everything is read in three queries at most, whatever the number of criteria or examiners; the form, the read-only
pages, the committee's screen and the PDF are drawn from the same objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext as _

from addressbook.models import Contact
from exams.criteria_cache import criteria_of
from exams.grading import scores as grading_scores
from exams.models import CoreTask, Criterion, Part, WorkProcess

from .merge import Base, mark
from .models import Assessment, Assignment, Correction, Score


def score_words() -> list[tuple[str, str]]:
    """(letter, word) of each score, in the language of the page."""
    return [("O", _("Onvoldoende")), ("V", _("Voldoende")), ("G", _("Goed"))]


@dataclass(frozen=True)
class Missing:
    """Something an assignment needs before it can be completed; `name` is the field's, `field_id` its place.

    `words` say what at the field itself, `text` also in which part.
    """

    column: Column
    words: str
    name: str
    field_id: str

    @property
    def text(self) -> str:
        return f"{self.column.title}: {self.words}"


@dataclass
class Column:
    """One examiner's assignment on a part, with its scores by criterion id, and the open page each was last set on.

    `typed` is a justification that was refused, for the screen to show in place of the kept one. `correction`
    is the committee's wording, once `assessments.corrections` laid it over.
    """

    assignment: Assignment
    criteria: list[Criterion]
    scores: dict[int, str] = field(default_factory=dict)
    score_writers: dict[int, str] = field(default_factory=dict)
    typed: str | None = None
    correction: Correction | None = None

    @cached_property
    def title(self) -> str:
        """'B1-K1-W2 Gedragsobservatie': every work process has parts of the same name."""
        return f"{self.criteria[0].part.work_process.code} {self.assignment.part}"

    @property
    def needs_justification(self) -> bool:
        """Required where the part has an O or a G (source text, part B)."""
        return any(value in ("O", "G") for value in self.scores.values())

    @property
    def is_open(self) -> bool:
        """Whether it can still be written: not completed, not taken off."""
        return self.assignment.completed_at is None and self.assignment.removed_at is None

    @property
    def has_content(self) -> bool:
        return bool(self.scores or self.assignment.justification or self.assignment.completed_at)

    @property
    def justification(self) -> str:
        """What the form shows."""
        return self.assignment.justification if self.typed is None else self.typed

    @property
    def effective_justification(self) -> str:
        """What counts: the committee's wording if there is one, else the examiner's."""
        return self.correction.after if self.correction else self.assignment.justification

    def own(self, criteria: Iterable[int]) -> list[int]:
        """Those of these criteria (their ids) that are this part's."""
        mine = {criterion.pk for criterion in self.criteria}
        return [pk for pk in criteria if pk in mine]

    @property
    def base(self) -> Base:
        """What a form that is opened now is opened with."""
        return Base.of(self.assignment.justification, self.scores)

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

    @property
    def lacks_justification(self) -> bool:
        return self.needs_justification and not self.justification.strip()

    def missing(self) -> Iterator[Missing]:
        """What is still needed, in the order of the form."""
        for number, criterion in enumerate(self.criteria, 1):
            if criterion.pk not in self.scores:
                words = _("criterium %(number)d heeft nog geen score") % {"number": number}
                name = self.score_field(criterion)
                yield Missing(self, words, name, f"{name}-O")
        if self.needs_justification and not self.assignment.justification.strip():
            words = _("de onderbouwing is verplicht bij een O of een G")
            yield Missing(self, words, self.justification_field, self.justification_field)


Cell = tuple[Column, str]  # a column and its score, '' where there is none


@dataclass
class PartSheet:
    """A part with its criteria and one column an examiner; the committee's `decisions` by criterion id.

    Those are in it once `assessments.corrections` applied them, and so are the newest that `lapsed`. `dropped` are
    the columns of removed examiners, which count nowhere.
    """

    part: Part
    criteria: list[Criterion] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    decisions: dict[int, Correction] = field(default_factory=dict)
    dropped: list[Column] = field(default_factory=list)
    lapsed: list[Correction] = field(default_factory=list)

    @property
    def rows(self) -> Iterator[tuple[Criterion, list[str]]]:
        """(criterion, the score of each column, '' where there is none)."""
        for criterion in self.criteria:
            yield criterion, [column.scores.get(criterion.pk, "") for column in self.columns]

    def effective(self, criterion: int) -> grading_scores.Effective:
        """The score of a criterion (its id) that counts, and why; without a column it is missing."""
        scores = [column.scores.get(criterion, "") for column in self.columns]
        decision = self.decisions.get(criterion)
        return grading_scores.effective_score(
            given=[grading_scores.Score(score) if score else None for score in scores],
            decision=grading_scores.Score(decision.after) if decision else None,
        )

    @property
    def is_corrected(self) -> bool:
        return bool(self.decisions)

    @property
    def cells(self) -> Iterator[tuple[Criterion, list[Cell], Correction | None, list[Cell]]]:
        """As `rows`, each score with the column it stands in; the committee's decision if one counts; the dropped."""
        for criterion, values in self.rows:
            dropped = [(column, column.scores.get(criterion.pk, "")) for column in self.dropped]
            yield criterion, list(zip(self.columns, values, strict=True)), self.decisions.get(criterion.pk), dropped


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
    def dropped(self) -> list[Column]:
        return [column for part in self.parts for column in part.dropped]

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
    def mark(self) -> str:
        """Stands for everything that is still to be completed; another as soon as any of it changes."""
        return mark(" ".join(f"{column.assignment.pk}:{column.base}" for column in self.columns if column.is_open))

    @property
    def criteria_count(self) -> int:
        return sum(len(column.criteria) for column in self.columns)

    @property
    def open_count(self) -> int:
        """Scores that are still to be given, and justifications that are required and not there."""
        return len(self.missing)

    @property
    def scored_count(self) -> int:
        return sum(len(column.scores) for column in self.columns)


def read_rubric(
    assessment: Assessment, *, contact: Contact | None = None, taken_off: bool = False, with_dropped: bool = False
) -> Rubric:
    """Reads the assessment's rubric with all live assignments, or with `contact`'s alone.

    With `contact` only the parts that are theirs are in it: an examiner sees nothing else. With
    `taken_off` it holds the assignments that count no more instead; `with_dropped` those that have content too,
    apart (`PartSheet.dropped`).
    """
    by_part: dict[int, list[Assignment]] = {}
    for assignment in _assignments(assessment, contact=contact, taken_off=None if with_dropped else taken_off):
        by_part.setdefault(assignment.part_id, []).append(assignment)
    scores: dict[int, dict[int, str]] = {}
    writers: dict[int, dict[int, str]] = {}
    given = Score.objects.filter(assignment__in=[a.pk for rows in by_part.values() for a in rows])
    for pk, criterion_id, value, writer in given.values_list("assignment_id", "criterion_id", "value", "written_by"):
        scores.setdefault(pk, {})[criterion_id] = value
        writers.setdefault(pk, {})[criterion_id] = writer
    sheets: dict[int, PartSheet] = {}
    for criterion in criteria_of(assessment.unit_id):
        if contact is None or criterion.part_id in by_part:
            sheets.setdefault(criterion.part_id, PartSheet(criterion.part)).criteria.append(criterion)
    for part_id, sheet in sheets.items():
        for assignment in by_part.get(part_id, []):
            assignment.part = sheet.part
            cleared = {int(criterion_id): page for criterion_id, page in assignment.cleared_by.items()}
            own = scores.get(assignment.pk, {}), cleared | writers.get(assignment.pk, {})
            column = Column(assignment, sheet.criteria, *own)
            if not with_dropped or assignment.removed_at is None:
                sheet.columns.append(column)
            elif column.has_content:
                sheet.dropped.append(column)
    return Rubric(assessment, _grouped(list(sheets.values())))


def _assignments(assessment: Assessment, *, contact: Contact | None, taken_off: bool | None) -> Iterable[Assignment]:
    """With who they are of, by name; all of them, or `contact`'s; those that count and those that do not with None."""
    assignments = assessment.assignments.all()
    if taken_off is not None:
        assignments = assignments.filter(removed_at__isnull=not taken_off)
    if contact is None:
        return assignments.select_related("contact").order_by("contact__sort_key", "pk")
    own = list(assignments.filter(contact=contact).order_by("pk"))
    for assignment in own:
        assignment.contact = contact
    return own


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
