"""Grading once more, slow and plain, in fractions: what the product's results are compared with."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import Any

from exams.grading.scores import Score, UnitNode

POINTS = {"O": 0, "V": 1, "G": 2}


def unit_as_json(unit: UnitNode, data: Mapping[str, Any], scores: Mapping[Hashable, Score]) -> dict[str, Any]:
    """What `UnitResult.as_json` should say, with each grade as a fraction."""
    core_tasks = []
    numbers = data["units"][unit.code]
    for task in unit.core_tasks:
        task_numbers = numbers["core_tasks"][task.code]
        processes = []
        for process in task.work_processes:
            process_numbers = task_numbers["work_processes"][process.code]
            parts = []
            for part in process.parts:
                given = [scores[criterion].value for criterion in part.criteria]
                level = level_as_json(given, process_numbers["parts"][part.key])
                parts.append({"key": part.key, **level})
            given = [scores[c].value for part in process.parts for c in part.criteria]
            level = level_as_json(given, process_numbers)
            processes.append({"code": process.code, **level, "parts": parts})
        given = [scores[c].value for process in task.work_processes for part in process.parts for c in part.criteria]
        level = level_as_json(given, task_numbers)
        core_tasks.append(
            {"code": task.code, **level, "weight": Fraction(task_numbers["weight"]), "work_processes": processes}
        )
    given = [
        scores[c].value
        for task in unit.core_tasks
        for process in task.work_processes
        for part in process.parts
        for c in part.criteria
    ]
    total = sum(task["grade"] * task["weight"] for task in core_tasks)
    mean = clamp(total / sum(task["weight"] for task in core_tasks), given)
    rounded = Fraction(math.floor(mean * 10 + Fraction(1, 2)), 10)
    return {"code": unit.code, **level_as_json(given, numbers), "grade": rounded, "core_tasks": core_tasks}


def level_as_json(given: list[str], numbers: Mapping[str, Any]) -> dict[str, Any]:
    points = sum(POINTS[score] for score in given)
    if "O" in given:
        ovg = "O"
    elif points >= numbers["good_from"]:
        ovg = "G"
    else:
        ovg = "V"
    level: dict[str, Any] = {"ovg": ovg, "points": points, "max_points": 2 * len(given)}
    if "table" in numbers:
        level["grade"] = clamp(Fraction(numbers["table"][points]), given)
    return level


def clamp(grade: Fraction, given: list[str]) -> Fraction:
    if "O" in given:
        return min(grade, Fraction("5.4"))
    return max(grade, Fraction("5.5"))
