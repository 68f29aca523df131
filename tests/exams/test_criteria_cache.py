"""The cache of the criteria of published units."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from exams import criteria_cache
from exams.criteria_cache import criteria_of
from exams.models import CoreTask, Criterion, Exam, Part, WorkProcess
from tests.factories import add_version, first_unit, make_exam

pytestmark = pytest.mark.django_db


def in_order(unit_id: int) -> list[int]:
    return list(
        Criterion.objects.filter(part__work_process__core_task__unit=unit_id)
        .order_by(
            "part__work_process__core_task__position", "part__work_process__position", "part__position", "position"
        )
        .values_list("pk", flat=True)
    )


def numbers(criteria: Sequence[Criterion]) -> list[int]:
    return [criterion.pk for criterion in criteria]


def reverse(exam: Exam) -> None:
    """Reverse the order of the units' criteria."""
    for model in (CoreTask, WorkProcess, Part, Criterion):
        for piece in model.objects.filter(**{f"{model.version_path}__exam": exam}):
            piece.position = 100 - piece.position
            piece.save()


def test_published_unit_is_read_once(django_assert_num_queries) -> None:
    unit = first_unit(make_exam(core_tasks=2))
    with django_assert_num_queries(1):
        first = criteria_of(unit.pk)
    with django_assert_num_queries(0):
        again = criteria_of(unit.pk)
        assert {criterion.part.work_process.core_task.unit_id for criterion in again} == {unit.pk}
    assert numbers(first) == numbers(again) == in_order(unit.pk)
    assert len(first) == 16


def test_units_are_cached_separately(django_assert_num_queries) -> None:
    exam = make_exam(units=2)
    units = [*exam.versions.get().units.all(), first_unit(make_exam())]
    for _ in range(2):
        for unit in units:
            assert numbers(criteria_of(unit.pk)) == in_order(unit.pk)
    assert len({pk for unit in units for pk in numbers(criteria_of(unit.pk))}) == 24


def test_versions_are_cached_separately() -> None:
    exam = make_exam()
    old = first_unit(exam)
    before = numbers(criteria_of(old.pk))
    add_version(exam, criteria=3)
    new = first_unit(exam)
    assert numbers(criteria_of(new.pk)) == in_order(new.pk)
    assert not set(before) & set(numbers(criteria_of(new.pk)))
    assert numbers(criteria_of(old.pk)) == before


def test_draft_is_not_cached() -> None:
    exam = make_exam(published=False)
    unit = exam.versions.get().units.get()
    before = numbers(criteria_of(unit.pk))
    reverse(exam)
    assert numbers(criteria_of(unit.pk)) == before[::-1]
    exam.versions.get().publish()
    assert numbers(criteria_of(unit.pk)) == before[::-1]


def test_unit_without_criteria_is_empty() -> None:
    assert criteria_of(0) == ()


def test_cache_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(criteria_cache, "MAX_UNITS", 2)
    units = make_exam(units=5).versions.get().units.all()
    for unit in units:
        assert numbers(criteria_of(unit.pk)) == in_order(unit.pk)
        assert len(criteria_cache._cache) <= 2
