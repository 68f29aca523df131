"""The rule `points-table`: the Consortium's published way of grading (DESIGN.md, 'Grading').

O, V and G are 0, 1 and 2 points. One O anywhere makes everything above it O. Without an O a level is G
from `good_from` points on, else V. The grade of a work process and of a core task stands in a table by
its summed points; a unit's grade is the weighted mean of its core tasks', rounded half up once, at the
end. With any O a grade is 5.4 at most, without one 5.5 at least.

The data, every number of it part of the exam:

    {"good_from": 9, "units": {"B1": {
        "good_from": 9, "core_tasks": {"B1-K1": {
            "good_from": 9, "weight": "1", "table": ["1.0", …, "10.0"], "work_processes": {"B1-K1-W1": {
                "good_from": 9, "table": ["1.0", …, "10.0"], "parts": {"BEHAVIOUR": {"good_from": 5}}}}}}}}}

A part has no grade, but it has an O, V or G, so it has its own `good_from` like every other level.
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
# Far more digits than grades of two decimals times weights of two decimals need: a mean is exact
# enough to be on the right side of every half, whatever the thread's own context is.
EXACT = Context(prec=60)
GRADE = re.compile(r"(10|[1-9])(\.[0-9]{1,2})?", re.ASCII)
WEIGHT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?", re.ASCII)
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 40
_SHORT.maxlevel = 2
Node = UnitNode | CoreTaskNode | WorkProcessNode | PartNode
Path = tuple[str | int, ...]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Level:
    """One level of the exam with its numbers; `children` are the levels below it, in order."""

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
    """5.4 at most with any O, 5.5 at least without one."""
    return min(grade, BEST_WITH_AN_O) if ovg is Score.O else max(grade, WORST_WITHOUT)


class PointsTable(Scheme):
    """See the module. Made by `load`."""

    def __init__(self, *, good_from: int, units: Sequence[Level]) -> None:
        self._good_from = good_from
        self._units = {unit.code: unit for unit in units}

    def grade_unit(self, unit_code: str, scores: Mapping[Hashable, Score]) -> UnitResult:
        unit = self._units[unit_code]
        missing = [criterion for criterion in unit.criteria if criterion not in scores]
        if missing:
            raise NotAllScored(missing)
        own = {criterion: Score(scores[criterion]) for criterion in unit.criteria}
        core_tasks = tuple(_core_task_result(task, own) for task in unit.children)
        ovg = unit.ovg(own)
        mean = _weighted_mean([task.grade for task in core_tasks], [task.weight for task in core_tasks])
        grade = clamped(mean, ovg=ovg).quantize(Decimal("0.1"), ROUND_HALF_UP, context=EXACT)
        return UnitResult(unit_code, ovg, unit.points(own), unit.max_points, grade, core_tasks)

    def grade_scored(self, unit_code: str, scores: Mapping[Hashable, Score]) -> PartialResult:
        unit = self._units[unit_code]
        own = {criterion: Score(scores[criterion]) for criterion in unit.criteria if criterion in scores}
        processes = [(str(task.code), process) for task in unit.children for process in task.children]
        return PartialResult(
            unit=self.grade_unit(unit_code, own) if unit.is_scored(own) else None,
            work_processes={
                (task, str(process.code)): _work_process_result(process, own)
                for task, process in processes
                if process.is_scored(own)
            },
            parts={
                (task, str(process.code), part.code): _part_result(part, own)
                for task, process in processes
                for part in process.children
                if part.is_scored(own)
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
        own = [by_code[code] for code in self._units]
        if any(result.ovg is Score.O for result in own):
            return Score.O
        return Score.G if sum(result.points for result in own) >= self._good_from else Score.V


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
    """What a level has: its Dutch name, the key its children stand under, and its numbers."""

    name: str
    children: str | None
    has_table: bool = False
    has_weight: bool = False

    @property
    def keys(self) -> list[str]:
        keys = {"good_from": True, "weight": self.has_weight, "table": self.has_table, self.children: self.children}
        return [key for key, present in keys.items() if key and present]


EXAM = _Kind("examen", "units")
_KINDS: dict[type, _Kind] = {
    UnitNode: _Kind("exameneenheid", "core_tasks"),
    CoreTaskNode: _Kind("kerntaak", "work_processes", has_table=True, has_weight=True),
    WorkProcessNode: _Kind("werkproces", "parts", has_table=True),
    PartNode: _Kind("onderdeel", None),
}


def load(*, data: Mapping[str, Any], units: Sequence[UnitNode]) -> PointsTable:
    """The scheme of these data for these units; raises `SchemeError` with everything that is wrong."""
    reader = _Reader()
    criteria = tuple(criterion for unit in units for criterion in unit.criteria)
    for criterion in _repeated(criteria):
        reader.problem((), "Examen", f"criterium {criterion} staat er meer dan één keer in; haal de herhaling weg.")
    exam = reader.level(EXAM, code="", criteria=criteria, nodes=units, data=data, path=(), place="Examen")
    if reader.problems:
        raise SchemeError(reader.problems)
    return PointsTable(good_from=exam.good_from, units=exam.children)


class _Reader:
    """Reads levels from the top down and collects what is wrong; a level with a problem gets stand-in numbers."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, path: Path, place: str, text: str) -> None:
        self.problems.append(Problem(path, place, text))

    def level(
        self,
        kind: _Kind,
        *,
        code: Hashable,
        criteria: tuple[Hashable, ...],
        nodes: Sequence[Node],
        data: object,
        path: Path,
        place: str,
    ) -> Level:
        if not isinstance(data, Mapping):
            self.problem(path, place, f"hier horen de gegevens {_listed(kind.keys)}, niet {_shown(data)}.")
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

    def _keys(self, kind: _Kind, data: Mapping[str, Any], path: Path, place: str) -> None:
        for key in data:
            if key not in kind.keys:
                self.problem((*path, key), place, f"{_shown(key)} is onbekend; hier horen {_listed(kind.keys)}.")
        for key in kind.keys:
            if data.get(key) is None:
                self.problem(path, place, f"{key!r} ontbreekt; voeg het toe.")

    def _children(
        self, kind: _Kind, nodes: Sequence[Node], data: Mapping[str, Any], path: Path, place: str
    ) -> Iterator[Level]:
        if kind.children is None or data.get(kind.children) is None:
            return  # said already
        below, path = data[kind.children], (*path, kind.children)
        if not isinstance(below, Mapping):
            self.problem(path, place, f"{kind.children!r} hoort per code gegevens te hebben, niet {_shown(below)}.")
            return
        codes = [str(_code(node)) for node in nodes]
        for code in _repeated(codes):
            self.problem((*path, code), place, f"de code {code} komt vaker voor; geef elk een eigen code.")
        for code in below:
            if code not in codes:
                text = f"{kind.children!r} noemt {_shown(code)}, maar dat is er niet; haal het weg"
                self.problem((*path, code), place, f"{text}.")
        for node, code in zip(nodes, codes, strict=True):
            below_kind = _KINDS[type(node)]
            name = f"{below_kind.name} {code}"
            below_place = f"{name[0].upper()}{name[1:]}" if kind is EXAM else f"{place}, {name}"
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

    def _good_from(self, value: object, count: int, path: Path, place: str) -> int:
        """All V is `count` points and has to be V; all G is twice that and has to be G."""
        if value is None:
            return count + 1  # said already
        if not isinstance(value, int) or isinstance(value, bool):
            self.problem(path, place, f"'good_from' is {_shown(value)}; dit hoort een geheel getal te zijn.")
        elif count and not count < value <= 2 * count:
            text = f"bij {_criteria(count)} kan dat alleen {_range(count + 1, 2 * count)} zijn"
            why = f"{count} is alles V, {2 * count} is alles G"
            self.problem(path, place, f"'good_from' is {_shown(value)}, maar {text}: {why}.")
        else:
            return value
        return count + 1

    def _weight(self, value: object, path: Path, place: str) -> Decimal:
        if value is None:
            return Decimal(1)
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not WEIGHT.fullmatch(text):
            mend = "schrijf een getal als '1.5': tussen aanhalingstekens, met een punt, hoogstens twee decimalen"
            self.problem(path, place, f"'weight' is {_shown(value)}; {mend}.")
        elif not Decimal(text):
            self.problem(path, place, "'weight' is 0; een kerntaak telt altijd mee, geef een getal boven 0.")
        else:
            return Decimal(text)
        return Decimal(1)

    def _table(self, value: object, count: int, path: Path, place: str) -> tuple[Decimal, ...]:
        """Complete, never going down, and with both ends in it; index = points."""
        most = 2 * count
        stand_in = (LOWEST,) * (most + 1)
        if value is None or not count:
            return stand_in  # said already
        if not isinstance(value, list | tuple):
            self.problem(path, place, f"'table' hoort een lijst cijfers te zijn, niet {_shown(value)}.")
            return stand_in
        if len(value) != most + 1:
            text = f"'table' heeft {len(value)} cijfers, maar {_criteria(count)} geven 0 tot en met {_points(most)}"
            self.problem(path, place, f"{text}; maak er {most + 1} van.")
            return stand_in
        before = len(self.problems)
        table = tuple(self._grade(grade, points, path, place) for points, grade in enumerate(value))
        if len(self.problems) == before:
            self._ends_and_steps(table, path, place)
        return table

    def _grade(self, value: object, points: int, path: Path, place: str) -> Decimal:
        if isinstance(value, str) and GRADE.fullmatch(value) and Decimal(value) <= HIGHEST:
            grade = Decimal(value)
            return grade if "." in value else grade.quantize(Decimal("0.1"))
        mend = "schrijf een cijfer als '7.5': van 1.0 tot en met 10.0, tussen aanhalingstekens, met een punt"
        self.problem((*path, points), place, f"'table' heeft bij {_points(points)} {_shown(value)}; {mend}.")
        return LOWEST

    def _ends_and_steps(self, table: Sequence[Decimal], path: Path, place: str) -> None:
        most = len(table) - 1
        for points, end, name in ((0, LOWEST, "laagste"), (most, HIGHEST, "hoogste")):
            if table[points] != end:
                text = f"'table' heeft bij {_points(points)} {table[points]}"
                self.problem((*path, points), place, f"{text}; zet daar het {name} cijfer, {end}.")
        for points in range(1, most + 1):
            if table[points] < table[points - 1]:
                text = f"'table' daalt bij {_points(points)} van {table[points - 1]} naar {table[points]}"
                self.problem((*path, points), place, f"{text}; meer punten mogen geen lager cijfer geven.")


def _code(node: Node) -> Hashable:
    return node.key if isinstance(node, PartNode) else node.code


def _nodes(node: Node) -> Sequence[Node]:
    match node:
        case UnitNode():
            return node.core_tasks
        case CoreTaskNode():
            return node.work_processes
        case WorkProcessNode():
            return node.parts
    return ()


def _repeated(keys: Iterable[Key]) -> list[Key]:
    return [key for key, times in Counter(keys).items() if times > 1]


def _shown(value: object) -> str:
    """What stands in the data, as a problem shows it: short, also when it is not."""
    return _SHORT.repr(value)


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(map(repr, keys))


def _criteria(count: int) -> str:
    return "1 criterium" if count == 1 else f"{count} criteria"


def _points(points: int) -> str:
    return "1 punt" if points == 1 else f"{points} punten"


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} tot en met {last}"
