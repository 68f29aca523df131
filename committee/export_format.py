"""The columns and the formats of an export.

Values are looked up from an assessment; `exported__…` is its result at the time of the export.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db import models


class Kind(Enum):
    """How a column's values are written."""

    TEXT = "text"
    CODE = "code"  # text with few different values
    NAME = "name"  # the non-empty values, joined by spaces
    NUMBER = "number"
    GRADE = "grade"
    OVG = "ovg"
    DAY = "day"


@dataclass(frozen=True)
class Column:
    """`fields` are look-ups from `Assessment`; `key` is stored in profiles and must not change."""

    key: str
    header: str
    meaning: str
    kind: Kind
    fields: tuple[str, ...]


def _of_user(path: str) -> tuple[str, ...]:
    return tuple(f"{path}__{field}" for field in ("first_name", "infix", "last_name"))


STUDENT, EXAM, UNIT = "student", "exam", "unit"
FINAL_ON = "final_on"  # the day in Dutch time, annotated by `rows`
COLUMNS = (
    Column(
        "student_number",
        "studentnummer",
        "het nummer van de student bij deze school",
        Kind.TEXT,
        (f"{STUDENT}__student_number",),
    ),
    Column("name", "naam", "voornaam, tussenvoegsel en achternaam", Kind.NAME, _of_user(f"{STUDENT}__user")),
    Column("exam_code", "code", "crebonummer, of de code van het keuzedeel", Kind.TEXT, (f"{EXAM}__code",)),
    Column("exam", "examen", "de titel van het examen", Kind.TEXT, (f"{EXAM}__title",)),
    Column("cohort", "cohort", "zoals 2025-2026", Kind.TEXT, (f"{EXAM}__cohort",)),
    Column("unit_code", "eenheidcode", "de code van de exameneenheid", Kind.CODE, ("unit_code",)),
    Column("unit", "exameneenheid", "de titel van de exameneenheid", Kind.TEXT, (f"{UNIT}__title",)),
    Column("attempt", "poging", "1 voor de eerste poging", Kind.NUMBER, ("attempt",)),
    Column("ovg", "resultaat", "O, V of G", Kind.OVG, ("exported__ovg",)),
    Column("grade", "cijfer", "1,0 tot en met 10,0", Kind.GRADE, ("exported__grade",)),
    Column("final_on", "definitief_op", "de dag van vaststellen", Kind.DAY, (FINAL_ON,)),
    Column("final_by", "vastgesteld_door", "het lid van de examencommissie", Kind.NAME, _of_user("exported__final_by")),
    Column("first_name", "voornaam", "de voornaam van de student", Kind.TEXT, (f"{STUDENT}__user__first_name",)),
    Column("infix", "tussenvoegsel", "het tussenvoegsel, of niets", Kind.TEXT, (f"{STUDENT}__user__infix",)),
    Column(
        "last_name", "achternaam", "de achternaam zonder tussenvoegsel", Kind.TEXT, (f"{STUDENT}__user__last_name",)
    ),
    Column("email", "e-mailadres", "waarmee de student inlogt", Kind.TEXT, (f"{STUDENT}__user__email",)),
    Column("level", "niveau", "1 tot en met 4, of niets", Kind.NUMBER, (f"{EXAM}__level",)),
    Column(
        "planned_on",
        "datum_afname",
        "de datum van de afname die de docent invulde, of niets",
        Kind.DAY,
        ("planned_on",),
    ),
    Column("initiator", "initiator", "wie de beoordeling startte", Kind.NAME, _of_user("initiator")),
    Column("school", "school", "de naam van de school", Kind.TEXT, ("school__name",)),
)
BY_KEY = {column.key: column for column in COLUMNS}
PLAIN_COLUMNS = COLUMNS[:12]


def _sample(number: str, name: tuple[str, str, str], ovg: str, grade: str, day: date) -> dict[str, Any]:
    first, infix, last = name
    return {
        f"{STUDENT}__student_number": number,
        f"{STUDENT}__user__first_name": first,
        f"{STUDENT}__user__infix": infix,
        f"{STUDENT}__user__last_name": last,
        f"{STUDENT}__user__email": f"{first.lower()}@voorbeeld.nl",
        f"{EXAM}__code": "25656",
        f"{EXAM}__title": "Verzorgende IG",
        f"{EXAM}__cohort": "2025-2026",
        f"{EXAM}__level": 3,
        f"{UNIT}__title": "Bieden van zorg en ondersteuning",
        "unit_code": "B1",
        "attempt": 1,
        "planned_on": date(2026, 11, 9),
        "school__name": "ROC Voorbeeld",
        "initiator__first_name": "Dirk",
        "initiator__infix": "",
        "initiator__last_name": "Docent",
        "exported__ovg": ovg,
        "exported__grade": Decimal(grade),
        FINAL_ON: day,
        "exported__final_by__first_name": "Carla",
        "exported__final_by__infix": "van der",
        "exported__final_by__last_name": "Meer",
    }


# Three invented results, for the preview of a profile.
SAMPLE = (
    _sample("100417", ("Anouk", "van 't", "Hoff"), "G", "8.3", date(2026, 11, 23)),
    _sample("100418", ("Zoë", "", "Bakker"), "V", "6.5", date(2026, 11, 23)),
    _sample("100419", ("Şerife", "", "Yılmaz"), "O", "4.9", date(2026, 12, 1)),
)


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
    """`columns` are pairs of a column's key and its header; `words` maps O, V and G to how they are written."""

    name: str
    columns: tuple[tuple[str, str], ...]
    words: dict[str, str]
    separator: str = Separator.SEMICOLON
    decimal_sign: str = DecimalSign.COMMA
    date_form: str = DateForm.DMY_DASH
    encoding: str = Encoding.UTF8_BOM
    has_headers: bool = True

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Shape:
        return cls(**{**stored, "columns": tuple((key, header) for key, header in stored["columns"])})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def selected(self) -> list[Column]:
        return [BY_KEY[key] for key, _ in self.columns]

    @property
    def headers(self) -> list[str]:
        return [header for _, header in self.columns]

    def day(self, day: date | None) -> str:
        return DATE_FORMS[DateForm(self.date_form)].format(day) if day else ""


PLAIN = Shape(name="Standaard", columns=tuple((c.key, c.header) for c in PLAIN_COLUMNS), words=LETTERS)
