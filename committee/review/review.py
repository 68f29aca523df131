"""An assessment as the committee reads it: the result, what is missing, and warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from addressbook.models import Contact
from assessments import corrections
from assessments.coupling.couplings import RemovedWork, read_removed_work
from assessments.documents.fonts import REPLACEMENT, unprintable
from assessments.examiner import signature
from assessments.models import Assessment, FinalProposal, Invitation, Status
from assessments.models.assessment import is_student
from assessments.progress.detail import by_whom
from assessments.progress.listing import describe_open
from assessments.results import Outcome, outcome
from assessments.rubric import PartSheet, Rubric, read_rubric, read_rubrics
from exams.criteria_cache import set_versions
from exams.grading.scores import Score, UnitResult
from exams.models import Part, WorkProcess

NOBODY_INVITED = (
    "Alles is afgerond, maar de uitnodigingen zijn ingetrokken. Nodigt de docent weer een examinator uit, dan is de "
    "beoordeling weer ‘Beoordeeld’."
)


@dataclass(frozen=True)
class ResultRow:
    """The result of a core task, which has a `weight`, or a work process."""

    title: str
    ovg: Score
    grade: Decimal
    weight: Decimal | None = None


@dataclass(frozen=True)
class FoldedPart:
    """A part of the page: `counts` has (letter, number) of its scores; `is_notable` unless all is simply V."""

    sheet: PartSheet
    counts: list[tuple[str, int]]
    disputed: int
    is_notable: bool

    @classmethod
    def of(cls, sheet: PartSheet, disputed: frozenset[int]) -> FoldedPart:
        letters = Counter(sheet.effective_letter(criterion.pk) for criterion in sheet.criteria)
        is_changed = sheet.is_corrected or any(column.correction for column in sheet.columns)
        return cls(
            sheet,
            counts=[(letter, letters[letter]) for letter in "OVG" if letters[letter]],
            disputed=sum(criterion.pk in disputed for criterion in sheet.criteria),
            is_notable=set(letters) != {"V"} or is_changed or bool(sheet.removed or sheet.lapsed),
        )


@dataclass
class Reading:
    """`outcome.unit` is None until everything is completed and nothing is in dispute."""

    rubric: Rubric
    outcome: Outcome
    missing: list[str] = field(default_factory=list)
    signed: dict[int, Invitation] = field(default_factory=dict)

    @property
    def examiners(self) -> list[dict[str, Any]]:
        """As the PDF names them: as signed once completed, else as in the address book."""
        busy = {column.assignment.contact_id for column in self.rubric.columns if not column.assignment.completed_at}
        return [
            signature.as_json(None if contact.pk in busy else self.signed.get(contact.pk), contact=contact)
            for contact in self.rubric.examiners
        ]

    @property
    def processes(self) -> list[tuple[WorkProcess, list[FoldedPart]]]:
        return [
            (process.work_process, [FoldedPart.of(sheet, self.outcome.disputed) for sheet in process.parts])
            for core_task in self.rubric.core_tasks
            for process in core_task.work_processes
        ]

    @property
    def disputes(self) -> list[tuple[Part, int]]:
        """The parts in dispute, with the number of criteria."""
        counted = [
            (sheet.part, sum(c.pk in self.outcome.disputed for c in sheet.criteria)) for sheet in self.rubric.parts
        ]
        return [(part, count) for part, count in counted if count]

    @property
    def can_finalise(self) -> bool:
        is_assessed = self.rubric.assessment.status == Status.ASSESSED
        return is_assessed and self.outcome.unit is not None and not corrections.unjustified(self.rubric)

    @property
    def rows(self) -> list[ResultRow]:
        return _rows(self.rubric, self.outcome.unit) if self.outcome.unit else []


@dataclass(frozen=True)
class Summary:
    """What a row of a list shows of an assessment that waits for the committee; `unit` is its result, if any."""

    unit: UnitResult | None
    is_disputed: bool
    is_justified: bool
    is_corrected: bool

    @property
    def can_finalise(self) -> bool:
        return self.unit is not None and self.is_justified


def read_summaries(assessments: Sequence[Assessment]) -> dict[int, Summary]:
    """Return the summaries by assessment id, in a number of queries that does not depend on how many there are."""
    if not assessments:
        return {}
    set_versions(assessment.unit for assessment in assessments)
    return {pk: _summarise(rubric) for pk, rubric in read_rubrics(assessments).items()}


def _summarise(rubric: Rubric) -> Summary:
    result = outcome(rubric)
    return Summary(
        unit=result.unit,
        is_disputed=bool(result.disputed),
        is_justified=not corrections.unjustified(rubric),
        is_corrected=any(part.is_corrected for part in rubric.parts) or any(c.correction for c in rubric.columns),
    )


def tick_value(assessment: Assessment, proposal: FinalProposal | None) -> str:
    """Return the value of the checkbox that selects an assessment for a batch, as `batch_views` reads it.

    `proposal` is the valid one of another member where the school has four eyes.
    """
    step = "voordragen" if assessment.committee.four_eyes and proposal is None else "afronden"
    return f"{assessment.public_id}:{assessment.version}:{step}" + (f":{proposal.pk}" if proposal else "")


def read(assessment: Assessment) -> Reading:
    """Read the whole assessment, without the drafts of examiners who have not completed."""
    rubric = read_rubric(assessment, hide_drafts=True, with_removed=True)
    return Reading(
        rubric=rubric,
        outcome=outcome(rubric),
        missing=_missing(rubric),
        signed=signature.read(assessment),
    )


def _waiting(rubric: Rubric) -> Iterator[str]:
    """Yield a sentence for each examiner who has not completed."""
    for contact in rubric.examiners:
        own = [column for column in rubric.columns if column.assignment.contact_id == contact.pk]
        if not all(column.assignment.completed_at for column in own):
            open_parts = sum(column.is_open and len(column.stored_scores) < len(column.criteria) for column in own)
            yield f"Wacht op {contact.full_name}: {describe_open(open_parts=open_parts, parts=len(own))}."


def _missing(rubric: Rubric) -> list[str]:
    """Return what keeps the assessment from being complete, a line for each examiner and each part without one."""
    waiting = list(_waiting(rubric))
    without = [f"{part.part.work_process.code}, {part.part}" for part in rubric.parts if not part.columns]
    uninvited = rubric.is_completed and rubric.assessment.status == Status.NEW
    return [
        *waiting,
        *([NOBODY_INVITED] if uninvited else []),
        *(f"{part}: nog geen examinator gekozen." for part in without),
        *(
            f"{part.part.work_process.code}, {part.part}: de onderbouwing is verplicht bij een O of een G. "
            "Vul die in bij ‘Bewerken’, of stuur de beoordeling terug."
            for part in (corrections.unjustified(rubric) if not waiting else [])
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


FEW_WORDS = 3


def warnings(reading: Reading, *, by: User) -> Iterator[str]:
    """Yield a sentence for each warning before `by` makes the result final.

    Removed work, a student who left, people with more than one role, justifications that are too short, and characters
    that the PDF can't show.
    """
    yield from removed_work(reading.rubric)
    yield from _people(reading.rubric, by)
    yield from _short_texts(reading.rubric)
    for place, text in _printed(reading, by):
        if characters := unprintable(text):
            listed = ", ".join(f"‘{char}’ (U+{ord(char):04X})" for char in characters)
            yield f"De pdf kan {listed} niet tonen en zet daar ‘{REPLACEMENT}’; zie {place}."


def _people(rubric: Rubric, by: User) -> Iterator[str]:
    """Yield the warnings about the student, and about people with more than one role."""
    assessment, examiners = rubric.assessment, rubric.examiners
    if assessment.student_left:
        yield "De student is uitgeschreven en krijgt geen mail over het resultaat."
    if assessment.initiator == assessment.student.user:
        yield f"De initiator is de student zelf: {assessment.initiator.full_name}."
    for contact in examiners:
        if is_student(assessment, contact):
            yield f"Een examinator is de student zelf: {contact.full_name}."
        if _is(contact, assessment.initiator):
            yield f"De initiator, {assessment.initiator.full_name}, heeft zelf ook beoordeeld."
        if _is(contact, by):
            yield "U hebt zelf ook beoordeeld."
    if assessment.initiator == by:
        yield "U hebt deze beoordeling zelf gestart."


def _short_texts(rubric: Rubric) -> Iterator[str]:
    """Yield a warning for each required justification of at most `FEW_WORDS`."""
    for part in rubric.parts:
        required = {
            column.assignment.pk for columns in corrections.justifying_columns(part).values() for column in columns
        }
        for column in part.columns:
            words = len(column.effective_justification.split())
            if column.assignment.pk in required and 0 < words <= FEW_WORDS:
                name = column.assignment.contact.full_name
                yield f"{column.title}: de onderbouwing van {name} telt {words} woord{'en' if words > 1 else ''}."


def _printed(reading: Reading, by: User) -> Iterator[tuple[str, str]]:
    """Yield (description of the place, text) of everything in the PDF that people typed."""
    rubric, assessment = reading.rubric, reading.rubric.assessment
    yield "de naam van de student", assessment.student.user.full_name
    yield "de naam van de initiator", assessment.initiator.full_name
    yield "uw eigen naam", by.full_name
    yield "de naam van de school", assessment.school.name
    yield "de plaats van de afname", assessment.place
    for examiner in reading.examiners:
        yield f"de gegevens van {examiner['name']}", "\n".join(filter(None, examiner.values()))
    contents = [f"{assessment.exam.title}\n{assessment.unit}"]
    for core_task in rubric.core_tasks:
        contents += [str(core_task.core_task), *(str(process.work_process) for process in core_task.work_processes)]
    yield "de inhoud van het examen", "\n".join([*contents, *(c.text for part in rubric.parts for c in part.criteria)])
    for column in rubric.columns:
        place = f"{column.title}: de onderbouwing van {column.assignment.contact.full_name}"
        yield place, column.effective_justification
        if column.correction:
            yield f"de reden bij {place}", column.correction.reason
    for part in rubric.parts:
        for decision in part.decisions.values():
            yield f"{part.part.work_process.code} {part.part}: de reden van een beslissing", decision.reason


def removed_work(rubric: Rubric) -> Iterator[str]:
    """Yield a sentence for each examiner who was removed with work done, and for the committee's lapsed corrections.

    The rubric was read `with_removed`.
    """
    yield from map(_describe, read_removed_work(rubric))
    lapsed = [correction for part in rubric.parts for correction in part.lapsed]
    decisions = sum(bool(correction.criterion_id) for correction in lapsed)
    for count, one, more in (
        (decisions, "beslissing", "beslissingen"),
        (len(lapsed) - decisions, "aangepaste onderbouwing", "aangepaste onderbouwingen"),
    ):
        if count:
            which, verb = (one, "is") if count == 1 else (more, "zijn")
            yield (
                f"{count} {which} van de examencommissie {verb} vervallen, doordat sindsdien is veranderd wat de "
                "examinatoren gaven; zie de bewerkhistorie."
            )


def _describe(work: RemovedWork) -> str:
    """'Tineke Tweede heeft ook beoordeeld (2 keer O, 6 keer V; afgerond), maar is op … weggehaald door …'."""
    counts = Counter(score for column in work.columns for score in column.scores.values())
    scores = ", ".join(f"{counts[score]} keer {score}" for score in "OVG" if counts[score])
    done = "afgerond" if all(column.assignment.completed_at for column in work.columns) else "niet afgerond"
    by = ""
    if work.event:
        at = date_format(timezone.localtime(work.event.at), "DATETIME_FORMAT")
        by = f"op {at} weggehaald {by_whom(work.event)}".rstrip()
    return (
        f"{work.contact.full_name} heeft ook beoordeeld ({scores or 'alleen een onderbouwing'}; {done}), "
        f"maar is {by or 'weggehaald'}. Dit telt niet mee."
    )


def _is(contact: Contact, user: User) -> bool:
    return contact.user_id == user.pk or contact.email.lower() == user.email.lower()
