"""Hypothesis strategies: exams, grading data that fit them, and scores."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import count
from typing import Any

from hypothesis import strategies as st

from exams.grading.scores import CoreTaskNode, PartNode, Scheme, Score, UnitNode, WorkProcessNode, load_scheme

Scores = dict[Hashable, Score]


@st.composite
def exams(draw: st.DrawFn) -> tuple[UnitNode, ...]:
    """Draw one to three small units; criteria are numbered."""
    keys = count(1)

    def part(kind: str) -> PartNode:
        return PartNode(kind, tuple(next(keys) for _ in range(draw(st.integers(1, 4)))))

    def work_process(code: str) -> WorkProcessNode:
        kinds = draw(st.sampled_from([["BEHAVIOUR"], ["PRODUCT"], ["BEHAVIOUR", "PRODUCT"]]))
        return WorkProcessNode(code, tuple(part(kind) for kind in kinds))

    def core_task(code: str) -> CoreTaskNode:
        codes = [f"{code}-W{n}" for n in range(1, draw(st.integers(1, 3)) + 1)]
        return CoreTaskNode(code, tuple(map(work_process, codes)))

    def unit(number: int) -> UnitNode:
        codes = [f"B{number}-K{n}" for n in range(1, draw(st.integers(1, 3)) + 1)]
        return UnitNode(f"B{number}", tuple(map(core_task, codes)))

    return tuple(unit(number) for number in range(1, draw(st.integers(1, 3)) + 1))


@st.composite
def data_for(draw: st.DrawFn, units: tuple[UnitNode, ...]) -> dict[str, Any]:
    """Draw valid `points-table` data for `units`."""

    def good_from(criteria: int) -> int:
        return draw(st.integers(criteria + 1, 2 * criteria))

    def table(criteria: int) -> list[str]:
        cents = sorted(draw(st.lists(st.integers(100, 1000), min_size=2 * criteria - 1, max_size=2 * criteria - 1)))
        return [f"{cent // 100}.{cent % 100:02}" for cent in [100, *cents, 1000]]

    def weight() -> str:
        return draw(st.sampled_from(["1", "2", "3", "0.5", "1.25", "0.33", "7"]))

    def work_process(node: WorkProcessNode) -> dict[str, Any]:
        parts = {str(part.key): {"good_from": good_from(len(part.criteria))} for part in node.parts}
        return {"good_from": good_from(len(node.criteria)), "table": table(len(node.criteria)), "parts": parts}

    def core_task(node: CoreTaskNode) -> dict[str, Any]:
        return {
            "good_from": good_from(len(node.criteria)),
            "weight": weight(),
            "table": table(len(node.criteria)),
            "work_processes": {process.code: work_process(process) for process in node.work_processes},
        }

    def unit(node: UnitNode) -> dict[str, Any]:
        core_tasks = {task.code: core_task(task) for task in node.core_tasks}
        return {"good_from": good_from(len(node.criteria)), "core_tasks": core_tasks}

    total = sum(len(node.criteria) for node in units)
    return {"good_from": good_from(total), "units": {node.code: unit(node) for node in units}}


@st.composite
def graded(draw: st.DrawFn) -> tuple[tuple[UnitNode, ...], dict[str, Any], Scheme, Scores]:
    """Draw an exam, data that fit it, their scheme, and a score per criterion, often without an O."""
    units = draw(exams())
    data = draw(data_for(units))
    scheme = load_scheme(rule="points-table", data=data, units=units)
    score = draw(st.sampled_from([st.sampled_from(Score), st.sampled_from([Score.V, Score.G])]))
    scores: Scores = {criterion: draw(score) for unit in units for criterion in unit.criteria}
    return units, data, scheme, scores
