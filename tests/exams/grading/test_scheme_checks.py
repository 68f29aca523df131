"""Grading data that don't fit the exam are refused, with the place and correction of each problem."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.grading.scores import CoreTaskNode, PartNode, SchemeError, UnitNode, WorkProcessNode, load_scheme

from .schemes import linear_data
from .strategies import data_for, exams

TASK = ("units", "B1", "core_tasks", "B1-K1")
PROCESS = (*TASK, "work_processes", "B1-K1-W1")
PART = (*PROCESS, "parts", "BEHAVIOUR")


@pytest.fixture
def units() -> tuple[UnitNode, ...]:
    """Unit B1, core task B1-K1, work process B1-K1-W1 with Gedragsobservatie of two criteria."""
    return (unit_of(WorkProcessNode("B1-K1-W1", (PartNode("BEHAVIOUR", (1, 2)),))),)


def unit_of(*processes: WorkProcessNode) -> UnitNode:
    return UnitNode("B1", (CoreTaskNode("B1-K1", processes),))


def problems(units, data) -> list[Any]:
    with pytest.raises(SchemeError) as refused:
        load_scheme(rule="points-table", data=data, units=units)
    return list(refused.value.problems)


def changed(data: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Return a copy of `data` with `value` at `path`; `...` removes it."""
    data = copy.deepcopy(data)
    inner: Any = data
    for step in path[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return data


def all_paths(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield every path in the data."""
    if path:
        yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from all_paths(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from all_paths(value, (*path, index))


@given(st.data())
def test_invalid_data_is_refused_with_its_place(data):
    units = data.draw(exams())
    good = data.draw(data_for(units))
    path = data.draw(st.sampled_from(list(all_paths(good))))
    wrong = data.draw(st.sampled_from([..., None, 5.5, True, -1, 0, "", "zes", "6,5", "1e1", "NaN", "1000", [], {}]))
    reported = problems(units, changed(good, path, wrong))
    assert any(at_or_next_to(problem.path, path) for problem in reported)
    assert all(problem.place and problem.text.endswith(".") for problem in reported)


def at_or_next_to(place: tuple[str | int, ...], path: tuple[str | int, ...]) -> bool:
    """Return whether `place` is at or below `path`, or its parent, where something is missing."""
    shared = min(len(place), len(path))
    return place[:shared] == path[:shared] and len(place) >= len(path) - 1


@given(st.data())
def test_unknown_key_is_refused(data):
    units = data.draw(exams())
    good = data.draw(data_for(units))
    places = [path for path in all_paths({"top": good}) if isinstance(at({"top": good}, path), dict)]
    path = (*data.draw(st.sampled_from(places))[1:], "good_form")
    assert [problem.path for problem in problems(units, changed(good, path, 5))] == [path]


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


@given(st.data())
def test_data_of_another_exam_are_refused(data):
    units, others = data.draw(exams()), data.draw(exams())
    if units != others:
        renamed = tuple(UnitNode(f"X{unit.code}", unit.core_tasks) for unit in others)
        assert problems(units, linear_data(renamed))


@given(st.data())
def test_data_survive_the_database_unchanged(data):
    units = data.draw(exams())
    stored = json.loads(json.dumps(data.draw(data_for(units))))
    assert load_scheme(rule="points-table", data=stored, units=units)


CASES = [
    (("good_from",), 2, "Examen: 'good_from' is 2, maar bij 2 criteria kan dat alleen 3 tot en met 4 zijn: 2 is alles"),
    (("good_from",), 5, "Examen: 'good_from' is 5, maar"),
    (("good_from",), "3", "Examen: 'good_from' is '3'; dit hoort een geheel getal te zijn."),
    (("good_from",), True, "Examen: 'good_from' is True; dit hoort een geheel getal te zijn."),
    (("good_from",), None, "Examen: 'good_from' ontbreekt; voeg het toe."),
    (("units",), None, "Examen: 'units' ontbreekt; voeg het toe."),
    ((*TASK, "weight"), None, "Exameneenheid B1, kerntaak B1-K1: 'weight' ontbreekt; voeg het toe."),
    ((*TASK, "table"), None, "Exameneenheid B1, kerntaak B1-K1: 'table' ontbreekt; voeg het toe."),
    ((*PART, "good_from"), ..., "Exameneenheid B1, kerntaak B1-K1, werkproces B1-K1-W1, onderdeel BEHAVIOUR: 'good_f"),
    ((*TASK, "weight"), "0", "Exameneenheid B1, kerntaak B1-K1: 'weight' is 0; een kerntaak telt altijd mee"),
    ((*TASK, "weight"), 1.5, "Exameneenheid B1, kerntaak B1-K1: 'weight' is 1.5; schrijf een getal als '1.5': tussen"),
    ((*TASK, "table", 2), "6.666", "'table' heeft bij 2 punten '6.666'; schrijf een cijfer als '7.5'"),
    ((*TASK, "table", 2), 5.5, "'table' heeft bij 2 punten 5.5; schrijf een cijfer als '7.5'"),
    ((*TASK, "table", 4), "10.01", "'table' heeft bij 4 punten '10.01'; schrijf een cijfer als '7.5'"),
    ((*TASK, "table", 4), "9.9", "'table' heeft bij 4 punten 9.9; zet daar het hoogste cijfer, 10.0."),
    ((*TASK, "table", 0), "1.1", "'table' heeft bij 0 punten 1.1; zet daar het laagste cijfer, 1.0."),
    ((*TASK, "table", 3), "3.2", "'table' daalt bij 3 punten van 5.5 naar 3.2; meer punten mogen geen lager cijfer"),
    ((*TASK, "table", 4), ..., "'table' heeft 4 cijfers, maar 2 criteria geven 0 tot en met 4 punten; maak er 5 van."),
    ((*PROCESS, "table"), "1.0 10.0", "werkproces B1-K1-W1: 'table' hoort een lijst cijfers te zijn, niet '1.0 10.0'."),
    (PROCESS, ..., "werkproces B1-K1-W1: de gegevens 'good_from', 'table', 'parts' ontbreken; voeg ze toe."),
    (
        (*TASK, "work_processes", "B1-K1-W2"),
        {},
        "'work_processes' noemt 'B1-K1-W2', maar dat is er niet; haal het weg.",
    ),
    ((*TASK, "work_processes"), ["B1-K1-W1"], "'work_processes' hoort per code gegevens te hebben, niet ['B1-K1-W1']."),
    ((*TASK, "wieght"), "1", "'wieght' is onbekend; hier horen 'good_from', 'weight', 'table', 'work_processes'."),
    (TASK, None, "Exameneenheid B1, kerntaak B1-K1: hier horen de gegevens 'good_from', 'weight', 'table', 'work_pro"),
]


@pytest.mark.parametrize(("path", "value", "message"), CASES)
def test_problem_has_place_and_correction(units, path, value, message):
    assert message in "\n".join(map(str, problems(units, changed(linear_data(units), path, value))))


def test_all_problems_are_reported_together(units):
    data = changed(changed(linear_data(units), ("good_from",), 9), (*PART, "good_from"), 9)
    assert [problem.path for problem in problems(units, data)] == [("good_from",), (*PART, "good_from")]


def test_wrong_value_is_quoted_shortened(units):
    (problem,) = problems(units, changed(linear_data(units), (*TASK, "weight"), "9" * 10_000))
    assert len(problem.text) < 200


def test_unknown_rule_is_refused_with_known_rules(units):
    with pytest.raises(SchemeError, match=r"'beste-van-drie' bestaat niet; kies uit: points-table\."):
        load_scheme(rule="beste-van-drie", data=linear_data(units), units=units)


def test_exam_without_criteria_is_refused():
    empty = UnitNode("B1", ())
    reported = problems((empty,), linear_data((empty,)))
    assert "Exameneenheid B1: er zijn geen criteria; voeg er minstens één toe." in map(str, reported)


def test_repeated_criterion_or_code_is_refused(units):
    process = units[0].core_tasks[0].work_processes[0]
    twice = unit_of(process, process)
    text = "\n".join(map(str, problems((twice,), linear_data((twice,)))))
    assert "criterium 1 staat er meer dan één keer in" in text
    assert "de code B1-K1-W1 komt vaker voor" in text


def test_one_criterion_is_enough_for_a_part():
    unit = unit_of(WorkProcessNode("B1-K1-W1", (PartNode("BEHAVIOUR", ("only",)),)))
    assert load_scheme(rule="points-table", data=linear_data((unit,)), units=(unit,))
