"""Properties of grading (DESIGN.md, 'Grading') for any exam, scheme and scores."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.grading.disputes import Basis, effective_score
from exams.grading.scores import (
    CoreTaskNode,
    NotAllScored,
    PartNode,
    PartResult,
    Score,
    UnitNode,
    UnitResult,
    WorkProcessNode,
    load_scheme,
)

from .reference import unit_as_json
from .schemes import linear_data
from .strategies import Scores, graded

ORDER = [Score.O, Score.V, Score.G]


def every_level(result: UnitResult) -> Iterator[Any]:
    """Yield the unit's result and all results below it."""
    yield result
    for task in result.core_tasks:
        yield task
        for process in task.work_processes:
            yield process
            yield from process.parts


def with_criteria(unit: UnitNode, result: UnitResult) -> Iterator[tuple[Any, Sequence[Hashable]]]:
    """Yield (result, its criteria) for the unit and every level below it."""
    yield result, unit.criteria
    for task, task_result in zip(unit.core_tasks, result.core_tasks, strict=True):
        yield task_result, task.criteria
        for process, process_result in zip(task.work_processes, task_result.work_processes, strict=True):
            yield process_result, process.criteria
            for part, part_result in zip(process.parts, process_result.parts, strict=True):
                yield part_result, part.criteria


NUMBERS = {"grade", "weight"}


def in_fractions(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: Fraction(value) if key in NUMBERS else in_fractions(value) for key, value in data.items()}
    return [in_fractions(item) for item in data] if isinstance(data, list) else data


def two_core_tasks(first: list[str], second: list[str]) -> tuple[tuple[UnitNode, ...], dict[str, Any]]:
    """Return a unit of two core tasks with one criterion each, and data with these tables."""
    tasks = tuple(
        CoreTaskNode(code, (WorkProcessNode(f"{code}-W1", (PartNode("PRODUCT", (code,)),)),)) for code in ("K1", "K2")
    )
    units = (UnitNode("B1", tasks),)
    data = linear_data(units)
    for code, table in (("K1", first), ("K2", second)):
        data["units"]["B1"]["core_tasks"][code]["table"] = table
    return units, data


@given(graded())
def test_one_o_makes_levels_o_and_at_most_5_4(exam):
    units, _, scheme, scores = exam
    for unit in units:
        for level, criteria in with_criteria(unit, scheme.grade_unit(unit.code, scores)):
            has_o = any(scores[criterion] is Score.O for criterion in criteria)
            assert (level.ovg is Score.O) == has_o
            if not isinstance(level, PartResult):
                assert level.grade <= Decimal("5.4") if has_o else level.grade >= Decimal("5.5")


@given(graded(), st.data())
def test_partial_scores_give_only_completely_scored_levels(exam, data):
    units, _, scheme, scores = exam
    unit = data.draw(st.sampled_from(units))
    left_out = data.draw(st.sets(st.sampled_from(unit.criteria)))
    partial = scheme.grade_scored(unit.code, {key: score for key, score in scores.items() if key not in left_out})
    whole = scheme.grade_unit(unit.code, scores)
    assert partial.unit == (None if left_out else whole)
    processes, parts = {}, {}
    for task, task_result in zip(unit.core_tasks, whole.core_tasks, strict=True):
        for process, result in zip(task.work_processes, task_result.work_processes, strict=True):
            if left_out.isdisjoint(process.criteria):
                processes[task.code, process.code] = result
            for part, part_result in zip(process.parts, result.parts, strict=True):
                if left_out.isdisjoint(part.criteria):
                    parts[task.code, process.code, part.key] = part_result
    assert (partial.work_processes, partial.parts) == (processes, parts)


@given(graded())
def test_results_are_those_of_the_plain_reference(exam):
    units, data, scheme, scores = exam
    for unit in units:
        assert in_fractions(scheme.grade_unit(unit.code, scores).as_json()) == unit_as_json(unit, data, scores)


@given(graded(), st.data())
def test_raising_a_score_lowers_no_result(exam, data):
    units, _, scheme, scores = exam
    unit = data.draw(st.sampled_from(units))
    raised = data.draw(st.sampled_from(unit.criteria))
    higher = ORDER[min(ORDER.index(scores[raised]) + 1, 2)]
    before = scheme.grade_unit(unit.code, scores)
    after = scheme.grade_unit(unit.code, {**scores, raised: higher})
    for old, new in zip(every_level(before), every_level(after), strict=True):
        assert new.points >= old.points
        assert ORDER.index(new.ovg) >= ORDER.index(old.ovg)
        if not isinstance(old, PartResult):
            assert new.grade >= old.grade


@given(graded(), st.randoms(use_true_random=False))
def test_order_and_other_units_do_not_matter(exam, random):
    units, _, scheme, scores = exam
    shuffled = list(scores.items())
    random.shuffle(shuffled)
    for unit in units:
        unit_scores: Scores = {criterion: scores[criterion] for criterion in unit.criteria}
        assert scheme.grade_unit(unit.code, dict(shuffled)) == scheme.grade_unit(unit.code, unit_scores)


@given(graded())
def test_both_ends_and_each_of_o_v_g_can_be_reached(exam):
    units, _, scheme, _ = exam
    for score, grade in ((Score.O, Decimal("1.0")), (Score.V, None), (Score.G, Decimal("10.0"))):
        results = [scheme.grade_unit(unit.code, dict.fromkeys(unit.criteria, score)) for unit in units]
        assert all(level.ovg is score for result in results for level in every_level(result))
        assert grade is None or all(result.grade == grade for result in results)
        assert scheme.grade_exam(results) is score


@given(graded(), st.data())
def test_no_result_while_a_criterion_has_no_score(exam, data):
    units, _, scheme, scores = exam
    unit = data.draw(st.sampled_from(units))
    missing = data.draw(st.sets(st.sampled_from(unit.criteria), min_size=1))
    with pytest.raises(NotAllScored) as refused:
        scheme.grade_unit(unit.code, {key: score for key, score in scores.items() if key not in missing})
    assert set(refused.value.missing) == missing


@given(graded())
def test_result_is_serialisable(exam):
    units, _, scheme, scores = exam
    for unit in units:
        data = scheme.grade_unit(unit.code, scores).as_json()
        assert json.loads(json.dumps(data)) == data


@given(graded())
def test_exam_is_o_with_one_o_and_g_from_its_points(exam):
    units, data, scheme, scores = exam
    results = [scheme.grade_unit(unit.code, scores) for unit in units]
    points = sum(result.points for result in results)
    with_an_o = any(result.ovg is Score.O for result in results)
    expected = Score.O if with_an_o else Score.G if points >= data["good_from"] else Score.V
    assert scheme.grade_exam(results) is expected
    assert scheme.grade_exam(reversed(results)) is expected


@given(graded())
def test_exam_needs_exactly_one_result_per_unit(exam):
    units, _, scheme, scores = exam
    results = [scheme.grade_unit(unit.code, scores) for unit in units]
    with pytest.raises(NotAllScored) as refused:
        scheme.grade_exam(results[1:])
    assert refused.value.missing == (units[0].code,)
    with pytest.raises(ValueError, match=units[0].code):
        scheme.grade_exam([*results, replace(results[0], points=0)])


@settings(max_examples=25)
@given(graded())
def test_decimal_context_of_the_thread_does_not_matter(exam):
    units, data, scheme, scores = exam
    with localcontext(Context(prec=2, rounding=ROUND_DOWN)):
        narrow = load_scheme(rule="points-table", data=data, units=units)
        results = [narrow.grade_unit(unit.code, scores) for unit in units]
    assert results == [scheme.grade_unit(unit.code, scores) for unit in units]


def test_unit_grade_is_rounded_half_up_once():
    units, data = two_core_tasks(["1.0", "6.24", "10.0"], ["1.0", "6.65", "10.0"])
    scheme = load_scheme(rule="points-table", data=data, units=units)
    result = scheme.grade_unit("B1", {"K1": Score.V, "K2": Score.V})
    # 6.445 is 6.4; rounded at each step it would have been 6.2 and 6.7, and 6.5 in the end.
    assert result.grade == Decimal("6.4")
    assert [task.grade for task in result.core_tasks] == [Decimal("6.24"), Decimal("6.65")]


def test_a_half_is_rounded_up():
    units, data = two_core_tasks(["1.0", "6.4", "10.0"], ["1.0", "6.5", "10.0"])
    scheme = load_scheme(rule="points-table", data=data, units=units)
    assert scheme.grade_unit("B1", {"K1": Score.V, "K2": Score.V}).grade == Decimal("6.5")


def test_weights_count():
    units, data = two_core_tasks(["1.0", "6.0", "10.0"], ["1.0", "8.0", "10.0"])
    data["units"]["B1"]["core_tasks"]["K1"]["weight"] = "3"
    scheme = load_scheme(rule="points-table", data=data, units=units)
    result = scheme.grade_unit("B1", {"K1": Score.V, "K2": Score.V})
    assert result.grade == Decimal("6.5")
    assert [task["weight"] for task in result.as_json()["core_tasks"]] == ["3", "1"]
    assert result.is_weighted


def test_the_same_weights_make_no_difference():
    units, data = two_core_tasks(["1.0", "6.0", "10.0"], ["1.0", "8.0", "10.0"])
    for code, weight in (("K1", "3"), ("K2", "3.0")):
        data["units"]["B1"]["core_tasks"][code]["weight"] = weight
    result = load_scheme(rule="points-table", data=data, units=units).grade_unit("B1", {"K1": Score.V, "K2": Score.V})
    assert result.grade == Decimal("7.0")
    assert not result.is_weighted


def test_unit_with_an_o_stays_at_5_4():
    units, data = two_core_tasks(["1.0", "6.0", "10.0"], ["1.0", "8.0", "10.0"])
    scheme = load_scheme(rule="points-table", data=data, units=units)
    result = scheme.grade_unit("B1", {"K1": Score.O, "K2": Score.G})
    assert (result.ovg, result.grade) == (Score.O, Decimal("5.4"))
    assert [task.grade for task in result.core_tasks] == [Decimal("1.0"), Decimal("10.0")]


def test_grades_have_at_least_one_decimal():
    units, data = two_core_tasks(["1", "6", "10"], ["1", "6", "10"])
    result = load_scheme(rule="points-table", data=data, units=units).grade_unit("B1", {"K1": Score.G, "K2": Score.G})
    assert result.as_json()["grade"] == "10.0"
    assert result.as_json()["core_tasks"][0]["grade"] == "10.0"


def test_unit_of_another_exam_has_no_result():
    units, data = two_core_tasks(["1.0", "6.0", "10.0"], ["1.0", "6.0", "10.0"])
    with pytest.raises(KeyError):
        load_scheme(rule="points-table", data=data, units=units).grade_unit("B9", {"K1": Score.V, "K2": Score.V})


# --- One criterion, several examiners ------------------------------------------------------------
score_lists = st.lists(st.none() | st.sampled_from(Score), max_size=4)


@given(score_lists, st.none() | st.sampled_from(Score), st.randoms(use_true_random=False))
def test_order_of_examiners_does_not_matter(entries, decision, random):
    shuffled = random.sample(entries, len(entries))
    assert effective_score(scores=shuffled, decision=decision) == effective_score(scores=entries, decision=decision)


@given(score_lists, st.sampled_from(Score))
def test_committee_decision_overrides_scores(entries, decision):
    effective = effective_score(scores=entries, decision=decision)
    assert (effective.score, effective.basis) == (decision, Basis.DECISION)


@given(score_lists)
def test_without_decision_only_an_agreed_score_counts(entries):
    effective = effective_score(scores=entries)
    if not entries or None in entries:
        expected = (None, True, False)
    elif len(set(entries)) > 1:
        expected = (None, False, True)
    else:
        expected = (entries[0], False, False)
    assert (effective.score, effective.basis is Basis.MISSING, effective.in_dispute) == expected
