"""A version's content as a file would hold it: what is exported, and what a new file is compared with."""

from __future__ import annotations

from typing import Any

from .content import CoreTaskContent, CriterionContent, ExamContent, PartContent, UnitContent, WorkProcessContent
from .models import CoreTask, Criterion, ExamUnit, ExamVersion, Part, WorkProcess


def content_of(version: ExamVersion) -> ExamContent:
    """In six queries at most, whatever its size. Of a draft the title and level that publishing will give the exam."""
    exam = version.exam
    draft = version.published_at is None and version.title != ""
    return ExamContent(
        kind=exam.kind,
        code=exam.code,
        title=version.title if draft else exam.title,
        cohort=exam.cohort,
        level=version.level if draft else exam.level,
        grading_rule=version.grading_rule,
        grading_data=version.grading_data,
        units=tuple(map(_unit, version.units.with_content())),
    )


def _unit(unit: ExamUnit) -> UnitContent:
    return UnitContent(unit.code, unit.title, _all(_core_task, unit.core_tasks))


def _core_task(task: CoreTask) -> CoreTaskContent:
    return CoreTaskContent(task.code, task.title, _all(_work_process, task.work_processes))


def _work_process(process: WorkProcess) -> WorkProcessContent:
    return WorkProcessContent(process.code, process.title, process.description, _all(_part, process.parts))


def _part(part: Part) -> PartContent:
    return PartContent(part.kind, _all(_criterion, part.criteria))


def _criterion(criterion: Criterion) -> CriterionContent:
    return CriterionContent(criterion.text, criterion.meaning_o, criterion.meaning_v, criterion.meaning_g)


def _all(make: Any, below: Any) -> tuple[Any, ...]:
    return tuple(map(make, below.all()))
