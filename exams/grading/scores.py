"""From scores to results, without a database (DESIGN.md, 'Grading').

A *node* is a level of what is graded: unit → core tasks → work processes → parts → criteria. A
*scheme* is a named rule with its data for all units of one exam version. To add a rule, write a module
like `points_table` and add it to `RULES`.

Grades and weights are `Decimal`, never floats.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from typing import Any

# The module of each rule; its `load(data=…, units=…)` returns a `Scheme`.
RULES = {"points-table": "exams.grading.points_table"}


DataPath = tuple[str | int, ...]


class Score(StrEnum):
    """The score of a criterion, and the outcome of every level above it."""

    O = "O"
    V = "V"
    G = "G"

    @property
    def label(self) -> str:
        return {"O": "Onvoldoende", "V": "Voldoende", "G": "Goed"}[self.value]

    @property
    def points(self) -> int:
        return {"O": 0, "V": 1, "G": 2}[self.value]


# --- Input -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class PartNode:
    """Onderdeel of a work process. `key` and the criteria's keys are strings or whole numbers."""

    key: Hashable
    criteria: tuple[Hashable, ...]


@dataclass(frozen=True)
class WorkProcessNode:
    """Werkproces."""

    code: str
    parts: tuple[PartNode, ...]

    @property
    def criteria(self) -> tuple[Hashable, ...]:
        return tuple(criterion for part in self.parts for criterion in part.criteria)


@dataclass(frozen=True)
class CoreTaskNode:
    """Kerntaak."""

    code: str
    work_processes: tuple[WorkProcessNode, ...]

    @property
    def criteria(self) -> tuple[Hashable, ...]:
        return tuple(criterion for process in self.work_processes for criterion in process.criteria)


@dataclass(frozen=True)
class UnitNode:
    """Exameneenheid."""

    code: str
    core_tasks: tuple[CoreTaskNode, ...]

    @property
    def criteria(self) -> tuple[Hashable, ...]:
        return tuple(criterion for task in self.core_tasks for criterion in task.criteria)


# --- Results ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class PartResult:
    key: Hashable
    ovg: Score
    points: int
    max_points: int

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "ovg": self.ovg.value, "points": self.points, "max_points": self.max_points}


@dataclass(frozen=True)
class WorkProcessResult:
    """`grade` is the table's: at most two decimals, not rounded."""

    code: str
    ovg: Score
    points: int
    max_points: int
    grade: Decimal
    parts: tuple[PartResult, ...]

    def as_json(self) -> dict[str, Any]:
        return {**_level_as_json(self), "parts": [part.as_json() for part in self.parts]}


@dataclass(frozen=True)
class CoreTaskResult:
    """`grade` is the table's, not rounded; it counts `weight` times in the unit's grade."""

    code: str
    ovg: Score
    points: int
    max_points: int
    grade: Decimal
    work_processes: tuple[WorkProcessResult, ...]
    weight: Decimal

    def as_json(self) -> dict[str, Any]:
        processes = [process.as_json() for process in self.work_processes]
        return {**_level_as_json(self), "weight": str(self.weight), "work_processes": processes}


@dataclass(frozen=True)
class UnitResult:
    """`grade` is 1.0 to 10.0, with one decimal."""

    code: str
    ovg: Score
    points: int
    max_points: int
    grade: Decimal
    core_tasks: tuple[CoreTaskResult, ...]

    @property
    def is_weighted(self) -> bool:
        """Whether the core tasks have different weights."""
        return len({task.weight for task in self.core_tasks}) > 1

    def as_json(self) -> dict[str, Any]:
        """Return JSON data, with grades and weights as strings ('7.5')."""
        return {**_level_as_json(self), "core_tasks": [task.as_json() for task in self.core_tasks]}


def _level_as_json(result: WorkProcessResult | CoreTaskResult | UnitResult) -> dict[str, Any]:
    return {
        "code": result.code,
        "ovg": result.ovg.value,
        "points": result.points,
        "max_points": result.max_points,
        "grade": str(result.grade),
    }


@dataclass(frozen=True)
class PartialResult:
    """The results of the levels of a unit of which every criterion has a score.

    Keys are the codes from the core task down; a part's ends with its `key`.
    """

    unit: UnitResult | None
    work_processes: Mapping[tuple[str, str], WorkProcessResult]
    parts: Mapping[tuple[str, str, Hashable], PartResult]


# --- Schemes -------------------------------------------------------------------------------------
class NotAllScored(Exception):
    """A result was requested while `missing` criteria (or units, by code) have none."""

    def __init__(self, missing: Iterable[Hashable]) -> None:
        self.missing = tuple(missing)
        super().__init__(f"Nog niet beoordeeld: {', '.join(map(str, self.missing))}.")


@dataclass(frozen=True)
class Problem:
    """A problem in a scheme's data: `place` in the exam, and what to correct (Dutch).

    `path` is the place in the data: ("units", "B1", "core_tasks", "B1-K1", "table", 3).
    """

    path: DataPath
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class SchemeError(ValueError):
    """The data don't fit the rule or the exam; `problems` has all of them, in exam order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Scheme(ABC):
    """A rule with its data for all units of an exam version; immutable, so it may be cached."""

    @abstractmethod
    def grade_unit(self, unit_code: str, scores: Mapping[Hashable, Score]) -> UnitResult:
        """Return the result of one unit from scores by criterion; scores of other units are ignored.

        Raise `NotAllScored` if a criterion has no score, `KeyError` for an unknown unit.
        """

    @abstractmethod
    def grade_scored(self, unit_code: str, scores: Mapping[Hashable, Score]) -> PartialResult:
        """Return the results of the levels of one unit that are completely scored; raise `KeyError` as `grade_unit`."""

    @abstractmethod
    def grade_exam(self, results: Iterable[UnitResult]) -> Score:
        """Return the outcome of the whole exam; raise `NotAllScored` if a unit has no result yet."""


def load_scheme(*, rule: str, data: Mapping[str, Any], units: Sequence[UnitNode]) -> Scheme:
    """Return the scheme of `rule` with `data` for `units`; raise `SchemeError` with all problems."""
    if rule not in RULES:
        known = ", ".join(RULES)
        raise SchemeError([Problem(("rule",), "Examen", f"de regel {rule!r} bestaat niet; kies uit: {known}.")])
    scheme: Scheme = import_module(RULES[rule]).load(data=data, units=units)
    return scheme
