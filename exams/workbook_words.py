"""What is said of a workbook's content, in the words of its sheets: the checks speak of the keys of a YAML file."""

from __future__ import annotations

import re

from .nodes import Fault
from .workbook_layout import CORE_TASKS, CRITERIA, EXAM, GRADES, PARTS_SHEET, SHEETS, UNITS, WORK_PROCESSES

_LISTS = {
    "units": UNITS,
    "core_tasks": CORE_TASKS,
    "work_processes": WORK_PROCESSES,
    "parts": PARTS_SHEET,
    "criteria": CRITERIA,
}
_HEADERS = {column.name: column.header for sheet in (*SHEETS, EXAM) for column in sheet.columns}
_PHRASES = [
    (rf"het veld '({'|'.join(_LISTS)})' ontbreekt of is leeg; vul het in\.", lambda found: _nothing(found[1])),
    (r"'table' ontbreekt; voeg het toe\.", lambda _: f"de cijfers ontbreken; zet ze op het werkblad ‘{GRADES.title}’."),
    (r"'table' heeft (\d+) cijfers", lambda found: f"er staan {found[1]} cijfers op het werkblad ‘{GRADES.title}’"),
    (r"'table' (heeft bij|daalt bij)", lambda found: f"de cijfertabel {found[1]}"),
    (r"het veld '(\w+)'", lambda found: f"‘{_HEADERS.get(found[1], found[1])}’"),
    (r"onderdeel '?BEHAVIOUR'?", lambda _: "onderdeel Gedragsobservatie"),
    (r"onderdeel '?PRODUCT'?", lambda _: "onderdeel Productbeoordeling"),
    (rf"'({'|'.join(_HEADERS)})'", lambda found: f"‘{_HEADERS[found[1]]}’"),
]


def _nothing(key: str) -> str:
    return f"op het werkblad ‘{_LISTS[key].title}’ staat hier niets bij; voeg daar een of meer regels toe."


def in_words(fault: Fault) -> Fault:
    text = fault.text
    for pattern, words in _PHRASES:
        text = re.sub(pattern, words, text)
    return Fault(fault.place, text)
