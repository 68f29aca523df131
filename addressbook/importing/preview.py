"""What an import will do, kept between showing it and doing it."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from accounts.models import School, User
from addressbook.models import Import

from .columns import Layout, Note, find_columns
from .contacts import COLUMNS, Outcome, Row, judge
from .reading import read_lines
from .unreadable import Unreadable


def prepare(*, school: School, by: User, file: BinaryIO, filename: str) -> Import:
    """Reads the file and keeps what importing it would do; raises `Unreadable`."""
    lines = read_lines(file)
    _, header = next(lines)
    layout = find_columns(COLUMNS, header)
    values = ((number, layout.values(cells)) for number, cells in lines)
    rows = [judged.row for judged in judge(school=school, layout=layout, lines=values)]
    if not rows:
        raise Unreadable("Onder de kolomnamen staat niemand.")
    prepared = Import(school=school, by=by, filename=filename[-150:], unused=list(layout.unused))
    prepared.columns = dict(layout.places)
    keep_rows(prepared, rows)
    prepared.save()
    return prepared


def keep_rows(prepared: Import, rows: Sequence[Row]) -> None:
    """Sets, without saving, what is shown."""
    counts = Counter(row.outcome for row in rows)
    prepared.counts = {str(outcome): counts[outcome] for outcome in Outcome}
    prepared.packed = zlib.compress(json.dumps([_as_json(row) for row in rows], ensure_ascii=False).encode(), 1)


def read_rows(prepared: Import) -> list[Row]:
    """The rows as they are shown."""
    return [
        Row(line, tuple(values), outcome, tuple(Note(*note) for note in notes))
        for line, values, outcome, notes in json.loads(zlib.decompress(prepared.packed))
    ]


def layout_of(prepared: Import) -> Layout:
    """The columns that the file had."""
    return Layout(COLUMNS, prepared.columns, tuple(prepared.unused))


def lines_of(rows: Iterable[Row]) -> Iterable[tuple[int, tuple[str, ...]]]:
    """What the rows say, to be judged again."""
    return ((row.line, row.values) for row in rows)


def _as_json(row: Row) -> list[object]:
    notes = [[note.column, note.value, note.text] for note in row.notes]
    return [row.line, row.values, row.outcome, notes]
