"""The outcome of a rubric, and its snapshot for the PDF."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import School
from assessments.examiner import signature
from assessments.sittings import participation
from exams.grading import scores as grading_scores
from exams.models import Criterion

from .models import Assessment, Correction, Invitation
from .rubric import Column, CoreTaskSheet, PartSheet, Rubric

Signed = Mapping[int, Invitation]  # by contact id


@dataclass(frozen=True)
class Outcome:
    """`unit` is None while a criterion is open or in dispute; `disputed` holds criterion ids."""

    unit: grading_scores.UnitResult | None
    open_count: int
    disputed: frozenset[int]

    @property
    def dispute_count(self) -> int:
        return len(self.disputed)


def outcome(rubric: Rubric) -> Outcome:
    """Grade the rubric of a whole unit by the rules of its exam version.

    Different scores of two examiners for one criterion are a dispute unless a decision of the committee is applied.
    """
    scores: dict[Hashable, grading_scores.Score] = {}
    open_count, disputed = 0, set()
    for part in rubric.parts:
        for criterion in part.criteria:
            effective = part.effective(criterion.pk)
            if effective.score is not None:
                scores[criterion.pk] = effective.score
            elif effective.in_dispute:
                disputed.add(criterion.pk)
            else:
                open_count += 1
    unit = None
    if rubric.parts and not open_count and not disputed:
        assessment = rubric.assessment
        unit = assessment.unit.exam_version.scheme().grade_unit(assessment.unit_code, scores)
    return Outcome(unit=unit, open_count=open_count, disputed=frozenset(disputed))


def snapshot(*, assessment: Assessment, rubric: Rubric, unit: grading_scores.UnitResult) -> dict[str, Any]:
    """Return everything that the PDF shows of the result, as JSON that is stored and never changes."""
    student, exam = assessment.student, assessment.exam
    signed = signature.read(assessment)
    return {
        # 2 added "correction" to criteria and examiners, 3 the code to "document", 4 "look", 5 "weight" to the result's
        # core tasks, 6 "participation".
        "format": 6,
        "school": assessment.school.name,
        "look": _look_json(assessment.school),
        "student": {"name": student.user.full_name, "number": student.student_number},
        "exam": {
            "kind": exam.kind,
            "code": exam.code,
            "title": exam.title,
            "cohort": exam.cohort,
            "version": assessment.unit.exam_version.number,
        },
        "unit": {"code": assessment.unit.code, "title": assessment.unit.title},
        "attempt": assessment.attempt,
        "planned_on": assessment.planned_on.isoformat() if assessment.planned_on else None,
        "place": assessment.place,
        "participation": participation.as_json(assessment),
        "initiator": assessment.initiator.full_name,
        "result": unit.as_json(),
        "core_tasks": [_core_task_json(core_task, signed) for core_task in rubric.core_tasks],
    }


def _look_json(school: School) -> dict[str, Any]:
    """Return the branding as it is now: later changes by the school do not alter the document."""
    return {"colour": school.colour, "logo": school.logo.sha256 if school.logo else ""}


def _core_task_json(sheet: CoreTaskSheet, signed: Signed) -> dict[str, Any]:
    return {
        "code": sheet.core_task.code,
        "title": sheet.core_task.title,
        "work_processes": [
            {
                "code": work_process.work_process.code,
                "title": work_process.work_process.title,
                "parts": [_part_json(part, signed) for part in work_process.parts],
            }
            for work_process in sheet.work_processes
        ],
    }


def _part_json(part: PartSheet, signed: Signed) -> dict[str, Any]:
    return {
        "kind": part.part.kind,
        "title": part.part.get_kind_display(),
        "criteria": [_criterion_json(part, criterion, signed) for criterion in part.criteria],
        "examiners": [_column_json(column, signed) for column in part.columns],
    }


def _criterion_json(part: PartSheet, criterion: Criterion, signed: Signed) -> dict[str, Any]:
    data: dict[str, Any] = {"text": criterion.text, "score": part.effective_letter(criterion.pk)}
    if decision := part.decisions.get(criterion.pk):
        scores = [
            {"examiner": _signed_json(column, signed)["name"], "score": column.scores[criterion.pk]}
            for column in part.columns
        ]
        data["correction"] = {**_correction_json(decision), "given": scores}
    return data


def _correction_json(correction: Correction) -> dict[str, Any]:
    return {"by": correction.by_name, "at": timezone.localtime(correction.at).isoformat(), "reason": correction.reason}


def _signed_json(column: Column, signed: Signed) -> dict[str, Any]:
    return signature.as_json(signed.get(column.assignment.contact_id), contact=column.assignment.contact)


def _column_json(column: Column, signed: Signed) -> dict[str, Any]:
    assignment = column.assignment
    data = {
        **_signed_json(column, signed),
        "completed_at": assignment.completed_at.isoformat() if assignment.completed_at else None,
        "justification": column.effective_justification,
    }
    if column.correction:
        data["correction"] = _correction_json(column.correction)
    return data
