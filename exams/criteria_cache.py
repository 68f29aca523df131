"""A per-process cache of published versions and the criteria of their units, which never change.

The objects are shared by all requests: don't modify them.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F

from .models import Criterion, ExamUnit, ExamVersion, Part

MAX_UNITS = 200  # of some 200 kB each
_cache: dict[int, tuple[Criterion, ...]] = {}  # by the unit's id
_versions: dict[int, ExamVersion] = {}  # each with its grading scheme, once used


def criteria_of(unit_id: int) -> tuple[Criterion, ...]:
    """Return the unit's criteria in exam order, each with its part, work process and core task; at most one query."""
    cached = _cache.get(unit_id)
    return _read(unit_id) if cached is None else cached


def _read(unit_id: int) -> tuple[Criterion, ...]:
    queryset = Criterion.objects.filter(part__work_process__core_task__unit=unit_id)
    queryset = queryset.select_related("part__work_process__core_task").order_by(
        "part__work_process__core_task__position", "part__work_process__position", "part__position", "position"
    )
    published_at = F("part__work_process__core_task__unit__exam_version__published_at")
    criteria = tuple(queryset.annotate(published_at=published_at))
    parts: dict[int, Part] = {}
    for criterion in criteria:
        criterion.part = parts.setdefault(criterion.part_id, criterion.part)
    if criteria and criteria[0].published_at:
        if len(_cache) >= MAX_UNITS:
            _cache.clear()
        _cache[unit_id] = criteria
    return criteria


def set_versions(units: Iterable[ExamUnit]) -> None:
    """Set `exam_version` of these units, in at most one query."""
    units = list(units)
    missing = {unit.exam_version_id for unit in units} - set(_versions)
    read = ExamVersion.objects.in_bulk(missing) if missing else {}
    for unit in units:
        unit.exam_version = read.get(unit.exam_version_id) or _versions[unit.exam_version_id]
    if len(_versions) + len(read) > MAX_UNITS:
        _versions.clear()
    _versions.update((pk, version) for pk, version in read.items() if version.published_at)


def clear() -> None:
    """Clear the cache, for tests: a rolled-back exam's ids are used again."""
    _cache.clear()
    _versions.clear()
