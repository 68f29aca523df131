"""A line of a list of people and what importing it does; such a list begins with the columns of a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models

from accounts.mailable import mailable, normalise_address

from .columns import Column, Layout, Note, check

CHUNK = 500  # lines a query: SQLite takes no thousands of values
EMAIL_AT = 3  # after first name, infix and last name
T = TypeVar("T")


class Outcome(models.TextChoices):
    NEW = "NEW", "Nieuw"
    UPDATED = "UPDATED", "Bijgewerkt"
    SKIPPED = "SKIPPED", "Overgeslagen"
    ERROR = "ERROR", "Fout"


GOOD = (Outcome.NEW, Outcome.UPDATED)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file and what importing it does; `values` in the order of the columns.

    `about`: the id of whom it changes, since what the line tells them by may be another's before it is imported.
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
class Judged:
    """A row, with whom or what it is about, if that is there already."""

    row: Row
    there: Any = None


def chunks(things: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(things, size)):
        yield chunk


def problems(layout: Layout, values: Sequence[str]) -> list[Note]:
    """What is wrong with the values of one person; nothing if all is well."""
    notes = check(layout, values)
    header, email = email_column(layout).header, values[EMAIL_AT]
    if not any(note.column == header for note in notes) and not _can_get_mail(email):
        notes.append(Note(header, email, "is geen e-mailadres"))
    return notes


def email_column(layout: Layout) -> Column:
    """The column that people are told apart by."""
    return layout.columns[EMAIL_AT]


def _can_get_mail(email: str) -> bool:
    try:
        validate_email(email)
        mailable(email)
    except ValidationError:
        return False
    return True


def repeated(layout: Layout, line: int, values: tuple[str, ...], first: int, of_first: tuple[str, ...]) -> Row:
    """What becomes of a line whose address line `first` has, too."""
    if values == of_first:
        return Row(line, values, Outcome.SKIPPED, (Note("", "", f"staat ook in regel {first}"),))
    note = Note(email_column(layout).header, values[EMAIL_AT], f"staat ook in regel {first}, met andere gegevens")
    return Row(line, values, Outcome.ERROR, (note,))
