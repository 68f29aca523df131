"""Log who opened an assessment: one insert, ignored when repeated within `SLOT`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import School, User
from assessments.models import Assessment, Viewing

# repeated views within this interval are one row
SLOT = timedelta(minutes=15)
What = Viewing.What


def note(assessment: Assessment, *, by: User, what: Viewing.What = What.RESULT) -> None:
    """Log that `by` opened it, except the student; call it before the page is rendered."""
    note_all([assessment], by=by, what=what)


def note_all(assessments: Iterable[Assessment], *, by: User, what: Viewing.What) -> None:
    """Log like `note` that `by` opened each of them, in one insert."""
    others = [assessment for assessment in assessments if assessment.student.user_id != by.pk]
    _write([_viewing(assessment, what) for assessment in others], by, by.full_name)


def note_system(assessments: Iterable[Assessment], *, name: str, what: Viewing.What) -> None:
    """Log that a system of the school fetched them."""
    _write([_viewing(assessment, what) for assessment in assessments], None, name)


def note_export(*, school: School, export: UUID, by: User) -> None:
    """Log that `by` downloaded the results of an export."""
    _write([Viewing(school=school, export=export, what=What.EXPORT)], by, by.full_name)


def _viewing(assessment: Assessment, what: Viewing.What) -> Viewing:
    return Viewing(school_id=assessment.school_id, assessment=assessment, what=what)


def _write(viewings: Sequence[Viewing], by: User | None, by_name: str) -> None:
    for viewing in viewings:
        viewing.by, viewing.by_name = by, by_name
        viewing.slot = int(viewing.at.timestamp()) // int(SLOT.total_seconds())
    Viewing.objects.bulk_create(viewings, ignore_conflicts=True)


Finder = Callable[[QuerySet[Any]], QuerySet[Any]]
_finder: list[Finder] = []  # at most one


def register_exports(finder: Finder) -> None:
    """Register the query from students (ids) to the public ids of their exports; call it in an app's `ready()`.

    Exports belong to an app that this one may not import.
    """
    _finder[:] = [finder]


def exports_with(students: QuerySet[Any]) -> QuerySet[Any]:
    """Return the public ids of the exports that contain one of these students."""
    return _finder[0](students) if _finder else Viewing.objects.none().values("export")


def forget_old() -> None:
    """Delete views older than each school's `views_months`."""
    for school in School.objects.order_by("pk"):
        oldest = timezone.now() - relativedelta(months=school.views_months)
        Viewing.objects.filter(school=school, at__lt=oldest).delete()
