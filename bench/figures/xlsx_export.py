"""P5c: the .xlsx of 100,000 results / openpyxl's write-only mode with the same rows. P5d: its peak memory / at 1,000.

Ours is the whole download, including reading the results; openpyxl gets the rows ready.
"""

from __future__ import annotations

import tempfile
from functools import cache
from typing import Any

from django.db.models.functions import TruncDate
from openpyxl import Workbook

from assessments.models import Assessment
from bench.figure import Counts, Figure, Measured, alternate
from bench.figures.csv_export import FEW, download_bytes, make_export, peak
from committee.export.rows import whole_value
from committee.export_format import FINAL_ON
from committee.export_format import PLAIN_COLUMNS as COLUMNS
from committee.models import Export

MANY = 100_000
RUNS = 3


def measure_time(scale: float) -> Measured:
    _, many = _exports(scale)
    rows = list(_values(many))
    assert len(rows) == many.count

    def ours(_run: int) -> None:
        assert download_bytes(many, "XLSX") > many.count

    def reference(_run: int) -> None:
        _write(rows)

    return alternate(ours=ours, reference=reference, runs=RUNS)


def measure_memory(scale: float) -> Counts:
    """Return KiB of new processes."""
    few, many = _exports(scale)
    return Counts(peak(many, "XLSX"), peak(few, "XLSX"))


def _write(rows: list[list[Any]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Resultaten")
    sheet.append([column.header for column in COLUMNS])
    for row in rows:
        sheet.append(row)
    with tempfile.TemporaryFile() as file:
        book.save(file)


def _values(export: Export) -> Any:
    """Yield the values of each line of the plain format."""
    fields = list(dict.fromkeys(name for column in COLUMNS for name in column.fields))
    results = Assessment.objects.filter(exported__export=export).annotate(**{FINAL_ON: TruncDate("final_at")})
    for row in results.order_by("pk").values_list(*fields):
        values = dict(zip(fields, row, strict=True))
        yield [whole_value(column, [values[name] for name in column.fields]) for column in COLUMNS]


@cache
def _exports(scale: float) -> tuple[Export, Export]:
    return make_export(FEW), make_export(max(FEW, round(MANY * scale)))


TIME = Figure(name="P5c", what="xlsx-export", goal=1.0, measure=measure_time)
MEMORY = Figure(name="P5d", what="xlsx-export-memory", goal=1.2, measure=measure_memory)
