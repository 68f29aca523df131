"""The lines of an export, read by chunks.

Neighbouring columns with few distinct values (exam, grade, day) are written once for each combination; only the
student's own columns are written line by line.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Max, QuerySet
from django.db.models.functions import TruncDate

from accounts.models import School, User
from assessments.models import Assessment
from committee.export_format import FINAL_ON, Column, Kind
from committee.models import Export
from exams.models import Exam, ExamUnit

CHUNK = 5000
MAX_COMBINATIONS = 20_000  # cached in memory
# Read once by id, instead of joined to every result.
SHARED: dict[str, Any] = {
    "exam": Exam,
    "unit": ExamUnit,
    "school": School,
    "initiator": User,
    "exported__final_by": User,
}
OWN, FEW = "own", "few"
_Row = tuple[Any, ...]


class CellWriter(ABC):
    """Writes the cells of one kind of file; `between` separates those of a line."""

    between = ""

    @abstractmethod
    def cell(self, kind: Kind, value: Any) -> str:
        """Write a text (a whole name), number, Decimal or day; None is an empty cell."""

    def texts(self, values: Sequence[str]) -> Sequence[str]:
        """Write the cells of a column of text."""
        return [self.cell(Kind.TEXT, value) for value in values]

    def line(self, columns: Sequence[Column], values: dict[str, Any]) -> str:
        """Write one line; `values` has a value for each look-up."""
        cells = [self.cell(c.kind, whole_value(c, [values[name] for name in c.fields])) for c in columns]
        return self.between.join(cells)


def whole_value(column: Column, values: Sequence[Any]) -> Any:
    """Combine the values of a column's look-ups: a name as `PersonName.full_name` does."""
    return " ".join(filter(None, values)) if column.kind is Kind.NAME else values[0]


def read_lines(export: Export, columns: Sequence[Column], writer: CellWriter) -> Iterator[list[str]]:
    """Yield lists of at most `CHUNK` lines, by assessment id.

    Each list is one query that begins after the last id: constant memory without a server-side cursor.
    """
    fields: list[str] = []
    parts: list[_Own | _Few] = []
    for (how, _), run in groupby(columns, _how):
        part = (_Own if how == OWN else _Few)(list(run), writer, begin=len(fields))
        fields += part.fields
        parts.append(part)
    for after, last in _ranges(export):
        yield _lines(list(_between(export, after, last).values_list(*fields)), parts, writer)


def _lines(rows: list[_Row], parts: Sequence[_Own | _Few], writer: CellWriter) -> list[str]:
    return list(map(writer.between.join, zip(*(part.cells(rows) for part in parts), strict=True)))


def _ranges(export: Export) -> Iterator[tuple[int, int]]:
    """Yield for each chunk the assessment id before it, and its last one."""
    after, end = 0, export.results.aggregate(end=Max("assessment_id"))["end"] or 0
    while after < end:
        beyond = export.results.filter(assessment__gt=after).order_by("assessment_id")
        last = next(iter(beyond.values_list("assessment_id", flat=True)[CHUNK - 1 : CHUNK]), end)
        yield after, last
        after = last


class _Day(TruncDate):
    """`TruncDate` without Django's conversion of each value: the database returns a date."""

    def get_db_converters(self, connection: BaseDatabaseWrapper) -> list[Any]:
        return []


def _between(export: Export, after: int, last: int) -> QuerySet[Assessment]:
    # The range is on both sides of the join: else PostgreSQL scans one side from its start for each chunk, or plans a
    # parallel scan of all that follows.
    queryset = Assessment.objects.filter(
        pk__gt=after,
        pk__lte=last,
        exported__export=export,
        exported__assessment__gt=after,
        exported__assessment__lte=last,
    )
    return queryset.annotate(**{FINAL_ON: _Day("exported__final_at")}).order_by("pk")


def _how(column: Column) -> tuple[str, str]:
    """Return a key; neighbouring columns with the same key are written by one part."""
    shared = _shared(column)
    if shared in ("exam", "unit", "school") or column.kind in (Kind.CODE, Kind.NUMBER, Kind.GRADE, Kind.OVG):
        return FEW, ""
    if column.kind is Kind.DAY or shared == "exported__final_by":
        return FEW, "final"
    return (FEW if shared else OWN), column.key


def _shared(column: Column) -> str:
    path = column.fields[0].rpartition("__")[0]
    return path if path in SHARED else ""


class _Own:
    """A column of text that differs from line to line."""

    def __init__(self, columns: list[Column], writer: CellWriter, *, begin: int) -> None:
        [column] = columns
        self.fields, self.writer = column.fields, writer
        self.values = [itemgetter(place) for place in range(begin, begin + len(self.fields))]

    def cells(self, rows: list[_Row]) -> Sequence[str]:
        columns = [list(map(value, rows)) for value in self.values]
        if len(columns) == 1:
            return self.writer.texts(columns[0])
        names = zip(*columns, strict=True)
        return self.writer.texts(
            [f"{a} {b} {c}" if a and b and c else " ".join(filter(None, (a, b, c))) for a, b, c in names]
        )


class _Few(dict[_Row, str]):
    """Neighbouring columns with few combinations of values, each written once and cached here."""

    def __init__(self, columns: list[Column], writer: CellWriter, *, begin: int) -> None:
        self.columns, self.writer, self.begin = columns, writer, begin
        self.fields = list(dict.fromkeys(f"{_shared(c)}_id" if _shared(c) else c.fields[0] for c in columns))
        self.combination = itemgetter(slice(begin, begin + len(self.fields)))
        self.known: dict[Column, dict[int, Any]] = {column: {} for column in columns}
        self.rows: list[_Row] = []

    def cells(self, rows: list[_Row]) -> Sequence[str]:
        if len(self) > MAX_COMBINATIONS:
            self.clear()
        self.rows = rows
        cells = list(map(self.__getitem__, map(self.combination, rows)))
        self.rows = []
        return cells

    def __missing__(self, combination: _Row) -> str:
        values = dict(zip(self.fields, combination, strict=True))
        cells = [self.writer.cell(column.kind, self._value(column, values)) for column in self.columns]
        return self.setdefault(combination, self.writer.between.join(cells))

    def _value(self, column: Column, values: dict[str, Any]) -> Any:
        if not (shared := _shared(column)):
            return values[column.fields[0]]
        known, pk = self.known[column], values[f"{shared}_id"]
        if pk not in known:  # then of all these rows, in one query
            place = self.begin + self.fields.index(f"{shared}_id")
            names = [name.removeprefix(f"{shared}__") for name in column.fields]
            rows = SHARED[shared].objects.filter(pk__in={row[place] for row in self.rows}).values_list("pk", *names)
            known.update({row[0]: whole_value(column, row[1:]) for row in rows})
        return known[pk]
