"""The sheets and columns of an exam's Excel workbook (for authors: `docs/examens.md`).

Each sheet but the first has one line per item, preceded by the codes of its parents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.importing.columns import Column
from exams.models import Exam, Part

from .schema import CODE, TEXT, TITLE, Fault

RULE = "points-table"  # the grading rule that the sheets have columns for
EXPLAINED = "Toelichting"  # a sheet that explains the others and is not read
# Text of a cell, case-insensitive → value.
KINDS = {str(label).casefold(): str(value) for value, label in Exam.Kind.choices}
PARTS = {"gedragsobservatie": str(Part.Kind.BEHAVIOUR), "productbeoordeling": str(Part.Kind.PRODUCT)}


@dataclass(frozen=True)
class Sheet:
    """A sheet; its first `parents` columns are the codes of a line's parents."""

    title: str
    explanation: str
    columns: tuple[Column, ...]
    parents: int = 0

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _column(
    name: str, header: str, explanation: str, *, required: bool = True, choices: Mapping[str, str] | None = None
) -> Column:
    longest = {"code": CODE, "title": TITLE}.get(name, TEXT)
    return Column(name, header, explanation, longest, required, choices=choices or {})


def _code(of: str) -> Column:
    return _column("code", "Code", f"De code van {of}, zoals in het kwalificatiedossier. Hoogstens {CODE} tekens.")


def _good_from(of: str) -> Column:
    return _column("good_from", "G vanaf", f"Vanaf zoveel punten is {of} G: meer dan alles V, hoogstens alles G.")


TITLE_COLUMN = _column("title", "Titel", f"Hoogstens {TITLE} tekens.")
UNIT = _column("unit", "Exameneenheid", "De code van de exameneenheid.")
CORE_TASK = _column("core_task", "Kerntaak", "De code van de kerntaak.")
WORK_PROCESS = _column("work_process", "Werkproces", "De code van het werkproces.")
KIND = _column("kind", "Onderdeel", "Gedragsobservatie of Productbeoordeling.", choices=PARTS)
EXAM = Sheet(
    "Examen",
    "Wat er over het hele examen te zeggen is. In kolom A staan de namen, in kolom B vult u in.",
    (
        _column("kind", "Soort", "Beroep of Keuzedeel.", choices=KINDS),
        _column("code", "Code", "Het crebonummer (25656), of de code van het keuzedeel (K0023)."),
        TITLE_COLUMN,
        _column("cohort", "Cohort", "Het schooljaar, zoals 2025-2026."),
        _column("level", "Niveau", "1, 2, 3 of 4; leeg als het er niet is.", required=False),
        _good_from("het hele examen"),
    ),
)
UNITS = Sheet(
    "Exameneenheden",
    "Wat in één keer wordt afgenomen. De volgorde van de regels is de volgorde op het scherm.",
    (_code("de exameneenheid"), TITLE_COLUMN, _good_from("de exameneenheid")),
)
CORE_TASKS = Sheet(
    "Kerntaken",
    "De kerntaken van elke exameneenheid.",
    (
        UNIT,
        _code("de kerntaak"),
        TITLE_COLUMN,
        _good_from("de kerntaak"),
        _column("weight", "Weging", "Hoe zwaar de kerntaak telt in het cijfer van de exameneenheid; meestal 1."),
    ),
    parents=1,
)
WORK_PROCESSES = Sheet(
    "Werkprocessen",
    "De werkprocessen van elke kerntaak.",
    (
        UNIT,
        CORE_TASK,
        _code("het werkproces"),
        TITLE_COLUMN,
        _column("description", "Omschrijving", f"Mag leeg blijven. Hoogstens {TEXT} tekens.", required=False),
        _good_from("het werkproces"),
    ),
    parents=2,
)
PARTS_SHEET = Sheet(
    "Onderdelen",
    "Van elk werkproces de Gedragsobservatie, de Productbeoordeling, of allebei.",
    (UNIT, CORE_TASK, WORK_PROCESS, KIND, _good_from("het onderdeel")),
    parents=3,
)
CRITERIA = Sheet(
    "Criteria",
    "Eén regel voor elk criterium. Een nieuwe regel in een cel maakt u met Alt+Enter.",
    (
        UNIT,
        CORE_TASK,
        WORK_PROCESS,
        KIND,
        _column("text", "Criterium", f"Wat de examinator beoordeelt. Hoogstens {TEXT} tekens."),
        _column("O", "O", "Wat Onvoldoende hier betekent."),
        _column("V", "V", "Wat Voldoende hier betekent."),
        _column("G", "G", "Wat Goed hier betekent."),
    ),
    parents=4,
)
GRADES = Sheet(
    "Cijfers",
    "Bij elk aantal punten een cijfer: van elke kerntaak en van elk werkproces, van 0 punten tot alles G.",
    (
        UNIT,
        CORE_TASK,
        _column("work_process", "Werkproces", "De code van het werkproces; leeg voor de cijfers van de kerntaak."),
        _column("points", "Punten", "0, 1, 2 en zo verder: een O is 0 punten, een V 1 en een G 2."),
        _column("grade", "Cijfer", "1,0 tot en met 10,0, met hoogstens twee decimalen."),
    ),
    parents=3,
)
SHEETS = (EXAM, UNITS, CORE_TASKS, WORK_PROCESSES, PARTS_SHEET, CRITERIA, GRADES)
_LISTS = {
    "units": UNITS,
    "core_tasks": CORE_TASKS,
    "work_processes": WORK_PROCESSES,
    "parts": PARTS_SHEET,
    "criteria": CRITERIA,
}
_HEADERS = {column.name: column.header for sheet in (*SHEETS, EXAM) for column in sheet.columns}
_PHRASES = [
    (rf"het veld '({'|'.join(_LISTS)})' ontbreekt of is leeg; vul het in\.", lambda match: _nothing(match[1])),
    (r"'table' ontbreekt; voeg het toe\.", lambda _: f"de cijfers ontbreken; zet ze op het werkblad ‘{GRADES.title}’."),
    (r"'table' heeft (\d+) cijfers", lambda match: f"er staan {match[1]} cijfers op het werkblad ‘{GRADES.title}’"),
    (r"'table' (heeft bij|daalt bij)", lambda match: f"de cijfertabel {match[1]}"),
    (r"het veld '(\w+)'", lambda match: f"‘{_HEADERS.get(match[1], match[1])}’"),
    (r"onderdeel '?BEHAVIOUR'?", lambda _: "onderdeel Gedragsobservatie"),
    (r"onderdeel '?PRODUCT'?", lambda _: "onderdeel Productbeoordeling"),
    (rf"'({'|'.join(_HEADERS)})'", lambda match: f"‘{_HEADERS[match[1]]}’"),
]


def _nothing(key: str) -> str:
    return f"op het werkblad ‘{_LISTS[key].title}’ staat hier niets bij; voeg daar een of meer regels toe."


def in_words(fault: Fault) -> Fault:
    """Return the fault with the workbook's sheets and headers in place of YAML's keys."""
    text = fault.text
    for pattern, words in _PHRASES:
        text = re.sub(pattern, words, text)
    return Fault(fault.place, text)
