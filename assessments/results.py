"""The result of an assessment: effective scores, what is in dispute, and the outcome that follows."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from exams import grading

from .models import Assessment
from .rubric import Column, CoreTaskSheet, PartSheet, Rubric


@dataclass(frozen=True)
class Outcome:
    """What the rubric comes to: `unit` is None while a criterion is open or in dispute."""

    unit: grading.UnitResult | None
    open_count: int
    disputed: frozenset[int]

    @property
    def dispute_count(self) -> int:
        return len(self.disputed)


def outcome(rubric: Rubric) -> Outcome:
    """Grades a whole rubric by the rules of the version it is pinned to.

    Two examiners who gave a criterion different scores leave it in dispute (its id is in
    `disputed`), and then there is no result.
    """
    scores: dict[Hashable, grading.Score] = {}
    open_count, disputed = 0, set()
    for part in rubric.parts:
        for criterion, values in part.rows:
            given = [grading.Score(value) for value in values if value]
            effective = grading.effective_score(given=given if len(given) == len(values) else [])
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


def snapshot(*, assessment: Assessment, rubric: Rubric, unit: grading.UnitResult) -> dict[str, Any]:
    """Everything the PDF says about the result, as plain JSON; nothing in it changes afterwards."""
    student, exam = assessment.student, assessment.exam
    return {
        "format": 1,
        "school": assessment.school.name,
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
        "initiator": assessment.initiator.full_name,
        "result": unit.as_json(),
        "core_tasks": [_core_task_json(core_task) for core_task in rubric.core_tasks],
    }


def _core_task_json(sheet: CoreTaskSheet) -> dict[str, Any]:
    return {
        "code": sheet.core_task.code,
        "title": sheet.core_task.title,
        "work_processes": [
            {
                "code": work_process.work_process.code,
                "title": work_process.work_process.title,
                "parts": [_part_json(part) for part in work_process.parts],
            }
            for work_process in sheet.work_processes
        ],
    }


def _part_json(part: PartSheet) -> dict[str, Any]:
    return {
        "kind": part.part.kind,
        "title": part.part.get_kind_display(),
        # No dispute is left when a result is made final, so all columns agree on each criterion.
        "criteria": [{"text": criterion.text, "score": values[0]} for criterion, values in part.rows],
        "examiners": [_column_json(column) for column in part.columns],
    }


def _column_json(column: Column) -> dict[str, Any]:
    contact, completed_at = column.assignment.contact, column.assignment.completed_at
    return {
        "name": contact.full_name,
        "function": contact.function,
        "organisation": contact.organisation,
        "completed_at": completed_at.isoformat() if completed_at else None,
        "justification": column.assignment.justification,
    }
