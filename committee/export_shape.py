"""The shape of an export: which columns in which order, under which headers, and how a file writes them.

`PLAIN` is the one that ships. A school's own is kept as an `ExportProfile`; an export remembers the shape
it was made in, so that downloading it again gives the same file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import models

from .export_columns import BY_KEY, Column
from .export_columns import PLAIN as PLAIN_COLUMNS


class Separator(models.TextChoices):
    SEMICOLON = "SEMICOLON", "puntkomma ( ; )"
    COMMA = "COMMA", "komma ( , )"
    TAB = "TAB", "tab"


class DecimalSign(models.TextChoices):
    COMMA = "COMMA", "komma (7,5)"
    POINT = "POINT", "punt (7.5)"


class DateForm(models.TextChoices):
    DMY_DASH = "DMY_DASH", "23-11-2026"
    DMY_SLASH = "DMY_SLASH", "23/11/2026"
    DMY_POINT = "DMY_POINT", "23.11.2026"
    DMY = "DMY", "23112026"
    YMD_DASH = "YMD_DASH", "2026-11-23"
    YMD = "YMD", "20261123"


class Encoding(models.TextChoices):
    UTF8_BOM = "UTF8_BOM", "UTF-8 met BOM (Excel herkent het)"
    UTF8 = "UTF8", "UTF-8 zonder BOM"
    WINDOWS_1252 = "WINDOWS_1252", "Windows-1252 (wat daar niet in past, wordt een vraagteken)"


SEPARATORS = {Separator.SEMICOLON: ";", Separator.COMMA: ",", Separator.TAB: "\t"}
DECIMAL_SIGNS = {DecimalSign.COMMA: ",", DecimalSign.POINT: "."}
DATE_FORMS = {
    DateForm.DMY_DASH: "{0.day:02}-{0.month:02}-{0.year:04}",
    DateForm.DMY_SLASH: "{0.day:02}/{0.month:02}/{0.year:04}",
    DateForm.DMY_POINT: "{0.day:02}.{0.month:02}.{0.year:04}",
    DateForm.DMY: "{0.day:02}{0.month:02}{0.year:04}",
    DateForm.YMD_DASH: "{0.year:04}-{0.month:02}-{0.day:02}",
    DateForm.YMD: "{0.year:04}{0.month:02}{0.day:02}",
}
CODECS = {Encoding.UTF8_BOM: "utf-8", Encoding.UTF8: "utf-8", Encoding.WINDOWS_1252: "cp1252"}
CHARSETS: dict[str, str] = {Encoding.UTF8_BOM: "utf-8", Encoding.UTF8: "utf-8", Encoding.WINDOWS_1252: "windows-1252"}
LETTERS = {"O": "O", "V": "V", "G": "G"}


@dataclass(frozen=True)
class Shape:
    """`columns` are pairs of a column's key and its header; `words` say how O, V and G are written."""

    name: str
    columns: tuple[tuple[str, str], ...]
    words: dict[str, str]
    separator: str = Separator.SEMICOLON
    decimal_sign: str = DecimalSign.COMMA
    date_form: str = DateForm.DMY_DASH
    encoding: str = Encoding.UTF8_BOM
    has_headers: bool = True

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Shape:
        """The shape that `as_json` wrote."""
        return cls(**{**kept, "columns": tuple((key, header) for key, header in kept["columns"])})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def chosen(self) -> list[Column]:
        return [BY_KEY[key] for key, _ in self.columns]

    @property
    def headers(self) -> list[str]:
        return [header for _, header in self.columns]

    def day(self, day: date | None) -> str:
        return DATE_FORMS[DateForm(self.date_form)].format(day) if day else ""


PLAIN = Shape(name="Standaard", columns=tuple((c.key, c.header) for c in PLAIN_COLUMNS), words=LETTERS)
