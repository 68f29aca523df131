"""'Download resultaten als CSV' (source text, part C, 'CSV-export'): final results, a line each.

The default columns are `COLUMNS`. UTF-8 with BOM, `;` between the cells, CRLF after each line, a
decimal comma, days as dd-mm-jjjj: as a Dutch Excel reads it by a double click.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from assessments.models import Assessment, AssessmentQuerySet
from exams.models import Exam

CHUNK = 2000
COUNT_UP_TO = 1000  # beyond it the screen says '1000+'
# Excel and LibreOffice take a cell that begins so for a formula; the last four are the full-width forms.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Column:
    """A column: its header, what stands in it, and how it is made of an assessment."""

    header: str
    meaning: str
    value: Callable[[Assessment], Any]


COLUMNS = (
    Column("studentnummer", "het nummer van de student bij deze school", lambda a: a.student.student_number),
    Column("naam", "voornaam, tussenvoegsel en achternaam", lambda a: a.student.user.full_name),
    Column("code", "crebonummer, of de code van het keuzedeel", lambda a: a.exam.code),
    Column("examen", "de titel van het examen", lambda a: a.exam.title),
    Column("cohort", "zoals 2025-2026", lambda a: a.exam.cohort),
    Column("eenheidcode", "de code van de exameneenheid", lambda a: a.unit_code),
    Column("exameneenheid", "de titel van de exameneenheid", lambda a: a.unit.title),
    Column("poging", "1 voor de eerste poging", lambda a: a.attempt),
    Column("resultaat", "O, V of G", lambda a: a.ovg),
    Column("cijfer", "1,0 tot en met 10,0", lambda a: str(a.grade).replace(".", ",")),
    Column("definitief_op", "de dag van vaststellen, als dd-mm-jjjj", lambda a: f"{_local(a.final_at):%d-%m-%Y}"),
    Column("vastgesteld_door", "het lid van de examencommissie", lambda a: str(a.final_by)),
)


def filename(exam: Exam) -> str:
    """'resultaten-25656-2026-11-23.csv': the exam's code and today."""
    return f"resultaten-{exam.code}-{timezone.localdate():%Y-%m-%d}.csv"


def lines(results: AssessmentQuerySet) -> Iterator[str]:
    """The file in pieces: the header, then a piece for every `CHUNK` results, in the order of their ids.

    Each piece is a query of its own that begins after the last id, so that memory stays level and no
    server-side cursor is needed.
    """
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    yield "\ufeff" + writer.writerow([column.header for column in COLUMNS])
    related = results.select_related("student__user", "exam", "unit", "final_by").order_by("pk")
    last = 0
    while rows := list(related.filter(pk__gt=last)[:CHUNK]):
        yield "".join(writer.writerow(_cells(row)) for row in rows)
        last = rows[-1].pk


def _cells(assessment: Assessment) -> Iterable[str]:
    return [neutralised(str(column.value(assessment))) for column in COLUMNS]


def neutralised(cell: str) -> str:
    """The cell as text: one that could be a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _local(moment: Any) -> Any:
    return timezone.localtime(moment)


class _Echo:
    """What csv.writer writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line
