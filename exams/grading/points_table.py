"""The rule `points-table`: the Consortium's published grading method (DESIGN.md, 'Grading').

O, V and G are 0, 1 and 2 points. One O makes every level above it O. Without an O a level is G from
`good_from` points, else V. The grade of a work process and of a core task is the entry of its table at
its summed points; a unit's grade is the weighted mean of its core tasks' grades, rounded half up once,
at the end. With any O a grade is at most 5.4, without one at least 5.5.

The data, all part of the exam:

    {"good_from": 9, "units": {"B1": {
        "good_from": 9, "core_tasks": {"B1-K1": {
            "good_from": 9, "weight": "1", "table": ["1.0", …, "10.0"], "work_processes": {"B1-K1-W1": {
                "good_from": 9, "table": ["1.0", …, "10.0"], "parts": {"BEHAVIOUR": {"good_from": 5}}}}}}}}}

A part has an O, V or G but no grade: `good_from` without a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from operator import mul
from reprlib import Repr
from typing import Any, TypeVar

from .scores import (
    CoreTaskNode,
    CoreTaskResult,
    DataPath,
    NotAllScored,
    PartialResult,
    PartNode,
    PartResult,
    Problem,
    Scheme,
    SchemeError,
    Score,
    UnitNode,
    UnitResult,
    WorkProcessNode,
    WorkProcessResult,
)

LOWEST, HIGHEST = Decimal("1.0"), Decimal("10.0")
BEST_WITH_AN_O, WORST_WITHOUT = Decimal("5.4"), Decimal("5.5")
# Independent of the thread's context, and precise enough that rounding a weighted mean of grades and
# weights of two decimals never crosses a half.
EXACT = Context(prec=60)
_GRADE = re.compile(r"(10|[1-9])(\.[0-9]{1,2})?", re.ASCII)
WEIGHT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?", re.ASCII)
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 40
_SHORT.maxlevel = 2
GradingNode = UnitNode | CoreTaskNode | WorkProcessNode | PartNode
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Level:
    """One level of the exam with its numbers; `table[points]` is a grade, `children` are in exam order."""

    code: Hashable
    criteria: tuple[Hashable, ...]
    good_from: int
    table: tuple[Decimal, ...]
    weight: Decimal
    children: tuple[Level, ...]

    def is_scored(self, scores: Mapping[Hashable, Score]) -> bool:
        return all(criterion in scores for criterion in self.criteria)

    def points(self, scores: Mapping[Hashable, Score]) -> int:
        return sum(scores[criterion].points for criterion in self.criteria)

    @property
    def max_points(self) -> int:
        return 2 * len(self.criteria)

    def ovg(self, scores: Mapping[Hashable, Score]) -> Score:
        if any(scores[criterion] is Score.O for criterion in self.criteria):
            return Score.O
        return Score.G if self.points(scores) >= self.good_from else Score.V

    def grade(self, scores: Mapping[Hashable, Score]) -> Decimal:
        return clamped(self.table[self.points(scores)], ovg=self.ovg(scores))


def clamped(grade: Decimal, *, ovg: Score) -> Decimal:
    """Return `grade` limited to 5.4 when `ovg` is O, else raised to at least 5.5."""
    return min(grade, BEST_WITH_AN_O) if ovg is Score.O else max(grade, WORST_WITHOUT)


class PointsTable(Scheme):
    def __init__(self, *, good_from: int, units: Sequence[Level]) -> None:
        self._good_from = good_from
        self._units = {unit.code: unit for unit in units}

    def grade_unit(self, unit_code: str, scores: Mapping[Hashable, Score]) -> UnitResult:
        unit = self._units[unit_code]
        missing = [criterion for criterion in unit.criteria if criterion not in scores]
        if missing:
            raise NotAllScored(missing)
        unit_scores = {criterion: Score(scores[criterion]) for criterion in unit.criteria}
        core_tasks = tuple(_core_task_result(task, unit_scores) for task in unit.children)
        ovg = unit.ovg(unit_scores)
        mean = _weighted_mean([task.grade for task in core_tasks], [task.weight for task in core_tasks])
        grade = clamped(mean, ovg=ovg).quantize(Decimal("0.1"), ROUND_HALF_UP, context=EXACT)
        return UnitResult(unit_code, ovg, unit.points(unit_scores), unit.max_points, grade, core_tasks)

    def grade_scored(self, unit_code: str, scores: Mapping[Hashable, Score]) -> PartialResult:
        unit = self._units[unit_code]
        unit_scores = {criterion: Score(scores[criterion]) for criterion in unit.criteria if criterion in scores}
        processes = [(str(task.code), process) for task in unit.children for process in task.children]
        return PartialResult(
            unit=self.grade_unit(unit_code, unit_scores) if unit.is_scored(unit_scores) else None,
            work_processes={
                (task, str(process.code)): _work_process_result(process, unit_scores)
                for task, process in processes
                if process.is_scored(unit_scores)
            },
            parts={
                (task, str(process.code), part.code): _part_result(part, unit_scores)
                for task, process in processes
                for part in process.children
                if part.is_scored(unit_scores)
            },
        )

    def grade_exam(self, results: Iterable[UnitResult]) -> Score:
        by_code: dict[Hashable, UnitResult] = {}
        for result in results:
            if by_code.setdefault(result.code, result) is not result:
                raise ValueError(f"Two results for unit {result.code}: only one counts.")
        missing = [code for code in self._units if code not in by_code]
        if missing:
            raise NotAllScored(missing)
        exam_results = [by_code[code] for code in self._units]
        if any(result.ovg is Score.O for result in exam_results):
            return Score.O
        return Score.G if sum(result.points for result in exam_results) >= self._good_from else Score.V


def _core_task_result(task: Level, scores: Mapping[Hashable, Score]) -> CoreTaskResult:
    processes = tuple(_work_process_result(process, scores) for process in task.children)
    level = task.ovg(scores), task.points(scores), task.max_points, task.grade(scores)
    return CoreTaskResult(str(task.code), *level, processes, task.weight)


def _work_process_result(process: Level, scores: Mapping[Hashable, Score]) -> WorkProcessResult:
    parts = tuple(_part_result(part, scores) for part in process.children)
    return WorkProcessResult(
        str(process.code), process.ovg(scores), process.points(scores), process.max_points, process.grade(scores), parts
    )


def _part_result(part: Level, scores: Mapping[Hashable, Score]) -> PartResult:
    return PartResult(part.code, part.ovg(scores), part.points(scores), part.max_points)


def _weighted_mean(grades: Sequence[Decimal], weights: Sequence[Decimal]) -> Decimal:
    with localcontext(EXACT):
        return sum(map(mul, grades, weights), Decimal(0)) / sum(weights)


# --- Reading and checking the data ---------------------------------------------------------------
@dataclass(frozen=True)
class _Kind:
    """A kind of level: its Dutch name, the data key of its children, and which numbers it has."""

    name: str
    children: str | None
    has_table: bool = False
    has_weight: bool = False

    @property
    def keys(self) -> list[str]:
        keys = {"good_from": True, "weight": self.has_weight, "table": self.has_table, self.children: self.children}
        return [key for key, present in keys.items() if key and present]


_EXAM = _Kind("examen", "units")
_KINDS: dict[type, _Kind] = {
    UnitNode: _Kind("exameneenheid", "core_tasks"),
    CoreTaskNode: _Kind("kerntaak", "work_processes", has_table=True, has_weight=True),
    WorkProcessNode: _Kind("werkproces", "parts", has_table=True),
    PartNode: _Kind("onderdeel", None),
}


def load(*, data: Mapping[str, Any], units: Sequence[UnitNode]) -> PointsTable:
    """Return the scheme of `data` for `units`; raise `SchemeError` with all problems, in exam order."""
    reader = _Reader()
    criteria = tuple(criterion for unit in units for criterion in unit.criteria)
    for criterion in _repeated(criteria):
        reader.problem((), "Examen", f"criterium {criterion} staat er meer dan één keer in; haal de herhaling weg.")
    exam = reader.level(_EXAM, code="", criteria=criteria, nodes=units, data=data, path=(), place="Examen")
    if reader.problems:
        raise SchemeError(reader.problems)
    return PointsTable(good_from=exam.good_from, units=exam.children)


class _Reader:
    """Reads levels from the top down and collects problems; a level with a problem gets placeholder numbers."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, path: DataPath, place: str, text: str) -> None:
        self.problems.append(Problem(path, place, text))

    def level(
        self,
        kind: _Kind,
        *,
        code: Hashable,
        criteria: tuple[Hashable, ...],
        nodes: Sequence[GradingNode],
        data: object,
        path: DataPath,
        place: str,
    ) -> Level:
        if not isinstance(data, Mapping):
            self.problem(path, place, f"hier horen de gegevens {_listed(kind.keys)}, niet {_quoted(data)}.")
            data = {}
        else:
            self._keys(kind, data, path, place)
        count = len(criteria)
        if not count:
            self.problem(path, place, "er zijn geen criteria; voeg er minstens één toe.")
        return Level(
            code=code,
            criteria=criteria,
            good_from=self._good_from(data.get("good_from"), count, (*path, "good_from"), place),
            table=self._table(data.get("table"), count, (*path, "table"), place) if kind.has_table else (),
            weight=self._weight(data.get("weight"), (*path, "weight"), place) if kind.has_weight else Decimal(1),
            children=tuple(self._children(kind, nodes, data, path, place)),
        )

    def _keys(self, kind: _Kind, data: Mapping[str, Any], path: DataPath, place: str) -> None:
        for key in data:
            if key not in kind.keys:
                self.problem((*path, key), place, f"{_quoted(key)} is onbekend; hier horen {_listed(kind.keys)}.")
        for key in kind.keys:
            if data.get(key) is None:
                self.problem(path, place, f"{key!r} ontbreekt; voeg het toe.")

    def _children(
        self, kind: _Kind, nodes: Sequence[GradingNode], data: Mapping[str, Any], path: DataPath, place: str
    ) -> Iterator[Level]:
        if kind.children is None or data.get(kind.children) is None:
            return  # reported by `_keys`
        below, path = data[kind.children], (*path, kind.children)
        if not isinstance(below, Mapping):
            self.problem(path, place, f"{kind.children!r} hoort per code gegevens te hebben, niet {_quoted(below)}.")
            return
        codes = [str(_code(node)) for node in nodes]
        for code in _repeated(codes):
            self.problem((*path, code), place, f"de code {code} komt vaker voor; geef elk een eigen code.")
        for code in below:
            if code not in codes:
                text = f"{kind.children!r} noemt {_quoted(code)}, maar dat is er niet; haal het weg"
                self.problem((*path, code), place, f"{text}.")
        for node, code in zip(nodes, codes, strict=True):
            below_kind = _KINDS[type(node)]
            name = f"{below_kind.name} {code}"
            below_place = f"{name[0].upper()}{name[1:]}" if kind is _EXAM else f"{place}, {name}"
            if code not in below:
                self.problem(path, below_place, f"de gegevens {_listed(below_kind.keys)} ontbreken; voeg ze toe.")
                continue
            yield self.level(
                below_kind,
                code=_code(node),
                criteria=tuple(node.criteria),
                nodes=_nodes(node),
                data=below[code],
                path=(*path, code),
                place=below_place,
            )

    def _good_from(self, value: object, count: int, path: DataPath, place: str) -> int:
        """Return `value` if it makes all V (`count` points) V and all G (twice `count`) G, else a placeholder."""
        if value is None:
            return count + 1  # reported by `_keys`
        if not isinstance(value, int) or isinstance(value, bool):
            self.problem(path, place, f"'good_from' is {_quoted(value)}; dit hoort een geheel getal te zijn.")
        elif count and not count < value <= 2 * count:
            text = f"bij {_criteria(count)} kan dat alleen {_range(count + 1, 2 * count)} zijn"
            why = f"{count} is alles V, {2 * count} is alles G"
            self.problem(path, place, f"'good_from' is {_quoted(value)}, maar {text}: {why}.")
        else:
            return value
        return count + 1

    def _weight(self, value: object, path: DataPath, place: str) -> Decimal:
        if value is None:
            return Decimal(1)
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not WEIGHT.fullmatch(text):
            advice = "schrijf een getal als '1.5': tussen aanhalingstekens, met een punt, hoogstens twee decimalen"
            self.problem(path, place, f"'weight' is {_quoted(value)}; {advice}.")
        elif not Decimal(text):
            self.problem(path, place, "'weight' is 0; een kerntaak telt altijd mee, geef een getal boven 0.")
        else:
            return Decimal(text)
        return Decimal(1)

    def _table(self, value: object, count: int, path: DataPath, place: str) -> tuple[Decimal, ...]:
        """Return the grades by points: 0 to all G, never descending, from `LOWEST` to `HIGHEST`."""
        most = 2 * count
        placeholder = (LOWEST,) * (most + 1)
        if value is None or not count:
            return placeholder  # reported by `_keys` or `level`
        if not isinstance(value, list | tuple):
            self.problem(path, place, f"'table' hoort een lijst cijfers te zijn, niet {_quoted(value)}.")
            return placeholder
        if len(value) != most + 1:
            text = f"'table' heeft {len(value)} cijfers, maar {_criteria(count)} geven 0 tot en met {_points(most)}"
            self.problem(path, place, f"{text}; maak er {most + 1} van.")
            return placeholder
        before = len(self.problems)
        table = tuple(self._grade(grade, points, path, place) for points, grade in enumerate(value))
        if len(self.problems) == before:
            self._ends_and_steps(table, path, place)
        return table

    def _grade(self, value: object, points: int, path: DataPath, place: str) -> Decimal:
        if isinstance(value, str) and _GRADE.fullmatch(value) and Decimal(value) <= HIGHEST:
            grade = Decimal(value)
            return grade if "." in value else grade.quantize(Decimal("0.1"))
        advice = "schrijf een cijfer als '7.5': van 1.0 tot en met 10.0, tussen aanhalingstekens, met een punt"
        self.problem((*path, points), place, f"'table' heeft bij {_points(points)} {_quoted(value)}; {advice}.")
        return LOWEST

    def _ends_and_steps(self, table: Sequence[Decimal], path: DataPath, place: str) -> None:
        most = len(table) - 1
        for points, end, name in ((0, LOWEST, "laagste"), (most, HIGHEST, "hoogste")):
            if table[points] != end:
                text = f"'table' heeft bij {_points(points)} {table[points]}"
                self.problem((*path, points), place, f"{text}; zet daar het {name} cijfer, {end}.")
        for points in range(1, most + 1):
            if table[points] < table[points - 1]:
                text = f"'table' daalt bij {_points(points)} van {table[points - 1]} naar {table[points]}"
                self.problem((*path, points), place, f"{text}; meer punten mogen geen lager cijfer geven.")


def _code(node: GradingNode) -> Hashable:
    return node.key if isinstance(node, PartNode) else node.code


def _nodes(node: GradingNode) -> Sequence[GradingNode]:
    match node:
        case UnitNode():
            return node.core_tasks
        case CoreTaskNode():
            return node.work_processes
        case WorkProcessNode():
            return node.parts
    return ()


def _repeated(keys: Iterable[_Key]) -> list[_Key]:
    return [key for key, times in Counter(keys).items() if times > 1]


def _quoted(value: object) -> str:
    """Return `value` as a message shows it, shortened."""
    return _SHORT.repr(value)


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(map(repr, keys))


def _criteria(count: int) -> str:
    return "1 criterium" if count == 1 else f"{count} criteria"


def _points(points: int) -> str:
    return "1 punt" if points == 1 else f"{points} punten"


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} tot en met {last}"
