"""What the columns of a file are called, and what may stand in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .unreadable import Unreadable

KEPT = 500  # characters of a cell; no column takes as many, so that what is longer is refused in any case
MENDING = "Wat is er mis"  # the column that the file to mend has more
SEPARATOR = re.compile(r"\s*[,;/+]\s*|\s+en\s+")
EXCEL_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#N/B", "#VERW!", "#NAAM?"}


@dataclass(frozen=True)
class Column:
    """One column: the field it fills, its header, and what else people call it."""

    name: str
    header: str
    explanation: str
    max_length: int
    required: bool = False
    also: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)  # what stands in the cell → value; the former any case
    several: bool = False  # of the choices, with a comma between them

    @property
    def offered(self) -> list[str]:
        """One word for each value."""
        first: dict[str, str] = {}
        for word, value in self.choices.items():
            first.setdefault(value, word.capitalize())
        return list(first.values())

    def chosen(self, cell: str) -> list[str]:
        """The values that a good cell names."""
        return [self.choices[word.casefold()] for word in self._words(cell)]

    def has_choices(self, cell: str) -> bool:
        words = self._words(cell)
        return bool(words) and all(word.casefold() in self.choices for word in words)

    def _words(self, cell: str) -> list[str]:
        words = SEPARATOR.split(cell) if self.several else [cell]
        return [word for word in words if word]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say of a row: of a column and its value, or (without them) of the row as a whole.

    `warns`: the row is imported, and someone should look whether that is right.
    """

    column: str
    value: str
    text: str
    warns: bool = False


@dataclass(frozen=True)
class Layout:
    """Which cell of a line holds which column's value; `unused` are the headers that mean nothing here."""

    columns: Sequence[Column]
    places: Mapping[str, int]
    unused: tuple[str, ...] = ()

    def values(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The values in the order of the columns; empty for a column that the file lacks."""
        width = len(cells)
        places = [self.places.get(column.name, width) for column in self.columns]
        return tuple(cells[place][:KEPT] if place < width else "" for place in places)


def find_columns(columns: Sequence[Column], header: Sequence[str]) -> Layout:
    """Reads the first line; order, case, spaces and hyphens don't matter. Raises `Unreadable`."""
    known = {_plain(word): column for column in columns for word in (column.header, *column.also)}
    places: dict[str, int] = {}
    unused = []
    for place, cell in enumerate(header):
        column = known.get(_plain(cell))
        if column is None:
            unused.extend([cell[:KEPT]] if cell and _plain(cell) != _plain(MENDING) else [])
        elif column.name in places:
            raise Unreadable(f"De kolom ‘{column.header}’ staat er twee keer in. Haal er één weg.")
        else:
            places[column.name] = place
    missing = [column.header for column in columns if column.required and column.name not in places]
    if missing:
        raise Unreadable(_without(missing, columns, header))
    return Layout(columns, places, tuple(unused))


def _without(missing: Sequence[str], columns: Sequence[Column], header: Sequence[str]) -> str:
    lacks = "Deze kolom ontbreekt" if len(missing) == 1 else "Deze kolommen ontbreken"
    there = ", ".join(f"‘{cell[:40]}’" for cell in header[:12] if cell)
    return (
        f"{lacks}: {', '.join(missing)}. In de eerste regel staat nu {there}. "
        f"Verwacht wordt: {', '.join(column.header for column in columns)}."
    )


def _plain(header: str) -> str:
    return re.sub(r"[\s_\-*:.]+", "", header).casefold()


def check(layout: Layout, values: Sequence[str]) -> list[Note]:
    """What is wrong with these values; nothing if all is well."""
    notes = []
    for column, value in zip(layout.columns, values, strict=True):
        reason = _wrong(column, value)
        if reason:
            notes.append(Note(column.header, value, reason))
    return notes


def _wrong(column: Column, value: str) -> str:
    if not value:
        return "moet worden ingevuld" if column.required else ""
    if value[0] == "=":
        return "is een formule; zet er de uitkomst zelf neer"
    if value[0] == "#" and value.upper() in EXCEL_ERRORS:
        return "is een foutmelding van Excel; zet er de waarde zelf neer"
    if "://" in value:
        return "kan geen webadres zijn"
    if len(value) > column.max_length:
        return f"is te lang; het mogen {column.max_length} tekens zijn"
    if column.choices and not column.has_choices(value):
        return f"kan niet; kies uit {' of '.join(column.offered)}"
    return ""
