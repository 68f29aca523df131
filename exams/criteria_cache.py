"""A per-process cache of the criteria of published units, which never change (`exams.models.published`).

The objects are shared by all requests: don't modify them.
"""

from __future__ import annotations

from django.db.models import F

from .models import Criterion, Part

MAX_UNITS = 200  # of some 200 kB each
_cache: dict[int, tuple[Criterion, ...]] = {}  # by the unit's id


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


def clear() -> None:
    """Clear the cache, for tests: a rolled-back exam's ids are used again."""
    _cache.clear()
