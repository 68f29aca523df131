"""From scores to results: pure functions, no database (DESIGN.md, 'Grading').

A *node* is the shape of what is graded: unit → core tasks → work processes → parts → criteria. A
*scheme* is a named rule with its data for all units of one exam version. `points_table` is the rule
that ships; another is one module with a `Scheme` in it and one line in `RULES`.

All numbers are `Decimal`, never floats.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from typing import Any

# The names of the rules, and the module whose `load` makes a scheme of each.
RULES = {"points-table": "exams.grading.points_table"}


class Score(StrEnum):
    """What an examiner gives a criterion, and what every level above it comes to."""

    O = "O"
    V = "V"
    G = "G"

    @property
    def label(self) -> str:
        return {"O": "Onvoldoende", "V": "Voldoende", "G": "Goed"}[self.value]

    @property
    def points(self) -> int:
        return {"O": 0, "V": 1, "G": 2}[self.value]


# --- What is graded ------------------------------------------------------------------------------
@dataclass(frozen=True)
class PartNode:
    """Onderdeel of a work process. `key` and the criteria's keys are strings or whole numbers."""

    key: Hashable
    criteria: tuple[Hashable, ...]

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "criteria": list(self.criteria)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PartNode:
        return cls(key=data["key"], criteria=tuple(data["criteria"]))


@dataclass(frozen=True)
class WorkProcessNode:
    """Werkproces."""

    code: str
    parts: tuple[PartNode, ...]

    @property
    def criteria(self) -> tuple[Hashable, ...]:
        return tuple(criterion for part in self.parts for criterion in part.criteria)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "parts": [part.as_json() for part in self.parts]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> WorkProcessNode:
        return cls(code=data["code"], parts=tuple(map(PartNode.from_json, data["parts"])))


@dataclass(frozen=True)
class CoreTaskNode:
    """Kerntaak."""

    code: str
    work_processes: tuple[WorkProcessNode, ...]

    @property
    def criteria(self) -> tuple[Hashable, ...]:
        return tuple(criterion for process in self.work_processes for criterion in process.criteria)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "work_processes": [process.as_json() for process in self.work_processes]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CoreTaskNode:
        return cls(code=data["code"], work_processes=tuple(map(WorkProcessNode.from_json, data["work_processes"])))


@dataclass(frozen=True)
class UnitNode:
    """Exameneenheid."""

    code: str
    core_tasks: tuple[CoreTaskNode, ...]

    @property
    def criteria(self) -> tuple[Hashable, ...]:
        return tuple(criterion for task in self.core_tasks for criterion in task.criteria)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "core_tasks": [task.as_json() for task in self.core_tasks]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> UnitNode:
        return cls(code=data["code"], core_tasks=tuple(map(CoreTaskNode.from_json, data["core_tasks"])))


# --- One criterion, several examiners ------------------------------------------------------------
class Basis(StrEnum):
    """Why a criterion has the effective score that it has, or has none."""

    DECISION = "DECISION"  # the committee decided
    AGREED = "AGREED"  # all examiners gave this score
    DISPUTE = "DISPUTE"  # they gave different scores, and nobody decided
    MISSING = "MISSING"  # someone has not scored it yet


@dataclass(frozen=True)
class Effective:
    """The score that counts for a criterion; None when it is missing or in dispute."""

    score: Score | None
    basis: Basis

    @property
    def in_dispute(self) -> bool:
        return self.basis is Basis.DISPUTE

    @property
    def missing(self) -> bool:
        return self.basis is Basis.MISSING


def effective_score(*, given: Sequence[Score | None], decision: Score | None = None) -> Effective:
    """The score that counts: the committee's `decision` if one stands, else what all examiners agree on.

    `given` holds one entry an examiner, None for one who has not scored it yet: as long as someone is
    to score it, it is missing and not in dispute. The order of `given` makes no difference.
    """
    if decision is not None:
        return Effective(decision, Basis.DECISION)
    different = set(given)
    if not different or None in different:
        return Effective(None, Basis.MISSING)
    if len(different) > 1:
        return Effective(None, Basis.DISPUTE)
    return Effective(different.pop(), Basis.AGREED)


# --- What comes out ------------------------------------------------------------------------------
@dataclass(frozen=True)
class PartResult:
    key: Hashable
    ovg: Score
    points: int
    max_points: int

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "ovg": self.ovg.value, "points": self.points, "max_points": self.max_points}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PartResult:
        return cls(data["key"], Score(data["ovg"]), data["points"], data["max_points"])


@dataclass(frozen=True)
class WorkProcessResult:
    """`grade` is as the table has it: at most two decimals, not rounded."""

    code: str
    ovg: Score
    points: int
    max_points: int
    grade: Decimal
    parts: tuple[PartResult, ...]

    def as_json(self) -> dict[str, Any]:
        return {**_level_as_json(self), "parts": [part.as_json() for part in self.parts]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> WorkProcessResult:
        return cls(**_level_from_json(data), parts=tuple(map(PartResult.from_json, data["parts"])))


@dataclass(frozen=True)
class CoreTaskResult:
    """`grade` is as the table has it: at most two decimals, not rounded. It counts `weight` times in the unit's."""

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

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CoreTaskResult:
        processes = tuple(map(WorkProcessResult.from_json, data["work_processes"]))
        return cls(**_level_from_json(data), work_processes=processes, weight=Decimal(data["weight"]))


@dataclass(frozen=True)
class UnitResult:
    """`grade` has one decimal: 1.0 to 10.0."""

    code: str
    ovg: Score
    points: int
    max_points: int
    grade: Decimal
    core_tasks: tuple[CoreTaskResult, ...]

    @property
    def is_weighted(self) -> bool:
        """Whether one core task counts more than another."""
        return len({task.weight for task in self.core_tasks}) > 1

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, grades and weights as strings ('7.5'); `from_json` makes an equal result of it."""
        return {**_level_as_json(self), "core_tasks": [task.as_json() for task in self.core_tasks]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> UnitResult:
        return cls(**_level_from_json(data), core_tasks=tuple(map(CoreTaskResult.from_json, data["core_tasks"])))


def _level_as_json(result: WorkProcessResult | CoreTaskResult | UnitResult) -> dict[str, Any]:
    return {
        "code": result.code,
        "ovg": result.ovg.value,
        "points": result.points,
        "max_points": result.max_points,
        "grade": str(result.grade),
    }


def _level_from_json(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": data["code"],
        "ovg": Score(data["ovg"]),
        "points": data["points"],
        "max_points": data["max_points"],
        "grade": Decimal(data["grade"]),
    }


@dataclass(frozen=True)
class PartialResult:
    """What can be said of a unit that is scored in part: the levels of which every criterion has a score.

    The keys are the codes from the core task down, for a part ending with its `key`.
    """

    unit: UnitResult | None
    work_processes: Mapping[tuple[str, str], WorkProcessResult]
    parts: Mapping[tuple[str, str, Hashable], PartResult]


# --- Schemes -------------------------------------------------------------------------------------
class NotAllScored(Exception):
    """A result was asked for while something has none; `missing` holds the criteria (or unit codes)."""

    def __init__(self, missing: Iterable[Hashable]) -> None:
        self.missing = tuple(missing)
        super().__init__(f"Nog niet beoordeeld: {', '.join(map(str, self.missing))}.")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a scheme's data: where in the exam, what, and how to mend it, in Dutch.

    `path` leads to the same place in the data: ("units", "B1", "core_tasks", "B1-K1", "table", 3).
    """

    path: tuple[str | int, ...]
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class SchemeError(ValueError):
    """The data don't fit the rule or the exam; `problems` holds all that is wrong, in the exam's order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Scheme(ABC):
    """A rule with its data, for all units of an exam version. It never changes, so it may be kept."""

    @abstractmethod
    def grade_unit(self, unit_code: str, scores: Mapping[Hashable, Score]) -> UnitResult:
        """The result of one unit from the scores by criterion; those of other units are passed over.

        Raises `NotAllScored` when a criterion has no score, `KeyError` for an unknown unit.
        """

    @abstractmethod
    def grade_scored(self, unit_code: str, scores: Mapping[Hashable, Score]) -> PartialResult:
        """As `grade_unit`, for the levels that are scored whole, whatever the others lack."""

    @abstractmethod
    def grade_exam(self, results: Iterable[UnitResult]) -> Score:
        """What the exam as a whole comes to. Raises `NotAllScored` when a unit has no result yet."""


def load_scheme(*, rule: str, data: Mapping[str, Any], units: Sequence[UnitNode]) -> Scheme:
    """The scheme that `rule` makes of `data` for these units; raises `SchemeError` with all that is wrong."""
    if rule not in RULES:
        known = ", ".join(RULES)
        raise SchemeError([Problem(("rule",), "Examen", f"de regel {rule!r} bestaat niet; kies uit: {known}.")])
    scheme: Scheme = import_module(RULES[rule]).load(data=data, units=units)
    return scheme
