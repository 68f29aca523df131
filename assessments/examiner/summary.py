"""The result of one examiner's own scores, independent of the other examiners."""

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
class ExaminerResult:
    """`unit` is None when the result also depends on other examiners."""

    unit: grading_scores.UnitResult | None
    work_processes: list[OwnWorkProcess]


def examiner_result(rubric: Rubric, *, contact: Contact) -> ExaminerResult:
    """Grade a complete rubric of `contact`'s own parts."""
    assessment = rubric.assessment
    scores: dict[Hashable, grading_scores.Score] = {
        criterion: grading_scores.Score(value)
        for column in rubric.columns
        for criterion, value in column.scores.items()
    }
    partial = assessment.unit.exam_version.scheme().grade_scored(assessment.unit_code, scores)
    is_alone = not assessment.live_assignments.exclude(contact=contact).exists()
    return ExaminerResult(
        unit=partial.unit if is_alone else None, work_processes=list(_work_processes(rubric, partial))
    )


def _work_processes(rubric: Rubric, found: grading_scores.PartialResult) -> Iterator[OwnWorkProcess]:
    for core_task in rubric.core_tasks:
        for sheet in core_task.work_processes:
            codes = (core_task.core_task.code, sheet.work_process.code)
            parts = [(part.part, found.parts[*codes, part.part.kind]) for part in sheet.parts]
            yield OwnWorkProcess(sheet.work_process, found.work_processes.get(codes), parts)


def render_copy(*, invitation: Invitation, rubric: Rubric) -> bytes:
    """Return the PDF of `rubric`, which holds the examiner's own parts, in the active language.

    It shows nothing of other examiners, the committee or the result. Every page is marked as a concept, or, once a
    final document exists, as not being that one.
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
    return write_pdf(render_to_string("assessments/pdf/examiner_copy.html", context))


def filename(invitation: Invitation) -> str:
    """Return 'kopie-beoordeling-123456-25656-b1-k1.pdf': number, exam and unit; no name."""
    assessment = invitation.assessment
    reference = f"{assessment.student.student_number}-{assessment.exam.code}-{assessment.unit_code}"
    return f"kopie-beoordeling-{slugify(reference)}.pdf"
