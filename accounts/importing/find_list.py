"""Find the list in a file: its sheet and header line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from .columns import Column, Layout, count_columns, find_columns, renamed_columns
from .reading import HEADER_WITHIN, Line, Sheet

NAMED_RUNS = 10  # of hidden lines, in one sentence


@dataclass(frozen=True)
class DetectedList:
    """A list's columns and lines; `understood` are sentences (Dutch) about how the file was read."""

    sheet: Sheet
    layout: Layout
    lines: Iterator[Line]
    understood: tuple[str, ...]
    others: tuple[str, ...]  # titles of other sheets with such a list


def find_list(columns: Sequence[Column], sheets: Sequence[Sheet]) -> DetectedList:
    """Return the first list with these columns: its headers may be below a title, or on a later sheet.

    Raise `Unreadable`, about the line with most of the columns, if there is no such list.
    """
    firsts = [list(islice(sheet.lines, HEADER_WITHIN)) for sheet in sheets]
    counts = [[count_columns(columns, cells) for _, cells in first] for first in firsts]
    headers = [count.index(max(count)) for count in counts]
    matching = [index for index, header in enumerate(headers) if _is_header(columns, firsts[index][header][1])]
    best = matching[0] if matching else max(range(len(sheets)), key=lambda index: max(counts[index]))
    sheet, first, header = sheets[best], firsts[best], headers[best]
    number, cells = first[header]
    place = f"regel {number}" + (f" van blad ‘{sheet.title}’" if sheet.title else "")
    is_usual = best == 0 and number == 1
    layout = find_columns(columns, cells, line="de eerste regel" if is_usual else place)
    understood = []
    if not is_usual:
        understood.append(f"Kolomkoppen in {place}" + ("; wat erboven staat is niet gelezen." if header else "."))
    if renamed := renamed_columns(layout, cells):
        read_as = ", ".join(f"‘{theirs}’ als {ours}" for theirs, ours in renamed)
        understood.append(f"Gelezen: {read_as}.")
    others = tuple(sheets[index].title for index in matching if index != best)
    return DetectedList(sheet, layout, chain(first[header + 1 :], sheet.lines), tuple(understood), others)


def _is_header(columns: Sequence[Column], cells: Sequence[str]) -> bool:
    required = [column for column in columns if column.required]
    return count_columns(required, cells) == len(required) and count_columns(columns, cells) > 1


def warnings(detected: DetectedList, lines: Iterable[int]) -> list[str]:
    """Return sentences (Dutch) about other sheets and hidden lines, to check before importing."""
    warnings = []
    if others := detected.others:
        titles = ", ".join(f"‘{title}’" for title in others)
        warnings.append(f"Ook op blad {titles} staat een lijst. Die wordt niet gelezen: importeer die apart.")
    if hidden := sorted(detected.sheet.hidden() & set(lines)):
        warnings.append(f"Verborgen in het bestand, maar wel gelezen: {_describe_lines(hidden)}.")
    return warnings


def _describe_lines(numbers: Sequence[int]) -> str:
    """Return 'regel 4, 7–9'."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    labels = [str(first) if first == last else f"{first}–{last}" for first, last in runs[:NAMED_RUNS]]
    more = sum(last - first + 1 for first, last in runs[NAMED_RUNS:])
    return f"regel {', '.join(labels)}" + (f" en nog {more}" if more else "")
