"""The criteria of published units, read once by each process: what is published never changes (`exams.published`).

Whoever gets them shares them with every other request, and only reads.
"""

from __future__ import annotations

from django.db.models import F

from .models import Criterion, Part

MAX_UNITS = 200  # of some 200 kB each
_kept: dict[int, tuple[Criterion, ...]] = {}  # by the unit's id


def criteria_of(unit_id: int) -> tuple[Criterion, ...]:
    """The unit's criteria in the exam's order, each with its part, and that with all it belongs to.

    One query, and none the next time once the version is published.
    """
    kept = _kept.get(unit_id)
    return _read(unit_id) if kept is None else kept


def _read(unit_id: int) -> tuple[Criterion, ...]:
    found = Criterion.objects.filter(part__work_process__core_task__unit=unit_id)
    found = found.select_related("part__work_process__core_task").order_by(
        "part__work_process__core_task__position", "part__work_process__position", "part__position", "position"
    )
    criteria = tuple(found.annotate(published_at=F("part__work_process__core_task__unit__exam_version__published_at")))
    parts: dict[int, Part] = {}
    for criterion in criteria:
        criterion.part = parts.setdefault(criterion.part_id, criterion.part)
    if criteria and criteria[0].published_at:
        if len(_kept) >= MAX_UNITS:
            _kept.clear()
        _kept[unit_id] = criteria
    return criteria


def forget() -> None:
    """For tests, where another exam gets the number of one that was rolled back."""
    _kept.clear()
