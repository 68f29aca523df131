"""An export is written down before its file is made: which results, as they are now, a row each.

The set is fixed in one transaction. Whatever happens to the download, it can be had again, and what
'Alleen nieuw' leaves out is what stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.utils import timezone

from accounts.models import School, User
from assessments.models import Assessment, AssessmentQuerySet
from committee.export_format import CODECS, Encoding, Kind, Shape
from committee.models import Export, ExportedResult, ExportedResultQuerySet
from exams.models import Exam

from .csv_writer import BOM, LINE_END, CsvWriter
from .xlsx_writer import MOST_RESULTS


class NothingToExport(Exception):
    """There is no result to export, or no new one; nothing was written down."""


class TooManyResults(Exception):
    """A sheet of Excel has no room for this many; nothing was written down."""


def not_exported(results: AssessmentQuerySet) -> AssessmentQuerySet:
    """Final results that are in no export yet as they were last made final."""
    exported = ExportedResult.objects.filter(assessment=OuterRef("pk"), final_at=OuterRef("final_at"))
    return results.filter(~Exists(exported))


@transaction.atomic
def create_export(
    *,
    results: AssessmentQuerySet,
    school: School,
    exam: Exam,
    by: User,
    shape: Shape,
    file: str = Export.File.CSV,
    only_new: bool = False,
) -> Export:
    """Writes down an export of `results`, which are final ones of this school and exam.

    Exports of one school wait for each other: two who ask for what is new at once do not both get it.
    Raises `NothingToExport` or `TooManyResults`.
    """
    # Without the key, so that assessments can be added to the school meanwhile.
    School.objects.select_for_update(no_key=connection.features.has_select_for_no_key_update).get(pk=school.pk)
    results = results.filter(school=school, exam=exam)
    if only_new:
        results = not_exported(results)
    export = Export.objects.create(
        school=school, exam=exam, by=by, by_name=by.full_name, only_new=only_new, file=file, shape=shape.as_json()
    )
    export.count = _copy(results, export)
    if not export.count:
        raise NothingToExport
    if file == Export.File.XLSX and export.count > MOST_RESULTS:
        raise TooManyResults
    export.save(update_fields=["count"])
    return export


def _copy(results: QuerySet[Assessment], export: Export) -> int:
    """INSERT … SELECT: memory stays level, however many there are. Returns how many."""
    into = ("export_id", "assessment_id", "final_at", "final_by_id", "ovg", "grade")
    chosen = results.order_by().values_list(
        Value(export.pk, output_field=BigIntegerField()), F("pk"), "final_at", "final_by_id", "ovg", "grade"
    )
    select, parameters = chosen.query.sql_with_params()
    table = ExportedResult._meta.db_table  # noqa: SLF001 - Django's documented API
    insert = f"INSERT INTO {table} ({', '.join(into)}) {select}"
    with connection.cursor() as cursor:
        cursor.execute(insert, parameters)
        return int(cursor.rowcount)


# Of an exam, those whose state changed last: enough to hear of every withdrawal where exports are made now and then,
# and read in no time however many there are.
MAX_COMPARED = 1000


@dataclass(frozen=True)
class Changes:
    """How many there are; with `or_more` only of the newest `MAX_COMPARED`."""

    count: int
    or_more: bool

    def __bool__(self) -> bool:
        return bool(self.count or self.or_more)

    @property
    def text(self) -> str:
        """Where any was found."""
        many = "1 geëxporteerd resultaat is" if self.count == 1 else f"{self.count} geëxporteerde resultaten zijn"
        return f"{'Minstens ' if self.or_more else ''}{many} sindsdien ingetrokken of opnieuw definitief gemaakt."


def count_changes(schools: Collection[int], exam: Exam) -> Changes:
    """How many were withdrawn or made final anew since their newest export; nothing was if nothing was exported."""
    first = Export.objects.filter(school__in=schools, exam=exam).order_by("at").values("at")[:1]
    exported = ExportedResult.objects.filter(assessment=OuterRef("pk")).order_by("-export_id").values("final_at")[:1]
    moved = Assessment.objects.filter(school__in=schools, exam=exam, status_since__gt=Subquery(first))
    newest = moved.order_by("-status_since", "-pk").values_list("final_at", Subquery(exported))[: MAX_COMPARED + 1]
    found = list(newest)
    count = sum(then is not None and then != now for now, then in found[:MAX_COMPARED])
    return Changes(count, or_more=len(found) > MAX_COMPARED)


def changed_results(schools: Collection[int], exam: Exam) -> ExportedResultQuerySet:
    """Those results, each as its newest export has it; what changed last comes first."""
    exported = ExportedResult.objects.filter(export__school__in=schools, export__exam=exam)
    return exported.newest_of_each().changed_since().for_pages()


# Of each column its header, how it is written, and its value.
CHANGED_COLUMNS: tuple[tuple[str, Kind, Callable[[ExportedResult], Any]], ...] = (
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
    writer = CsvWriter(shape)
    lines = [[writer.cell(Kind.TEXT, header) for header, _, _ in CHANGED_COLUMNS]]
    lines += [[writer.cell(kind, value(one)) for _, kind, value in CHANGED_COLUMNS] for one in results]
    text = "".join(writer.between.join(line) + LINE_END for line in lines)
    bom = BOM if shape.encoding == Encoding.UTF8_BOM else ""
    return (bom + text).encode(CODECS[Encoding(shape.encoding)], errors="replace")
