"""From the database to grading nodes: the shape of exam units, without their texts."""

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


def nodes_of(units: QuerySet[Any]) -> tuple[scores.UnitNode, ...]:
    """The nodes of these exam units, in order, in one query; a criterion's key is its primary key.

    What has nothing below it is in it, too, so that a scheme can say so.
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
    """(first column, the rows without it) for each run of equal values; an outer join's None is nothing."""
    for value, run in groupby(rows, key=lambda row: row[0]):
        if value is not None:
            yield value, [row[1:] for row in run]
