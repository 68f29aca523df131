"""A figure's line: the good side of its goal and the rounding."""

import pytest

from bench.figure import Figure, Measured, Rates, Worst


def line(measured: Measured | Worst, *, goal: float, at_least: bool = False) -> str:
    figure = Figure(name="P0", what="it", goal=goal, measure=lambda scale: measured, at_least=at_least)
    return figure.line(measured, scale=1)


@pytest.mark.parametrize(
    ("ours", "expected"), [(1.5, "1.50 goal<=1.5 ok"), (1.501, "1.51 goal<=1.5 short"), (0.5, "0.50 goal<=1.5 ok")]
)
def test_time_is_good_up_to_its_goal(ours: float, expected: str) -> None:
    assert line(Measured(ours=[ours], reference=[1]), goal=1.5) == f"P0 it {expected}"


@pytest.mark.parametrize(
    ("ours", "expected"), [(2.0, "0.50 goal>=0.5 ok"), (2.002, "0.49 goal>=0.5 short"), (1.0, "1.00 goal>=0.5 ok")]
)
def test_a_rate_is_good_from_its_goal(ours: float, expected: str) -> None:
    assert line(Rates(ours=[ours], reference=[1]), goal=0.5, at_least=True) == f"P0 it {expected}"


@pytest.mark.parametrize(("kind", "worst"), [(Measured, "2.00"), (Rates, "0.50")])
def test_the_worst_part_is_the_figure(kind: type[Measured], worst: str) -> None:
    parts = Worst({"fast": kind(ours=[1], reference=[1]), "slow": kind(ours=[2], reference=[1])})

    assert line(parts, goal=1).startswith(f"P0 it {worst} ")
