"""Grading data for tests: linear tables, as many schools use."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from exams.grading.scores import CoreTaskNode, PartNode, UnitNode, WorkProcessNode


def linear_data(units: Sequence[UnitNode]) -> dict[str, Any]:
    """Return `points-table` data for `units`: all O is 1.0, all V 5.5, all G 10.0; G from more than half G's."""
    return {
        "good_from": _good_from(sum(len(unit.criteria) for unit in units)),
        "units": {unit.code: _unit(unit) for unit in units},
    }


def linear_table(count: int) -> list[str]:
    """Return the grades by points: 9 × points / maximum + 1."""
    grades = [9 * Decimal(points) / (2 * count) + 1 for points in range(2 * count + 1)]
    return [str(grade.quantize(Decimal("0.1"), ROUND_HALF_UP)) for grade in grades]


def _good_from(count: int) -> int:
    return count + count // 2 + 1


def _unit(unit: UnitNode) -> dict[str, Any]:
    return {
        "good_from": _good_from(len(unit.criteria)),
        "core_tasks": {task.code: _core_task(task) for task in unit.core_tasks},
    }


def _core_task(task: CoreTaskNode) -> dict[str, Any]:
    return {
        "good_from": _good_from(len(task.criteria)),
        "weight": "1",
        "table": linear_table(len(task.criteria)),
        "work_processes": {process.code: _work_process(process) for process in task.work_processes},
    }


def _work_process(process: WorkProcessNode) -> dict[str, Any]:
    return {
        "good_from": _good_from(len(process.criteria)),
        "table": linear_table(len(process.criteria)),
        "parts": {str(part.key): _part(part) for part in process.parts},
    }


def _part(part: PartNode) -> dict[str, Any]:
    return {"good_from": _good_from(len(part.criteria))}
