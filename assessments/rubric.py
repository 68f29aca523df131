"""The rubric of an assessment: parts, criteria, and each examiner's scores and justifications.

`read_rubric` applies the committee's decisions; `read_uncorrected` leaves them out. Either takes a fixed number of
queries. The form, the read-only pages, the committee's screen and the PDF are rendered from the same objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext as _

from addressbook.models import Contact
from exams.criteria_cache import criteria_of
from exams.grading import scores as grading_scores
from exams.grading.disputes import Effective, effective_score
from exams.models import CoreTask, Criterion, Part, WorkProcess

from .autosave import Base, fingerprint
from .justification import letters_to_justify
from .models import Assessment, Assignment, AssignmentQuerySet, Correction, Score


def score_words() -> list[tuple[str, str]]:
    """Return (letter, word) of each score, in the language of the page."""
    return [("O", _("Onvoldoende")), ("V", _("Voldoende")), ("G", _("Goed"))]


@dataclass(frozen=True)
class Missing:
    """Something an assignment needs before it can be completed; `name` is the field's, `field_id` its HTML id.

    `words` is the message at the field; `text` also names the part.
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
    """One examiner's assignment on a part.

    `stored_scores` and `score_writers` go from a criterion's id to its score, and to the page that saved it last.
    `typed` is a refused justification, which the form shows instead of the stored one. `correction` is the committee's
    wording. With `is_hidden` the column shows no scores and no justification; the assignment keeps them.
    """

    assignment: Assignment
    criteria: list[Criterion]
    stored_scores: dict[int, str] = field(default_factory=dict)
    score_writers: dict[int, str] = field(default_factory=dict)
    typed: str | None = None
    correction: Correction | None = None
    is_hidden: bool = False

    @property
    def scores(self) -> dict[int, str]:
        return {} if self.is_hidden else self.stored_scores

    @property
    def examiner_justification(self) -> str:
        return "" if self.is_hidden else self.assignment.justification

    @property
    def written(self) -> dict[str, str]:
        """The examiner's text by assignment id, as in `Correction.covers`."""
        return {str(self.assignment.pk): self.examiner_justification}

    @cached_property
    def title(self) -> str:
        """Return 'B1-K1-W2 Gedragsobservatie': every work process has parts of the same names."""
        return f"{self.criteria[0].part.work_process.code} {self.assignment.part}"

    @property
    def needs_justification(self) -> bool:
        return bool(letters_to_justify(self.scores.values()))

    @property
    def is_open(self) -> bool:
        return self.assignment.completed_at is None and self.assignment.removed_at is None

    @property
    def has_content(self) -> bool:
        return bool(self.stored_scores or self.assignment.justification or self.assignment.completed_at)

    @property
    def justification(self) -> str:
        """Return the text in the form's field."""
        return self.examiner_justification if self.typed is None else self.typed

    @property
    def effective_justification(self) -> str:
        """Return the committee's wording if there is one, else the examiner's text."""
        return self.correction.after if self.correction else self.examiner_justification

    def of_part(self, criteria: Iterable[int]) -> list[int]:
        """Return those of these criterion ids that belong to this part."""
        ids = {criterion.pk for criterion in self.criteria}
        return [pk for pk in criteria if pk in ids]

    @property
    def base(self) -> Base:
        return Base.of(self.examiner_justification, self.scores)

    @property
    def justification_field(self) -> str:
        return f"justification-{self.assignment.pk}"

    def score_field(self, criterion: Criterion) -> str:
        return f"score-{self.assignment.pk}-{criterion.pk}"

    @property
    def lines(self) -> Iterator[tuple[Criterion, str, str]]:
        """Yield each criterion with the name of its field and its score, '' if missing."""
        for criterion in self.criteria:
            yield criterion, self.score_field(criterion), self.scores.get(criterion.pk, "")

    @property
    def lacks_justification(self) -> bool:
        return self.needs_justification and not self.justification.strip()

    def missing(self) -> Iterator[Missing]:
        """Yield what is still needed, in the order of the form."""
        for number, criterion in enumerate(self.criteria, 1):
            if criterion.pk not in self.scores:
                words = _("criterium %(number)d heeft nog geen score") % {"number": number}
                name = self.score_field(criterion)
                yield Missing(self, words, name, f"{name}-O")
        if self.needs_justification and not self.examiner_justification.strip():
            words = _("de onderbouwing is verplicht bij een O of een G")
            yield Missing(self, words, self.justification_field, self.justification_field)


Cell = tuple[Column, str]  # a column and its score of one criterion, '' if missing


@dataclass
class PartSheet:
    """A part with its criteria and one column per examiner.

    `decisions` holds the committee's valid decisions by criterion id, `lapsed` the newest corrections that are no
    longer valid. `removed` holds the columns of removed examiners, which do not count.
    """

    part: Part
    criteria: list[Criterion] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    decisions: dict[int, Correction] = field(default_factory=dict)
    removed: list[Column] = field(default_factory=list)
    lapsed: list[Correction] = field(default_factory=list)

    def scores_of(self, criterion: int) -> dict[str, str]:
        """Return the examiners' scores of a criterion by assignment id, '' if missing, as in `Correction.covers`."""
        return {str(column.assignment.pk): column.scores.get(criterion, "") for column in self.columns}

    def effective(self, criterion: int) -> Effective:
        """Return the score of a criterion that counts, and why; without a column it is missing."""
        decision = self.decisions.get(criterion)
        return effective_score(
            scores=[grading_scores.Score(score) if score else None for score in self.scores_of(criterion).values()],
            decision=grading_scores.Score(decision.after) if decision else None,
        )

    def effective_letter(self, criterion: int) -> str:
        """Return O, V or G; '' while the score is missing or in dispute."""
        score = self.effective(criterion).score
        return score.value if score else ""

    @property
    def is_corrected(self) -> bool:
        return bool(self.decisions)

    @property
    def cells(self) -> Iterator[tuple[Criterion, list[Cell], Correction | None, list[Cell]]]:
        """Yield each criterion with its cells, the valid decision on it, and the cells of removed examiners."""
        for criterion in self.criteria:
            cells, removed = (
                [(column, column.scores.get(criterion.pk, "")) for column in columns]
                for columns in (self.columns, self.removed)
            )
            yield criterion, cells, self.decisions.get(criterion.pk), removed


@dataclass
class WorkProcessSheet:
    work_process: WorkProcess
    parts: list[PartSheet] = field(default_factory=list)

    @property
    def scored_count(self) -> int:
        return sum(len(column.scores) for part in self.parts for column in part.columns)

    @property
    def criteria_count(self) -> int:
        """Count the scores to give: each criterion once per examiner."""
        return sum(len(column.criteria) for part in self.parts for column in part.columns)


@dataclass
class CoreTaskSheet:
    core_task: CoreTask
    work_processes: list[WorkProcessSheet] = field(default_factory=list)


@dataclass
class Rubric:
    """The parts of the whole unit, or those of one examiner.

    `corrections` holds every correction ever made, oldest first, valid or not.
    """

    assessment: Assessment
    core_tasks: list[CoreTaskSheet]
    corrections: list[Correction] = field(default_factory=list)

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
    def removed(self) -> list[Column]:
        return [column for part in self.parts for column in part.removed]

    @cached_property
    def examiners(self) -> list[Contact]:
        """Return everyone with a live assignment, in the order of the parts."""
        return list({column.assignment.contact_id: column.assignment.contact for column in self.columns}.values())

    @cached_property
    def missing(self) -> list[Missing]:
        return [missing for column in self.columns for missing in column.missing()]

    @property
    def is_completed(self) -> bool:
        return bool(self.columns) and all(column.assignment.completed_at for column in self.columns)

    @property
    def open_fingerprint(self) -> str:
        """Return a fingerprint of everything that is still to be completed."""
        return fingerprint(
            " ".join(f"{column.assignment.pk}:{column.base}" for column in self.columns if column.is_open)
        )

    @property
    def result_fingerprint(self) -> str:
        """Return a fingerprint of everything that counts."""
        parts = []
        for part in self.parts:
            parts += [
                f"{criterion.pk}:{part.effective_letter(criterion.pk)}:{part.scores_of(criterion.pk)}"
                for criterion in part.criteria
            ]
            parts += [
                f"{column.assignment.pk}:{fingerprint(column.effective_justification)}" for column in part.columns
            ]
        return fingerprint(" ".join(parts))

    @property
    def open_count(self) -> int:
        """Count the missing scores and required justifications."""
        return len(self.missing)

    @property
    def scored_count(self) -> int:
        return sum(len(column.scores) for column in self.columns)


def read_rubric(assessment: Assessment, *, hide_drafts: bool = False, with_removed: bool = False) -> Rubric:
    """Read the rubric with all live assignments and the committee's valid decisions.

    With `hide_drafts` the columns of assignments that are not completed are hidden. With `with_removed` the removed
    assignments that have content are in `PartSheet.removed`.
    """
    rubric = _read(assessment, assessment.assignments.all() if with_removed else assessment.live_assignments)
    for part in rubric.parts:
        part.removed = [column for column in part.columns if column.assignment.removed_at and column.has_content]
        part.columns = [column for column in part.columns if column.assignment.removed_at is None]
        for column in part.columns:
            column.is_hidden = hide_drafts and column.assignment.completed_at is None
    _apply_corrections(rubric, rubric.assessment.corrections.select_related("criterion"))
    return rubric


def read_rubrics(assessments: Sequence[Assessment]) -> dict[int, Rubric]:
    """Read the rubrics of several assessments as `read_rubric` does, by assessment id.

    The columns are without their contacts, in the order they were made; the corrections are without their criteria.

    The number of queries does not depend on the number of assessments, once the criteria of their units are cached.
    """
    pks = [assessment.pk for assessment in assessments]
    assignments: dict[int, list[Assignment]] = defaultdict(list)
    for assignment in Assignment.objects.live().filter(assessment__in=pks).defer("heard").order_by("pk"):
        assignments[assignment.assessment_id].append(assignment)
    corrections: dict[int, list[Correction]] = defaultdict(list)
    for correction in Correction.objects.filter(assessment__in=pks):
        corrections[correction.assessment_id].append(correction)
    given = _read_scores(assignment.pk for of_one in assignments.values() for assignment in of_one)
    rubrics = {}
    for assessment in assessments:
        rubric = rubrics[assessment.pk] = _lay_out(assessment, assignments[assessment.pk], given)
        _apply_corrections(rubric, corrections[assessment.pk])
    return rubrics


def read_uncorrected(assessment: Assessment, *, contact: Contact | None = None, removed: bool = False) -> Rubric:
    """Read the rubric as the examiners wrote it, without the committee's decisions.

    With `contact` it holds only the parts of that examiner. With `removed` it holds the removed assignments instead of
    the live ones.
    """
    return _read(assessment, assessment.assignments.filter(removed_at__isnull=not removed), contact=contact)


Given = tuple[dict[int, dict[int, str]], dict[int, dict[int, str]]]  # by assignment and criterion: scores, writers


def _read(assessment: Assessment, assignments: AssignmentQuerySet, *, contact: Contact | None = None) -> Rubric:
    rows = list(_with_contacts(assignments, contact))
    return _lay_out(assessment, rows, _read_scores(assignment.pk for assignment in rows), contact=contact)


def _read_scores(assignments: Iterable[int]) -> Given:
    scores: dict[int, dict[int, str]] = {}
    writers: dict[int, dict[int, str]] = {}
    rows = Score.objects.filter(assignment__in=list(assignments))
    for pk, criterion_id, value, writer in rows.values_list("assignment_id", "criterion_id", "value", "written_by"):
        scores.setdefault(pk, {})[criterion_id] = value
        writers.setdefault(pk, {})[criterion_id] = writer
    return scores, writers


def _lay_out(
    assessment: Assessment, assignments: Iterable[Assignment], given: Given, *, contact: Contact | None = None
) -> Rubric:
    scores, writers = given
    by_part: dict[int, list[Assignment]] = {}
    for assignment in assignments:
        by_part.setdefault(assignment.part_id, []).append(assignment)
    sheets: dict[int, PartSheet] = {}
    for criterion in criteria_of(assessment.unit_id):
        if contact is None or criterion.part_id in by_part:
            sheets.setdefault(criterion.part_id, PartSheet(criterion.part)).criteria.append(criterion)
    for part_id, sheet in sheets.items():
        for assignment in by_part.get(part_id, []):
            assignment.part = sheet.part
            cleared = {int(criterion_id): page for criterion_id, page in assignment.cleared_by.items()}
            score_writers = cleared | writers.get(assignment.pk, {})
            sheet.columns.append(Column(assignment, sheet.criteria, scores.get(assignment.pk, {}), score_writers))
    return Rubric(assessment, _grouped(list(sheets.values())))


def _with_contacts(assignments: AssignmentQuerySet, contact: Contact | None) -> Iterable[Assignment]:
    """Return the assignments of `contact`, or all by the examiner's last name."""
    if contact is None:
        return assignments.select_related("contact").order_by("contact__sort_key", "pk")
    assigned = list(assignments.filter(contact=contact).order_by("pk"))
    for assignment in assigned:
        assignment.contact = contact
    return assigned


def _apply_corrections(rubric: Rubric, corrections: Iterable[Correction]) -> None:
    """Apply the newest correction of each criterion and text while the answers are those it covers."""
    rubric.corrections = list(corrections)
    scores = {c.criterion_id: c for c in rubric.corrections if c.criterion_id}
    texts = {c.assignment_id: c for c in rubric.corrections if c.assignment_id}
    for part in rubric.parts:
        newest = [scores[criterion.pk] for criterion in part.criteria if criterion.pk in scores]
        for decision in newest:
            if decision.criterion_id and decision.after and decision.covers == part.scores_of(decision.criterion_id):
                part.decisions[decision.criterion_id] = decision
        for column in part.columns:
            text = texts.get(column.assignment.pk)
            column.correction = text if text and text.covers == column.written else None
        part.lapsed = [
            decision for decision in newest if decision.after and decision.criterion_id not in part.decisions
        ]
        part.lapsed += [
            texts[column.assignment.pk]
            for column in [*part.columns, *part.removed]
            if column.assignment.pk in texts and not column.correction
        ]


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
