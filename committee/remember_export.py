"""An export is written down before its file is made: which results, as they are now, a row each.

The set is fixed in one transaction. Whatever happens to the download, it can be had again, and what
'Alleen nieuw' leaves out is what stands here.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, QuerySet, Value

from accounts.models import School, User
from assessments.models import Assessment, AssessmentQuerySet
from exams.models import Exam

from .export_shape import Shape
from .export_xlsx import MOST_RESULTS
from .models import Export, ExportedResult


class NothingToExport(Exception):
    """There is no result to export, or no new one; nothing was written down."""


class TooMany(Exception):
    """A sheet of Excel has no room for this many; nothing was written down."""


def not_exported(results: AssessmentQuerySet) -> AssessmentQuerySet:
    """Final results that are in no export yet as they were last made final."""
    exported = ExportedResult.objects.filter(assessment=OuterRef("pk"), final_at=OuterRef("final_at"))
    return results.filter(~Exists(exported))


@transaction.atomic
def remember(
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
    Raises `NothingToExport` or `TooMany`.
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
        raise TooMany
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
