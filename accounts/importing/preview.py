"""The outcome of an import, stored between preview and import."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, TypeVar

from accounts.models import ImportedFile, School, User

from .columns import NOT_IN_FILE, Layout, Note, Outcome, Row, ValidatedRow
from .find_list import find_list, warnings
from .kinds import Count, Lines, kind_of
from .reading import Unreadable, read_sheets

COUNT_INTERVAL = 500  # rows
_M = TypeVar("_M", bound=ImportedFile)
_T = TypeVar("_T")


def prepare(model: type[_M], *, school: School, by: User, file: BinaryIO, filename: str, **fields: Any) -> _M:
    """Read the file and store its preview; raise `Unreadable`."""
    prepared = model(school=school, by=by, filename=filename[-150:], **fields)
    read_into(prepared, file)
    prepared.save()
    return prepared


def read_into(prepared: ImportedFile, file: BinaryIO, *, count: Count | None = None) -> None:
    """Set the preview of the file on `prepared`, unsaved; raise `Unreadable`."""
    kind = kind_of(prepared)
    with read_sheets(file) as sheets:
        detected = find_list(kind.columns, sheets)
        layout = detected.layout
        lines = ((number, layout.values(cells)) for number, cells in detected.lines)
        rows = [item.row for item in report_progress(validate(prepared, layout=layout, lines=lines), count)]
        if not rows:
            raise Unreadable("Onder de kolomnamen staat niemand.")
        prepared.understood = list(detected.understood)
        prepared.warnings = warnings(detected, (row.line for row in rows))
    prepared.columns, prepared.unused = dict(layout.places), list(layout.unused)
    store_rows(prepared, rows)


def validate(
    prepared: ImportedFile, *, layout: Layout, lines: Lines, checked: Container[int] = (), lock: bool = False
) -> Iterator[ValidatedRow]:
    """Yield the current outcome of each line, as `kinds.Validate`, and then those whom the file lacks."""
    kind, rows = kind_of(prepared), []
    school, by_id = prepared.school, prepared.by_id
    for item in kind.validate(school=school, by_id=by_id, layout=layout, lines=lines, checked=checked, lock=lock):
        rows.append(item.row)
        yield item
    if kind.find_absent and rows:
        yield from kind.find_absent(prepared, rows)


def report_progress(items: Iterable[_T], count: Count | None) -> Iterator[_T]:
    """Yield the items; call `count` after each `COUNT_INTERVAL` of them."""
    for number, item in enumerate(items, start=1):
        yield item
        if count and number % COUNT_INTERVAL == 0:
            count(number)


def store_rows(prepared: ImportedFile, rows: Sequence[Row]) -> None:
    """Set the rows and their counts on `prepared`, unsaved."""
    counts = Counter(row.outcome for row in rows)
    prepared.counts = {str(outcome): counts[outcome] for outcome in Outcome}
    prepared.packed = zlib.compress(json.dumps([_as_json(row) for row in rows], ensure_ascii=False).encode(), 1)


def load_rows(prepared: ImportedFile) -> list[Row]:
    columns = kind_of(prepared).columns
    return [
        # Rows stored before a column was added lack its value.
        Row(
            line, (*values, *[""] * (len(columns) - len(values))), outcome, tuple(Note(*note) for note in notes), *about
        )
        for line, values, outcome, notes, *about in json.loads(zlib.decompress(prepared.packed))
    ]


def stored_layout(prepared: ImportedFile) -> Layout:
    """Return the layout of the imported file."""
    return Layout(kind_of(prepared).columns, prepared.columns, tuple(prepared.unused))


def row_lines(rows: Iterable[Row]) -> Iterable[tuple[int, tuple[str, ...]]]:
    """Return the lines of the file, to be validated again."""
    return ((row.line, row.values) for row in rows if row.line != NOT_IN_FILE)


def _as_json(row: Row) -> list[object]:
    notes = [[note.column, note.value, note.text, *([True] if note.warns else [])] for note in row.notes]
    return [row.line, row.values, row.outcome, notes, row.about]
