"""What an import will do, kept between showing it and doing it."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, TypeVar

from accounts.models import School, User

from .columns import Layout, Note, Outcome, Row
from .find_list import find_list, warnings
from .kinds import Count, kind_of
from .models import ImportedFile
from .reading import Unreadable, read_sheets

COUNTED = 500  # rows between two counts
M = TypeVar("M", bound=ImportedFile)
T = TypeVar("T")


def prepare(model: type[M], *, school: School, by: User, file: BinaryIO, filename: str, **fields: Any) -> M:
    """Reads the file and keeps what importing it would do; raises `Unreadable`."""
    prepared = model(school=school, by=by, filename=filename[-150:], **fields)
    read_into(prepared, file)
    prepared.save()
    return prepared


def read_into(prepared: ImportedFile, file: BinaryIO, *, count: Count | None = None) -> None:
    """Sets, without saving, what importing the file would do; `count` is told of each `COUNTED` rows.

    Raises `Unreadable`.
    """
    kind = kind_of(prepared)
    with read_sheets(file) as sheets:
        found = find_list(kind.columns, sheets)
        layout = found.layout
        values = ((number, layout.values(cells)) for number, cells in found.lines)
        judged = counted(kind.judge(school=prepared.school, by_id=prepared.by_id, layout=layout, lines=values), count)
        rows = [one.row for one in judged]
        if not rows:
            raise Unreadable("Onder de kolomnamen staat niemand.")
        prepared.understood = list(found.understood)
        prepared.warnings = warnings(found, (row.line for row in rows))
    prepared.columns, prepared.unused = dict(layout.places), list(layout.unused)
    keep_rows(prepared, rows)


def counted(things: Iterable[T], count: Count | None) -> Iterable[T]:
    """The same things; `count`, if there is one, is told after each `COUNTED` of them how many there were."""
    return things if count is None else _counted(things, count)


def _counted(things: Iterable[T], count: Count) -> Iterator[T]:
    for number, thing in enumerate(things, start=1):
        yield thing
        if number % COUNTED == 0:
            count(number)


def keep_rows(prepared: ImportedFile, rows: Sequence[Row]) -> None:
    """Sets, without saving, what is shown."""
    counts = Counter(row.outcome for row in rows)
    prepared.counts = {str(outcome): counts[outcome] for outcome in Outcome}
    prepared.packed = zlib.compress(json.dumps([_as_json(row) for row in rows], ensure_ascii=False).encode(), 1)


def read_rows(prepared: ImportedFile) -> list[Row]:
    """The rows as they are shown."""
    columns = kind_of(prepared).columns
    return [
        # What was kept before a column came has no value for it.
        Row(
            line, (*values, *[""] * (len(columns) - len(values))), outcome, tuple(Note(*note) for note in notes), *about
        )
        for line, values, outcome, notes, *about in json.loads(zlib.decompress(prepared.packed))
    ]


def layout_of(prepared: ImportedFile) -> Layout:
    """The columns that the file had."""
    return Layout(kind_of(prepared).columns, prepared.columns, tuple(prepared.unused))


def lines_of(rows: Iterable[Row]) -> Iterable[tuple[int, tuple[str, ...]]]:
    """What the rows say, to be judged again."""
    return ((row.line, row.values) for row in rows)


def _as_json(row: Row) -> list[object]:
    notes = [[note.column, note.value, note.text, *([True] if note.warns else [])] for note in row.notes]
    return [row.line, row.values, row.outcome, notes, row.about]
