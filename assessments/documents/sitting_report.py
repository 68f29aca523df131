"""The report of a sitting (proces-verbaal): who took part, how it went, and what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.text import slugify

from assessments.models import Assessment, Participation, Sitting
from assessments.sittings import participation as participations

from . import pdf


@dataclass(frozen=True)
class Row:
    """A student of a sitting; `lines` are what was recorded, but for the irregularities."""

    participation: Participation
    lines: list[str]

    @property
    def assessment(self) -> Assessment:
        return self.participation.assessment


def read_rows(sitting: Sitting, *, assessments: Iterable[Assessment] | None = None) -> list[Row]:
    """Return a row for each student, by last name; with `assessments` only for those."""
    found = Participation.objects.filter(sitting=sitting).select_related("assessment__student__user")
    if assessments is not None:
        found = found.filter(assessment__in=assessments)
    found = found.order_by("assessment__student__sort_key", "pk")
    return [Row(one, participations.describe(one)) for one in found]


def render(sitting: Sitting, rows: Iterable[Row]) -> bytes:
    """Return the PDF, in Dutch."""
    school = sitting.school
    with translation.override("nl"):
        look = pdf.look_context(colour=school.colour, logo=school.logo.sha256 if school.logo else "")
        staff = sitting.staff.filter(is_cancelled=False)
        context = {"sitting": sitting, "rows": rows, "staff": staff, **look}
        return pdf.write_pdf(render_to_string("assessments/pdf/sitting_report.html", context))


def filename(sitting: Sitting) -> str:
    return f"proces-verbaal-{slugify(sitting.name)[:80] or 'zitting'}.pdf"
