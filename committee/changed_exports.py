"""What was withdrawn, or made final anew, after it was exported: the student system still has what was so then.

A result counts as it was in the newest export that holds it; once that is what stands, there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from assessments.models import Assessment
from exams.models import Exam

from .export import BOM, LINE_END, CsvWriting
from .export_columns import Kind
from .export_shape import CODECS, Encoding, Shape
from .models import Export, ExportedResult, ExportedResultQuerySet

# Of an exam, those whose state changed last: enough to hear of every withdrawal where exports are made now and then,
# and read in no time however many there are.
LOOKED_AT = 1000


@dataclass(frozen=True)
class Changes:
    """How many there are; with `or_more` only of the newest `LOOKED_AT`."""

    count: int
    or_more: bool

    def __bool__(self) -> bool:
        return bool(self.count or self.or_more)

    @property
    def says(self) -> str:
        """Where any was found."""
        many = "1 geëxporteerd resultaat is" if self.count == 1 else f"{self.count} geëxporteerde resultaten zijn"
        return f"{'Minstens ' if self.or_more else ''}{many} sindsdien ingetrokken of opnieuw definitief gemaakt."


def count_changes(schools: Collection[int], exam: Exam) -> Changes:
    """How many were withdrawn or made final anew since their newest export; nothing was if nothing was exported."""
    first = Export.objects.filter(school__in=schools, exam=exam).order_by("at").values("at")[:1]
    exported = ExportedResult.objects.filter(assessment=OuterRef("pk")).order_by("-export_id").values("final_at")[:1]
    moved = Assessment.objects.filter(school__in=schools, exam=exam, status_since__gt=Subquery(first))
    newest = moved.order_by("-status_since", "-pk").values_list("final_at", Subquery(exported))[: LOOKED_AT + 1]
    found = list(newest)
    count = sum(then is not None and then != now for now, then in found[:LOOKED_AT])
    return Changes(count, or_more=len(found) > LOOKED_AT)


def changed(schools: Collection[int], exam: Exam) -> ExportedResultQuerySet:
    """Those results, each as its newest export has it; what changed last comes first."""
    exported = ExportedResult.objects.filter(export__school__in=schools, export__exam=exam)
    return exported.newest_of_each().changed_since().for_pages()


# Of each column its header, how it is written, and its value.
COLUMNS: tuple[tuple[str, Kind, Callable[[ExportedResult], Any]], ...] = (
    ("studentnummer", Kind.TEXT, lambda one: one.assessment.student.student_number),
    ("naam", Kind.TEXT, lambda one: one.assessment.student.user.full_name),
    ("code", Kind.TEXT, lambda one: one.assessment.exam.code),
    ("examen", Kind.TEXT, lambda one: one.assessment.exam.title),
    ("cohort", Kind.TEXT, lambda one: one.assessment.exam.cohort),
    ("eenheidcode", Kind.TEXT, lambda one: one.assessment.unit_code),
    ("exameneenheid", Kind.TEXT, lambda one: one.assessment.unit.title),
    ("poging", Kind.NUMBER, lambda one: one.assessment.attempt),
    ("geexporteerd_op", Kind.DAY, lambda one: timezone.localdate(one.export.at)),
    ("geexporteerd_resultaat", Kind.OVG, lambda one: one.ovg),
    ("geexporteerd_cijfer", Kind.GRADE, lambda one: one.grade),
    ("status_nu", Kind.TEXT, lambda one: one.assessment.get_status_display()),
    ("resultaat_nu", Kind.OVG, lambda one: one.assessment.ovg),
    ("cijfer_nu", Kind.GRADE, lambda one: one.assessment.grade),
    ("gewijzigd_op", Kind.DAY, lambda one: timezone.localdate(one.assessment.status_since)),
)


def as_csv(results: Iterable[ExportedResult], shape: Shape) -> bytes:
    """A line each, with the signs, words and days of `shape`; each was a deed of somebody, so they are not many."""
    writing = CsvWriting(shape)
    lines = [[writing.cell(Kind.TEXT, header) for header, _, _ in COLUMNS]]
    lines += [[writing.cell(kind, value(one)) for _, kind, value in COLUMNS] for one in results]
    text = "".join(writing.between.join(line) + LINE_END for line in lines)
    bom = BOM if shape.encoding == Encoding.UTF8_BOM else ""
    return (bom + text).encode(CODECS[Encoding(shape.encoding)], errors="replace")
