"""Show the outcomes of a grading scheme before it is published, for any rule.

Computed by grading scores that add up to each number of points, once without an O and once with one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from exams.grading.scores import (
    CoreTaskNode,
    CoreTaskResult,
    Scheme,
    Score,
    UnitNode,
    UnitResult,
    WorkProcessResult,
    load_scheme,
)
from exams.models import Part

from .schema import ExamContent, UnitContent, content_nodes

Scores = dict[Hashable, Score]
Result = WorkProcessResult | CoreTaskResult
MAX_POINTS = 200  # longer tables show about `SAMPLED_LINES` lines, and those where something changes
SAMPLED_LINES = 50


@dataclass(frozen=True)
class Outcome:
    """The results of `points`; None where that sum can't be reached without, or with, an O."""

    points: int
    without: Result | None
    with_an_o: Result | None


@dataclass(frozen=True)
class Table:
    """The outcomes of a core task or work process by points, from all O to all G."""

    name: str
    title: str
    criteria: int
    outcomes: tuple[Outcome, ...]

    @property
    def lowest(self) -> Decimal:
        return min(self._grades)

    @property
    def highest(self) -> Decimal:
        return max(self._grades)

    @property
    def most(self) -> int:
        """The points of all G."""
        return 2 * self.criteria

    @property
    def all_v(self) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.points == self.criteria)

    @property
    def is_whole(self) -> bool:
        return len(self.outcomes) == self.most + 1

    @property
    def good_from(self) -> Outcome | None:
        """The outcome of the fewest points that are G."""
        return next((outcome for outcome in self.outcomes if outcome.without and outcome.without.ovg is Score.G), None)

    @property
    def best_with_an_o(self) -> Decimal:
        return max(outcome.with_an_o.grade for outcome in self.outcomes if outcome.with_an_o)

    @property
    def _grades(self) -> list[Decimal]:
        return [result.grade for outcome in self.outcomes for result in (outcome.without, outcome.with_an_o) if result]


@dataclass(frozen=True)
class GoodFrom:
    """From how many of its `most` points a level without a table is G; None if never."""

    name: str
    points: int | None
    most: int


@dataclass(frozen=True)
class UnitOutcomes:
    """An exam unit's results with all O, all V, all G, and one O among G."""

    title: str
    all_o: UnitResult
    all_v: UnitResult
    all_g: UnitResult
    one_o: UnitResult  # of the part where that O costs least
    tables: tuple[Table, ...]
    good_from: tuple[GoodFrom, ...]  # of the unit, then of its parts

    @property
    def examples(self) -> list[tuple[str, UnitResult]]:
        return [
            ("Alles O", self.all_o),
            ("Alles V", self.all_v),
            ("Alles G", self.all_g),
            ("Eén O, al het andere G", self.one_o),
        ]


def exam_good_from(exam: ExamContent) -> GoodFrom:
    """Return from how many points the exam as a whole is G."""
    nodes = content_nodes(exam.units)
    scheme = load_scheme(rule=exam.grading_rule, data=exam.grading_data, units=nodes)

    def grade(scores: Scores) -> Score:
        return scheme.grade_exam(scheme.grade_unit(node.code, scores) for node in nodes)

    return _good_from("Het hele examen", [criterion for node in nodes for criterion in node.criteria], grade)


def unit_outcomes(exam: ExamContent) -> list[UnitOutcomes]:
    """Return the outcomes of each unit; raise `SchemeError` if the grading data don't fit the content."""
    nodes = content_nodes(exam.units)
    scheme = load_scheme(rule=exam.grading_rule, data=exam.grading_data, units=nodes)
    titles = [
        {task.code: (task.title, {process.code: process.title for process in task.work_processes}) for task in tasks}
        for tasks in (unit.core_tasks for unit in exam.units)
    ]
    return [
        UnitOutcomes(
            title=f"{unit.code} {unit.title}",
            all_o=_all(scheme, node, Score.O),
            all_v=_all(scheme, node, Score.V),
            all_g=_all(scheme, node, Score.G),
            one_o=_one_o(scheme, node),
            tables=tuple(_tables(scheme, node, unit_titles)),
            good_from=tuple(_good_froms(scheme, node, unit)),
        )
        for unit, node, unit_titles in zip(exam.units, nodes, titles, strict=True)
    ]


def _all(scheme: Scheme, unit: UnitNode, score: Score) -> UnitResult:
    return scheme.grade_unit(unit.code, dict.fromkeys(unit.criteria, score))


def _one_o(scheme: Scheme, unit: UnitNode) -> UnitResult:
    """Return the best result with one O: one try per part, as the criteria of a part weigh the same."""
    parts = [part for task in unit.core_tasks for process in task.work_processes for part in process.parts]
    good: Scores = dict.fromkeys(unit.criteria, Score.G)
    results = [scheme.grade_unit(unit.code, {**good, part.criteria[0]: Score.O}) for part in parts]
    return max(results, key=lambda result: result.grade)


def _good_froms(scheme: Scheme, node: UnitNode, unit: UnitContent) -> Iterator[GoodFrom]:
    name = f"Exameneenheid {unit.code}"
    yield _good_from(name, node.criteria, lambda scores: scheme.grade_unit(node.code, scores).ovg)
    for task in node.core_tasks:
        for process in task.work_processes:
            for part in process.parts:
                place = (task.code, process.code, part.key)
                name = f"Werkproces {process.code}, {Part.Kind(str(part.key)).label}"
                yield _good_from(name, part.criteria, partial(_grade_part, scheme, node, place))


def _grade_part(scheme: Scheme, unit: UnitNode, place: tuple[str, str, Hashable], scores: Scores) -> Score:
    return scheme.grade_scored(unit.code, scores).parts[place].ovg


def _good_from(name: str, criteria: Sequence[Hashable], grade: Callable[[Scores], Score]) -> GoodFrom:
    count = len(criteria)

    def is_good(points: int) -> bool:
        return grade(_without_o(criteria, points) or {}) is Score.G

    first = count + bisect_left(range(count, 2 * count + 1), x=True, key=is_good)
    return GoodFrom(name, first if first <= 2 * count else None, 2 * count)


def _tables(scheme: Scheme, unit: UnitNode, titles: dict[str, tuple[str, dict[str, str]]]) -> Iterator[Table]:
    for number, task in enumerate(unit.core_tasks):
        title, process_titles = titles[task.code]
        yield _table(f"Kerntaak {task.code}", title, task.criteria, _core_task_grader(scheme, unit, number))
        for process in task.work_processes:
            grade = _work_process_grader(scheme, unit, task, process.code)
            yield _table(f"Werkproces {process.code}", process_titles[process.code], process.criteria, grade)


def _core_task_grader(scheme: Scheme, unit: UnitNode, number: int) -> Callable[[Scores], Result]:
    others: Scores = dict.fromkeys(unit.criteria, Score.V)
    return lambda scores: scheme.grade_unit(unit.code, {**others, **scores}).core_tasks[number]


def _work_process_grader(scheme: Scheme, unit: UnitNode, task: CoreTaskNode, code: str) -> Callable[[Scores], Result]:
    return lambda scores: scheme.grade_scored(unit.code, scores).work_processes[task.code, code]


def _table(name: str, title: str, criteria: Sequence[Hashable], grade: Callable[[Scores], Result]) -> Table:
    outcomes = []
    for points in _points(criteria, grade):
        variants = (_without_o(criteria, points), _with_an_o(criteria, points))
        outcomes.append(Outcome(points, *(None if scores is None else grade(scores) for scores in variants)))
    return Table(name, title, len(criteria), tuple(outcomes))


def _points(criteria: Sequence[Hashable], grade: Callable[[Scores], Result]) -> Sequence[int]:
    """Return all sums of points, or of a long table a sample with those around all V and the first G."""
    count, most = len(criteria), 2 * len(criteria)
    if most <= MAX_POINTS:
        return range(most + 1)

    def is_good(points: int) -> bool:
        return grade(_without_o(criteria, points) or {}).ovg is Score.G

    first_good = count + bisect_left(range(count, most), x=True, key=is_good)
    sample = {*range(0, most, most // SAMPLED_LINES), count - 1, count, first_good - 1, first_good, most - 2, most}
    return sorted(sample)


def _without_o(criteria: Sequence[Hashable], points: int) -> Scores | None:
    """Return V's and G's that add up to `points`; None if that is impossible."""
    good = points - len(criteria)
    if good < 0:
        return None
    return {criterion: Score.G if place < good else Score.V for place, criterion in enumerate(criteria)}


def _with_an_o(criteria: Sequence[Hashable], points: int) -> Scores | None:
    """Return scores that add up to `points` with as few O's as possible, at least one; None if impossible."""
    others = len(criteria) - 1
    if points > 2 * others:
        return None
    if points >= others:
        rest = _without_o(criteria[1:], points) or {}
    else:
        rest = {criterion: Score.V if place < points else Score.O for place, criterion in enumerate(criteria[1:])}
    return {criteria[0]: Score.O, **rest}
