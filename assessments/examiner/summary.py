"""The result that follows from one examiner's own scores: nothing in it comes from anyone else's."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.text import slugify

from addressbook.models import Contact
from assessments.documents.pdf import look_context, write_pdf
from assessments.models import Invitation, Status
from assessments.rubric import Rubric
from exams.grading import scores as grading_scores
from exams.models import Part, WorkProcess


@dataclass(frozen=True)
class OwnWorkProcess:
    """`result` is None when the examiner has only some of its parts."""

    work_process: WorkProcess
    result: grading_scores.WorkProcessResult | None
    parts: list[tuple[Part, grading_scores.PartResult]]


@dataclass(frozen=True)
class OwnResult:
    """`unit` is None when the result also depends on others: they have other parts, or the same ones."""

    unit: grading_scores.UnitResult | None
    work_processes: list[OwnWorkProcess]


def own_result(rubric: Rubric, *, contact: Contact) -> OwnResult:
    """What a rubric of `contact`'s own parts, with every criterion scored, comes to."""
    assessment = rubric.assessment
    scores: dict[Hashable, grading_scores.Score] = {
        criterion: grading_scores.Score(value)
        for column in rubric.columns
        for criterion, value in column.scores.items()
    }
    found = assessment.unit.exam_version.scheme().grade_scored(assessment.unit_code, scores)
    is_alone = not assessment.live_assignments.exclude(contact=contact).exists()
    return OwnResult(unit=found.unit if is_alone else None, work_processes=list(_work_processes(rubric, found)))


def _work_processes(rubric: Rubric, found: grading_scores.PartialResult) -> Iterator[OwnWorkProcess]:
    for core_task in rubric.core_tasks:
        for sheet in core_task.work_processes:
            codes = (core_task.core_task.code, sheet.work_process.code)
            parts = [(part.part, found.parts[*codes, part.part.kind]) for part in sheet.parts]
            yield OwnWorkProcess(sheet.work_process, found.work_processes.get(codes), parts)


def render(*, invitation: Invitation, rubric: Rubric) -> bytes:
    """The PDF of `rubric`, which holds the examiner's own parts, in the language of who asks for it.

    Nothing of another examiner, of the committee or of the result is in it; every page says that it is a
    concept, or, once there is a final document, that it is not that one.
    """
    assessment = invitation.assessment
    school = assessment.school
    context = {
        "invitation": invitation,
        "assessment": assessment,
        "rubric": rubric,
        "is_final": assessment.status == Status.FINAL,
        **look_context(colour=school.colour, logo=school.logo.sha256 if school.logo else ""),
    }
    return write_pdf(render_to_string("assessments/pdf/own_copy.html", context))


def filename(invitation: Invitation) -> str:
    """'kopie-beoordeling-123456-25656-b1-k1.pdf': number, exam and unit; no name."""
    assessment = invitation.assessment
    whose = f"{assessment.student.student_number}-{assessment.exam.code}-{assessment.unit_code}"
    return f"kopie-beoordeling-{slugify(whose)}.pdf"
