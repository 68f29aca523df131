"""The outcomes of a scheme, compared with grading."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from exams.content.guide import example
from exams.content.outcomes import exam_good_from, unit_outcomes
from exams.content.schema import MAX_CRITERIA, ExamContent, content_nodes
from exams.grading.scores import Score, load_scheme
from tests.exams.content.test_round_trip import exams


def test_outcome_equals_the_result_of_its_points() -> None:
    [unit] = unit_outcomes(example())
    assert [table.name for table in unit.tables] == ["Kerntaak B1-K1", "Werkproces B1-K1-W1", "Werkproces B1-K1-W2"]
    table = unit.tables[2]
    shown = [
        (one.points, one.without and (one.without.grade, one.without.ovg), one.with_an_o and one.with_an_o.grade)
        for one in table.outcomes
    ]
    assert shown == [
        (0, None, Decimal("1.0")),
        (1, None, Decimal("3.3")),
        (2, (Decimal("5.5"), Score.V), Decimal("5.4")),
        (3, (Decimal("7.8"), Score.G), None),
        (4, (Decimal("10.0"), Score.G), None),
    ]
    assert (table.lowest, table.highest, table.best_with_an_o) == (Decimal("1.0"), Decimal("10.0"), Decimal("5.4"))
    assert table.good_from is not None
    assert table.good_from.points == 3


def test_unit_outcomes_are_all_o_v_g_and_one_o() -> None:
    [unit] = unit_outcomes(example())
    ends = [
        (result.points, str(result.grade), result.ovg) for result in (unit.all_o, unit.all_v, unit.all_g, unit.one_o)
    ]
    assert ends == [(0, "1.0", Score.O), (5, "5.5", Score.V), (10, "10.0", Score.G), (8, "5.4", Score.O)]


def test_points_needed_for_good_per_level_without_grades() -> None:
    [unit] = unit_outcomes(example())
    result = [(level.name, level.points, level.most) for level in (exam_good_from(example()), *unit.good_from)]
    data = example().grading_data
    task = data["units"]["PVB-1"]["core_tasks"]["B1-K1"]["work_processes"]
    assert result == [
        ("Het hele examen", data["good_from"], 10),
        ("Exameneenheid PVB-1", data["units"]["PVB-1"]["good_from"], 10),
        ("Werkproces B1-K1-W1, Gedragsobservatie", task["B1-K1-W1"]["parts"]["BEHAVIOUR"]["good_from"], 4),
        ("Werkproces B1-K1-W1, Productbeoordeling", task["B1-K1-W1"]["parts"]["PRODUCT"]["good_from"], 2),
        ("Werkproces B1-K1-W2, Gedragsobservatie", task["B1-K1-W2"]["parts"]["BEHAVIOUR"]["good_from"], 4),
    ]


@settings(max_examples=40)
@given(exams(), st.data())
def test_table_contains_the_grade_of_any_scores(exam: ExamContent, data: st.DataObject) -> None:
    nodes = content_nodes(exam.units)
    scheme = load_scheme(rule=exam.grading_rule, data=exam.grading_data, units=nodes)
    for node, unit in zip(nodes, unit_outcomes(exam), strict=True):
        scores = {criterion: data.draw(st.sampled_from(Score)) for criterion in node.criteria}
        result = scheme.grade_unit(node.code, scores)
        assert unit.all_o.grade <= result.grade <= unit.all_g.grade
        levels = [level for task in result.core_tasks for level in (task, *task.work_processes)]
        for table, level in zip(unit.tables, levels, strict=True):
            outcome = table.outcomes[level.points]
            shown = outcome.with_an_o if level.ovg is Score.O else outcome.without
            assert shown is not None
            assert (shown.grade, shown.ovg) == (level.grade, level.ovg)
            assert table.lowest <= level.grade <= table.highest


def test_largest_unit_is_computed_in_seconds() -> None:
    """Uses the maximum number of criteria, all in one work process."""
    [unit] = example().units
    [task] = unit.core_tasks
    process = task.work_processes[1]
    [part] = process.parts
    criteria = tuple(replace(part.criteria[0], text=f"Criterium {n}") for n in range(MAX_CRITERIA))
    large = replace(process, parts=(replace(part, criteria=criteria),))
    exam = replace(example(), units=(replace(unit, core_tasks=(replace(task, work_processes=(large,)),)),))
    table = ["1.0"] * MAX_CRITERIA + ["6.0"] * MAX_CRITERIA + ["10.0"]
    good_from = MAX_CRITERIA + 123
    level = {"good_from": good_from}
    of_process = {**level, "table": table, "parts": {part.kind: level}}
    of_task = {**level, "table": table, "weight": "1", "work_processes": {process.code: of_process}}
    data = {**level, "units": {unit.code: {**level, "core_tasks": {task.code: of_task}}}}
    [outcomes] = unit_outcomes(replace(exam, grading_data=data))
    for table_of_level in outcomes.tables:
        assert not table_of_level.is_whole
        assert len(table_of_level.outcomes) < 60
        assert table_of_level.all_v.points == MAX_CRITERIA
        assert table_of_level.good_from.points == good_from
        assert (table_of_level.lowest, table_of_level.highest) == (Decimal("1.0"), Decimal("10.0"))
        assert table_of_level.best_with_an_o == Decimal("5.4")
