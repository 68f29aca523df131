"""Read exam units from the database as grading nodes: their structure without texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from . import scores

_LEVELS = ["core_tasks", "work_processes", "parts", "criteria"]
_PATHS = ["__".join(_LEVELS[:depth]) for depth in range(1, 5)]
_CORE_TASK, _WORK_PROCESS, _PART, _CRITERION = _PATHS
_COLUMNS = ["code", f"{_CORE_TASK}__code", f"{_WORK_PROCESS}__code", f"{_PART}__kind", f"{_CRITERION}__pk"]
_ORDER = ["position", "pk"] + [f"{path}__{field}" for path in _PATHS for field in ("position", "pk")]


def unit_nodes(units: QuerySet[Any]) -> tuple[scores.UnitNode, ...]:
    """Return the nodes of `units` in exam order, read in one query; a criterion's key is its primary key.

    Levels without children are included, so that a scheme reports them.
    """
    rows = list(units.order_by(*_ORDER).values_list(*_COLUMNS))
    return tuple(
        scores.UnitNode(
            unit,
            tuple(
                scores.CoreTaskNode(
                    core_task,
                    tuple(
                        scores.WorkProcessNode(
                            process,
                            tuple(
                                scores.PartNode(kind, tuple(criterion for (criterion,) in criteria if criterion))
                                for kind, criteria in _grouped(parts)
                            ),
                        )
                        for process, parts in _grouped(processes)
                    ),
                )
                for core_task, processes in _grouped(core_tasks)
            ),
        )
        for unit, core_tasks in _grouped(rows)
    )


def _grouped(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, list[tuple[Any, ...]]]]:
    """Yield (first column, rows without it) per run of equal values; skip the None of an outer join."""
    for value, run in groupby(rows, key=lambda row: row[0]):
        if value is not None:
            yield value, [row[1:] for row in run]
