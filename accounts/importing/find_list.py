"""Find the list in a file: the sheet that it is on, and the line that names its columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from .columns import Column, Layout, count_columns, find_columns, renamed_columns
from .reading import HEADER_WITHIN, Line, Sheet

NAMED = 10  # hidden lines, or runs of them, in one sentence


@dataclass(frozen=True)
class FoundList:
    """A list's columns, the lines under its headers, and where it was found in the file, in sentences (Dutch)."""

    sheet: Sheet
    layout: Layout
    lines: Iterator[Line]
    understood: tuple[str, ...]
    others: tuple[str, ...]  # titles of the sheets that hold such a list, too


def find_list(columns: Sequence[Column], sheets: Sequence[Sheet]) -> FoundList:
    """Return the first list with these columns: its headers may be below a title, or on a later sheet.

    Raises `Unreadable` where there is none, of the line that comes nearest.
    """
    firsts = [list(islice(sheet.lines, HEADER_WITHIN)) for sheet in sheets]
    counts = [[count_columns(columns, cells) for _, cells in first] for first in firsts]
    headers = [count.index(max(count)) for count in counts]
    fitting = [at for at, header in enumerate(headers) if _is_header(columns, firsts[at][header][1])]
    chosen = fitting[0] if fitting else max(range(len(sheets)), key=lambda at: max(counts[at]))
    sheet, first, header = sheets[chosen], firsts[chosen], headers[chosen]
    number, cells = first[header]
    place = f"regel {number}" + (f" van blad ‘{sheet.title}’" if sheet.title else "")
    is_usual = chosen == 0 and number == 1
    layout = find_columns(columns, cells, line="de eerste regel" if is_usual else place)
    understood = [] if is_usual else [_where(place, skipped=header)]
    if renamed := renamed_columns(layout, cells):
        read_as = ", ".join(f"‘{theirs}’ als {ours}" for theirs, ours in renamed)
        understood.append(f"Gelezen: {read_as}.")
    others = tuple(sheets[at].title for at in fitting if at != chosen)
    return FoundList(sheet, layout, chain(first[header + 1 :], sheet.lines), tuple(understood), others)


def _is_header(columns: Sequence[Column], cells: Sequence[str]) -> bool:
    required = [column for column in columns if column.required]
    return count_columns(required, cells) == len(required) and count_columns(columns, cells) > 1


def _where(place: str, *, skipped: int) -> str:
    return f"Kolomkoppen in {place}" + ("; wat erboven staat is niet gelezen." if skipped else ".")


def warnings(found: FoundList, lines: Iterable[int]) -> list[str]:
    """Return what to look at before importing these lines, in sentences (Dutch)."""
    warnings = []
    if others := found.others:
        titles = ", ".join(f"‘{title}’" for title in others)
        warnings.append(f"Ook op blad {titles} staat een lijst. Die wordt niet gelezen: importeer die apart.")
    if hidden := sorted(found.sheet.hidden() & set(lines)):
        warnings.append(f"Verborgen in het bestand, maar wel gelezen: {_regels(hidden)}.")
    return warnings


def _regels(numbers: Sequence[int]) -> str:
    """'regel 4, 7–9'"""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    named = [str(first) if first == last else f"{first}–{last}" for first, last in runs[:NAMED]]
    more = sum(last - first + 1 for first, last in runs[NAMED:])
    return f"regel {', '.join(named)}" + (f" en nog {more}" if more else "")
