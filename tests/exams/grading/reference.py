"""A simple second implementation of grading, in fractions, to compare results with."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import Any

from exams.grading.scores import Score, UnitNode

POINTS = {"O": 0, "V": 1, "G": 2}


def unit_as_json(unit: UnitNode, data: Mapping[str, Any], scores: Mapping[Hashable, Score]) -> dict[str, Any]:
    """Return the expected `UnitResult.as_json`, with grades as fractions."""
    core_tasks = []
    numbers = data["units"][unit.code]
    for task in unit.core_tasks:
        task_numbers = numbers["core_tasks"][task.code]
        processes = []
        for process in task.work_processes:
            process_numbers = task_numbers["work_processes"][process.code]
            parts = []
            for part in process.parts:
                letters = [scores[criterion].value for criterion in part.criteria]
                level = level_as_json(letters, process_numbers["parts"][part.key])
                parts.append({"key": part.key, **level})
            letters = [scores[c].value for part in process.parts for c in part.criteria]
            level = level_as_json(letters, process_numbers)
            processes.append({"code": process.code, **level, "parts": parts})
        letters = [scores[c].value for process in task.work_processes for part in process.parts for c in part.criteria]
        level = level_as_json(letters, task_numbers)
        core_tasks.append(
            {"code": task.code, **level, "weight": Fraction(task_numbers["weight"]), "work_processes": processes}
        )
    letters = [
        scores[c].value
        for task in unit.core_tasks
        for process in task.work_processes
        for part in process.parts
        for c in part.criteria
    ]
    total = sum(task["grade"] * task["weight"] for task in core_tasks)
    mean = clamp(total / sum(task["weight"] for task in core_tasks), letters)
    rounded = Fraction(math.floor(mean * 10 + Fraction(1, 2)), 10)
    return {"code": unit.code, **level_as_json(letters, numbers), "grade": rounded, "core_tasks": core_tasks}


def level_as_json(letters: list[str], numbers: Mapping[str, Any]) -> dict[str, Any]:
    points = sum(POINTS[score] for score in letters)
    if "O" in letters:
        ovg = "O"
    elif points >= numbers["good_from"]:
        ovg = "G"
    else:
        ovg = "V"
    level: dict[str, Any] = {"ovg": ovg, "points": points, "max_points": 2 * len(letters)}
    if "table" in numbers:
        level["grade"] = clamp(Fraction(numbers["table"][points]), letters)
    return level


def clamp(grade: Fraction, letters: list[str]) -> Fraction:
    if "O" in letters:
        return min(grade, Fraction("5.4"))
    return max(grade, Fraction("5.5"))
