"""Store the results of an export in one transaction, before its file is made.

The file can be downloaded again, and 'Alleen nieuw' skips the stored results.
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
    """There is no result to export, or no new one; nothing was stored."""


class TooManyResults(Exception):
    """More results than an Excel sheet has rows; nothing was stored."""


def not_exported(results: AssessmentQuerySet) -> AssessmentQuerySet:
    """Exclude the results that were exported since they were last made final."""
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
    """Store an export of the final `results` of this school and exam; raise `NothingToExport` or `TooManyResults`.

    Exports of one school wait for each other, so that two do not both contain the same new results.
    """
    # `no_key`: foreign keys to the school can still be inserted.
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
    """INSERT … SELECT, in constant memory; return the number of rows."""
    into = ("export_id", "assessment_id", "final_at", "final_by_id", "ovg", "grade")
    columns = results.order_by().values_list(
        Value(export.pk, output_field=BigIntegerField()), F("pk"), "final_at", "final_by_id", "ovg", "grade"
    )
    select, parameters = columns.query.sql_with_params()
    table = ExportedResult._meta.db_table  # noqa: SLF001 - Django's documented API
    insert = f"INSERT INTO {table} ({', '.join(into)}) {select}"
    with connection.cursor() as cursor:
        cursor.execute(insert, parameters)
        return int(cursor.rowcount)


MAX_COMPARED = 1000  # the assessments of an exam whose status changed last; bounds the query


@dataclass(frozen=True)
class Changes:
    """The number of changed results; with `or_more` only the last `MAX_COMPARED` were compared."""

    count: int
    or_more: bool

    def __bool__(self) -> bool:
        return bool(self.count or self.or_more)

    @property
    def text(self) -> str:
        """A sentence for a count of at least one."""
        many = "1 geëxporteerd resultaat is" if self.count == 1 else f"{self.count} geëxporteerde resultaten zijn"
        return f"{'Minstens ' if self.or_more else ''}{many} sindsdien ingetrokken of opnieuw definitief gemaakt."


def count_changes(schools: Collection[int], exam: Exam) -> Changes:
    """Count the results that were withdrawn or made final again since their last export."""
    first = Export.objects.filter(school__in=schools, exam=exam).order_by("at").values("at")[:1]
    exported = ExportedResult.objects.filter(assessment=OuterRef("pk")).order_by("-export_id").values("final_at")[:1]
    moved = Assessment.objects.filter(school__in=schools, exam=exam, status_since__gt=Subquery(first))
    newest = moved.order_by("-status_since", "-pk").values_list("final_at", Subquery(exported))[: MAX_COMPARED + 1]
    rows = list(newest)
    count = sum(then is not None and then != now for now, then in rows[:MAX_COMPARED])
    return Changes(count, or_more=len(rows) > MAX_COMPARED)


def changed_results(schools: Collection[int], exam: Exam) -> ExportedResultQuerySet:
    """Return those results as last exported, the last change first."""
    exported = ExportedResult.objects.filter(export__school__in=schools, export__exam=exam)
    return exported.newest_of_each().changed_since().for_pages()


# The header, kind and value of each column.
CHANGED_COLUMNS: tuple[tuple[str, Kind, Callable[[ExportedResult], Any]], ...] = (
    ("studentnummer", Kind.TEXT, lambda result: result.assessment.student.student_number),
    ("naam", Kind.TEXT, lambda result: result.assessment.student.user.full_name),
    ("code", Kind.TEXT, lambda result: result.assessment.exam.code),
    ("examen", Kind.TEXT, lambda result: result.assessment.exam.title),
    ("cohort", Kind.TEXT, lambda result: result.assessment.exam.cohort),
    ("eenheidcode", Kind.TEXT, lambda result: result.assessment.unit_code),
    ("exameneenheid", Kind.TEXT, lambda result: result.assessment.unit.title),
    ("poging", Kind.NUMBER, lambda result: result.assessment.attempt),
    ("geexporteerd_op", Kind.DAY, lambda result: timezone.localdate(result.export.at)),
    ("geexporteerd_resultaat", Kind.OVG, lambda result: result.ovg),
    ("geexporteerd_cijfer", Kind.GRADE, lambda result: result.grade),
    ("status_nu", Kind.TEXT, lambda result: result.assessment.get_status_display()),
    ("resultaat_nu", Kind.OVG, lambda result: result.assessment.ovg),
    ("cijfer_nu", Kind.GRADE, lambda result: result.assessment.grade),
    ("gewijzigd_op", Kind.DAY, lambda result: timezone.localdate(result.assessment.status_since)),
)


def as_csv(results: Iterable[ExportedResult], shape: Shape) -> bytes:
    """Return the CSV in one piece: there are few changed results."""
    writer = CsvWriter(shape)
    lines = [[writer.cell(Kind.TEXT, header) for header, _, _ in CHANGED_COLUMNS]]
    lines += [[writer.cell(kind, value(result)) for _, kind, value in CHANGED_COLUMNS] for result in results]
    text = "".join(writer.between.join(line) + LINE_END for line in lines)
    bom = BOM if shape.encoding == Encoding.UTF8_BOM else ""
    return (bom + text).encode(CODECS[Encoding(shape.encoding)], errors="replace")
