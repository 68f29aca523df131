"""Writes down who opened an assessment: one insert, and none for what was opened a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import School, User
from assessments.models import Assessment, Viewing

# Going back and forth between two pages within this is looking once.
SLOT = timedelta(minutes=15)
What = Viewing.What


def note(assessment: Assessment, *, by: User, what: Viewing.What = What.RESULT) -> None:
    """`by` opened it. The student's own looking is nobody's business; call it before the page is made."""
    if assessment.student.user_id != by.pk:
        _write(Viewing(school_id=assessment.school_id, assessment=assessment, what=what), by)


def note_export(*, school: School, export: UUID, by: User) -> None:
    """`by` downloaded the results of an export."""
    _write(Viewing(school=school, export=export, what=What.EXPORT), by)


def _write(viewing: Viewing, by: User) -> None:
    viewing.by, viewing.by_name = by, by.full_name
    viewing.slot = int(viewing.at.timestamp()) // int(SLOT.total_seconds())
    Viewing.objects.bulk_create([viewing], ignore_conflicts=True)


Finder = Callable[[QuerySet[Any]], QuerySet[Any]]
_finder: list[Finder] = []  # one at most


def register_exports(finder: Finder) -> None:
    """Has exports found by whom they hold: ids of students in, public ids of exports out. From an app's `ready()`.

    What an export is, is known further up; imports go one way.
    """
    _finder[:] = [finder]


def exports_with(students: QuerySet[Any]) -> QuerySet[Any]:
    """The public ids of the exports that hold one of these students."""
    return _finder[0](students) if _finder else Viewing.objects.none().values("export")


def forget_old() -> None:
    """Deletes what is older than each school wants to look back."""
    for school in School.objects.order_by("pk"):
        oldest = timezone.now() - relativedelta(months=school.views_months)
        Viewing.objects.filter(school=school, at__lt=oldest).delete()
