"""Flow 0: the units of the published exams, each in the newest version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.search import holds
from exams.models import ExamUnit, ExamVersion
from exchange.mapping import component_id

SORTS = ("componentId", "name", "-componentId", "-name")


def published_units() -> list[ExamUnit]:
    """Return the units that can be assessed now, by exam; a few hundred, so that callers filter in Python."""
    newest = ExamVersion.objects.published().filter(exam=OuterRef("exam_version__exam")).order_by("-number")
    units = ExamUnit.objects.filter(exam_version=Subquery(newest.values("pk")[:1]))
    related = units.select_related("exam_version__exam")
    return list(related.order_by("exam_version__exam__title", "exam_version__exam__cohort", "position"))


def find_unit(public_id: UUID) -> ExamUnit | None:
    """Return the unit of a component's id."""
    return next((unit for unit in published_units() if unit_id(unit) == public_id), None)


def unit_id(unit: ExamUnit) -> UUID:
    return component_id(unit.exam_version.exam, unit.code)


def find_units(
    *, query: str = "", since: date | None = None, code: str = "", sort: list[str] | None = None
) -> list[ExamUnit]:
    """Return the units that match: words of exam or unit, published on or after `since`, primary code."""
    units = [unit for unit in published_units() if _matches(unit, query=query, since=since, code=code)]
    for name in reversed(sort or ["name"]):
        units.sort(key=_by_id if name.endswith("componentId") else _by_name, reverse=name.startswith("-"))
    return units


def _matches(unit: ExamUnit, *, query: str, since: date | None, code: str) -> bool:
    version = unit.exam_version
    exam = version.exam
    if code and code != f"{exam.code}-{unit.code}":
        return False
    if since and (version.published_at is None or timezone.localdate(version.published_at) < since):
        return False
    return not query or holds(query, [exam.title, exam.code, exam.cohort, unit.title, unit.code])


def _by_id(unit: ExamUnit) -> Any:
    return unit_id(unit).hex


def _by_name(unit: ExamUnit) -> Any:
    exam = unit.exam_version.exam
    return exam.title.lower(), exam.cohort, unit.position


def parameters_since(query: Mapping[str, str]) -> date | None:
    """Return the date of `since`, also given as a moment; raise `ValueError`."""
    value = query.get("since", "")
    return date.fromisoformat(value[:10]) if value else None
