"""The columns of a list: their names, and which values are valid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

from accounts.mail.addresses import mailable, normalise_address

from .reading import Unreadable

MAX_CELL = 500  # characters stored of a cell; more than any column allows
ERRORS_HEADER = "Wat is er mis"  # the extra column of the error file
SEPARATOR = re.compile(r"\s*[,;/+]\s*|\s+en\s+")
# Other headers of a column, in every kind of list.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "first_name": ("Roepnaam", "Voornamen", "First name", "Given name", "Forename"),
    "infix": ("Tussenvoegsels", "Voorvoegsel", "Voorvoegsels", "Infix", "Prefix", "Name prefix"),
    "last_name": ("Familienaam", "Geslachtsnaam", "Last name", "Surname", "Family name"),
    "email": ("E-mail", "Mailadres", "Mail", "E-mail address", "Mail address"),
    "function": ("Functienaam", "Function", "Job title", "Position"),
    "organisation": ("Bedrijf", "Bedrijfsnaam", "Leerbedrijf", "Organisation", "Organization", "Company", "Employer"),
    "side": ("Affiliation", "Affiliated with"),
    "language": ("Voertaal", "Language"),
    "role": ("Rollen", "Role", "Roles"),
    "student_number": (
        "Studentnr", "Leerlingnummer", "Deelnemernummer", "Nummer", "Student number", "Student no", "Student ID",
    ),
    "diploma_on": (
        "Diploma", "Diploma op", "Diploma behaald op", "Datum diploma", "Diploma date", "Graduation date",
    ),
    "left_on": (
        "Vertrokken zonder diploma", "Vertrokken", "Vertrokken op", "Left without diploma on", "Left without diploma",
        "Left on",
    ),
}  # fmt: skip
TRUTHS = {"WAAR", "ONWAAR", "TRUE", "FALSE"}  # as Excel and what it exports write a boolean
DATE = re.compile(
    r"\d{1,2}[-/]\d{1,2}[-/]\d{4}( .*)?|\d{4}-\d{2}-\d{2}([_T ].*)?|\d{1,2}-[a-z]{3}(-\d{2}|-\d{4})?", re.IGNORECASE
)
# UTF-8 once read as Windows-1252, and the replacement character.
GARBLED = re.compile("\ufffd|[ÃÂ][\u00a0-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
EXCEL_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#N/B", "#VERW!", "#NAAM?"}


@dataclass(frozen=True)
class Column:
    """A column: the field `name` that it fills, its header and valid values."""

    name: str
    header: str
    explanation: str
    max_length: int
    required: bool = False
    synonyms: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)  # text, in any case → value
    several: bool = False  # choices, separated by commas
    holds: Literal["text", "name", "date"] = "text"

    @property
    def options(self) -> list[str]:
        """Return the first text of each choice."""
        first: dict[str, str] = {}
        for word, value in self.choices.items():
            first.setdefault(value, word.capitalize())
        return list(first.values())

    def parse(self, cell: str) -> list[str]:
        """Return the choices in a valid cell."""
        return [self.choices[word.casefold()] for word in self._words(cell)]

    def has_choices(self, cell: str) -> bool:
        words = self._words(cell)
        return bool(words) and all(word.casefold() in self.choices for word in words)

    def _words(self, cell: str) -> list[str]:
        words = SEPARATOR.split(cell) if self.several else [cell]
        return [word for word in words if word]


@dataclass(frozen=True, slots=True)
class Note:
    """A note (Dutch) about a value or, without `column`, the row; `warns`: imported, but to be checked."""

    column: str
    value: str
    text: str
    warns: bool = False


@dataclass(frozen=True)
class Layout:
    """The index of each column's cell in a line; `unused` are the unknown headers."""

    columns: Sequence[Column]
    places: Mapping[str, int]
    unused: tuple[str, ...] = ()

    def values(self, cells: Sequence[str]) -> tuple[str, ...]:
        """Return the values in the order of the columns, '' for a column that the file lacks."""
        width = len(cells)
        places = [self.places.get(column.name, width) for column in self.columns]
        return tuple(cells[place][:MAX_CELL] if place < width else "" for place in places)


def count_columns(columns: Sequence[Column], cells: Sequence[str]) -> int:
    """Return how many of `columns` have their header in `cells`."""
    known = _by_word(columns)
    return len({known[word].name for word in map(_plain, cells) if word in known})


def renamed_columns(layout: Layout, header: Sequence[str]) -> list[tuple[str, str]]:
    """Return (the file's header, ours) of each column with another header in the file."""
    ours = {layout.places[column.name]: column.header for column in layout.columns if column.name in layout.places}
    return [(header[index], ours[index]) for index in sorted(ours) if _plain(header[index]) != _plain(ours[index])]


def find_columns(columns: Sequence[Column], header: Sequence[str], *, line: str = "de eerste regel") -> Layout:
    """Return the layout of a header line, ignoring order, case, spaces and hyphens.

    Raise `Unreadable`, naming the line as `line`, if a required column is missing or a column is repeated.
    """
    known = _by_word(columns)
    places: dict[str, int] = {}
    unused = []
    for place, cell in enumerate(header):
        column = known.get(_plain(cell))
        if column is None:
            unused.extend([cell[:MAX_CELL]] if cell and _plain(cell) != _plain(ERRORS_HEADER) else [])
        elif column.name in places:
            raise Unreadable(f"De kolom ‘{column.header}’ staat er twee keer in. Haal er één weg.")
        else:
            places[column.name] = place
    missing = [column.header for column in columns if column.required and column.name not in places]
    if missing:
        raise Unreadable(_missing_message(missing, columns, header, line))
    return Layout(columns, places, tuple(unused))


def _by_word(columns: Sequence[Column]) -> dict[str, Column]:
    return {_plain(word): column for column in columns for word in (column.header, *column.synonyms)}


def _missing_message(missing: Sequence[str], columns: Sequence[Column], header: Sequence[str], line: str) -> str:
    start = "Deze kolom ontbreekt" if len(missing) == 1 else "Deze kolommen ontbreken"
    present = ", ".join(f"‘{cell[:40]}’" for cell in header[:12] if cell)
    return (
        f"{start}: {', '.join(missing)}. In {line} staat nu {present}. "
        f"Verwacht wordt: {', '.join(column.header for column in columns)}."
    )


def _plain(header: str) -> str:
    return re.sub(r"[\s_\-*:.]+", "", header).casefold()


def check(layout: Layout, values: Sequence[str]) -> list[Note]:
    """Return a note for each invalid value."""
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
    if column.choices:
        return "" if column.has_choices(value) else f"kan niet; kies uit {_one_of(column.options)}"
    return _wrong_kind(column, value)


def _one_of(words: Sequence[str]) -> str:
    """'A, B of C'"""
    *others, last = words
    return f"{', '.join(others)} of {last}" if others else last


def _wrong_kind(column: Column, value: str) -> str:
    """Return why a cell is not text: programs turn names into dates and booleans, and garble accents."""
    if value in TRUTHS:
        return "is een waar/onwaar-waarde van Excel; typ zelf wat er moet staan"
    if column.holds != "date" and DATE.fullmatch(value):
        return "is een datum; hier hoort tekst"
    if column.holds == "name" and any(map(str.isdigit, value)) and not any(map(str.isalpha, value)):
        return "is een getal; hier hoort een naam"
    if not value.isascii() and GARBLED.search(value):
        return "heeft letters die bij het opslaan verminkt zijn; typ ze opnieuw"
    return ""


CHUNK = 500  # lines per query: SQLite limits the number of values
EMAIL_AT = 3  # after first name, infix and last name
IS_EXAMPLE = "het voorbeeld uit het template"
_T = TypeVar("_T")


class Outcome(models.TextChoices):
    NEW = "NEW", "Nieuw"
    UPDATED = "UPDATED", "Bijgewerkt"
    ENDED = "ENDED", "Uit de school"
    SKIPPED = "SKIPPED", "Overgeslagen"
    ERROR = "ERROR", "Fout"


VALID_OUTCOMES = (Outcome.NEW, Outcome.UPDATED, Outcome.ENDED)
NOT_IN_FILE = 0  # the line of a row about someone whom the file lacks


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file and the outcome of importing it; `values` are in the order of the columns.

    `line` is `NOT_IN_FILE` for someone whom the file lacks. `about` is the id of the object it changes: the line's key
    may be another object's when it is imported.
    """

    line: int
    values: tuple[str, ...]
    outcome: str
    notes: tuple[Note, ...] = ()
    about: int | None = None

    @property
    def outcome_label(self) -> str:
        return str(Outcome(self.outcome).label)

    @property
    def warns(self) -> bool:
        return any(note.warns for note in self.notes)

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, self.values[:EMAIL_AT]))

    @property
    def email(self) -> str:
        return normalise_address(self.values[EMAIL_AT])


@dataclass(frozen=True, slots=True)
class ValidatedRow:
    """A row, with the stored object that it is about, if any."""

    row: Row
    existing: Any = None


def chunks(items: Iterator[_T], size: int) -> Iterator[list[_T]]:
    while chunk := list(islice(items, size)):
        yield chunk


def problems(layout: Layout, values: Sequence[str]) -> list[Note]:
    """Return a note for each invalid value of a person."""
    notes = check(layout, values)
    header, email = email_column(layout).header, values[EMAIL_AT]
    if not any(note.column == header for note in notes) and not _can_get_mail(email):
        notes.append(Note(header, email, "is geen e-mailadres"))
    return notes


def email_column(layout: Layout) -> Column:
    """Return the column that identifies people."""
    return layout.columns[EMAIL_AT]


def _can_get_mail(email: str) -> bool:
    try:
        validate_email(email)
        mailable(email)
    except ValidationError:
        return False
    return True


def skipped(line: int, values: tuple[str, ...], reason: str) -> Row:
    return Row(line, values, Outcome.SKIPPED, (Note("", "", reason),))


def repeated(layout: Layout, line: int, values: tuple[str, ...], first: int, first_values: tuple[str, ...]) -> Row:
    """Return the row of a line with the same address as line `first`."""
    if values == first_values:
        return skipped(line, values, f"staat ook in regel {first}")
    note = Note(email_column(layout).header, values[EMAIL_AT], f"staat ook in regel {first}, met andere gegevens")
    return Row(line, values, Outcome.ERROR, (note,))
