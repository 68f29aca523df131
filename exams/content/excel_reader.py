"""The lines of an exam workbook's sheets, each cell with its place; what a cell can't hold is said here."""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from openpyxl.utils import get_column_letter
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from accounts.importing.columns import EXCEL_ERRORS, Column, Layout, find_columns
from accounts.importing.reading import MAX_LINES, MAX_ROWS, Unreadable, opened

from . import schema
from .excel_format import (
    CORE_TASKS,
    CRITERIA,
    EXAM,
    GRADES,
    PARTS_SHEET,
    RULE,
    SHEETS,
    UNITS,
    WORK_PROCESSES,
    Sheet,
    in_words,
)
from .schema import NOWHERE, ExamContent, Fault, FileRefused, Node, Place

MAX_COLUMNS = 20
FORMULA, FAILED, DATE = object(), object(), object()  # what stands in a cell that holds no value
WHOLE = re.compile(r"-?[0-9]{1,6}", re.ASCII)
GRADE = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?", re.ASCII)
WEIGHT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?", re.ASCII)
Value = str | int | float | object | None
Lines = list[tuple[int, list[Value]]]


def read_sheets(file: BinaryIO) -> dict[str, Lines]:
    """(row number, values) of each line that isn't blank, by the sheet's title; raises `Unreadable`."""
    titles = {_plain(sheet.title): sheet.title for sheet in SHEETS}
    found: dict[str, Lines] = {}
    with opened(file) as book:
        for worksheet in book.worksheets:
            title = titles.get(_plain(worksheet.title))
            if title and isinstance(worksheet, ReadOnlyWorksheet):
                found[title] = list(_lines(worksheet, title))
    return found


def _lines(worksheet: Any, title: str) -> Iterator[tuple[int, list[Value]]]:
    worksheet.reset_dimensions()  # what the file says of its size need not be so
    rows = 0
    for number, cells in enumerate(worksheet.iter_rows(max_col=MAX_COLUMNS), start=1):
        values = [_value(cell) for cell in cells]
        rows += any(value is not None for value in values)
        if rows > MAX_ROWS or number > MAX_LINES:
            text = f"Het werkblad ‘{title}’ heeft meer dan 20.000 regels of 100.000 lege; zo groot is geen examen."
            raise Unreadable(text)
        if any(value is not None for value in values):
            yield number, values


def _value(cell: Any) -> Value:
    value = cell.value
    if value is None or isinstance(value, int | float):
        return _number(value)
    if cell.data_type == "f" or type(value).__name__.endswith("Formula"):
        return FORMULA
    if cell.data_type == "e" or str(value).upper() in EXCEL_ERRORS:
        return FAILED
    if isinstance(value, datetime | date | time | timedelta):
        return DATE
    # Windows' line ends, which some programs write in full.
    return str(value).replace("_x000D_", "").replace("\r\n", "\n").strip() or None


def _number(value: int | float | None) -> Value:
    if isinstance(value, bool):
        return "WAAR" if value else "ONWAAR"
    if isinstance(value, float):
        value = round(value, 6)  # what adding up leaves behind the comma
        return int(value) if value.is_integer() else value
    return value


def _plain(title: str) -> str:
    return title.strip().casefold()


def cell(sheet: Sheet, row: int, column: int) -> Place:
    """`column` counts from 0."""
    name = f"{get_column_letter(column + 1)}{row}"
    return Place((SHEETS.index(sheet), row, column), f"werkblad ‘{sheet.title}’, cel {name}")


@dataclass(frozen=True)
class Row:
    """A line of a sheet: a node for each of its columns."""

    number: int
    place: Place
    nodes: Mapping[str, Node]
    places: Mapping[str, Place]
    typed: Mapping[str, str] = field(default_factory=dict)

    def node(self, name: str) -> Node:
        return self.nodes[name]

    def place_of(self, name: str) -> Place:
        return self.places[name]

    def text(self, name: str) -> str:
        value = self.nodes[name].value
        return value if isinstance(value, str) else ""

    def shown(self, name: str) -> str:
        """What stands in the cell, as it was typed."""
        return self.typed.get(name, "")[:60]


class SheetReader:
    """Reads sheets to rows and collects what is wrong with their cells; a wrong cell is an empty one from then on."""

    def __init__(self, sheets: Mapping[str, Lines]) -> None:
        self.faults: list[Fault] = []
        self.said: set[Place] = set()
        self.lacks_columns = False
        self._sheets = sheets
        self._texts: set[str] = set()

    def fault(self, place: Place, text: str) -> None:
        self.faults.append(Fault(place, text))
        self.said.add(place)

    def fault_once(self, place: Place, text: str) -> None:
        if text not in self._texts:
            self._texts.add(text)
            self.fault(place, text)

    def missing(self, column: Column, row: Row) -> None:
        place = row.place_of(column.name)
        if place not in self.said:
            self.fault(place, f"‘{column.header}’ ontbreekt of is leeg; vul het in.")

    def rows(self, sheet: Sheet) -> list[Row]:
        """The lines under the header."""
        lines = self._lines(sheet)
        if not lines:
            return []
        (number, header), *others = lines
        layout = self._layout(sheet, [(number, place) for place in range(len(header))], header)
        if layout is None:
            return []
        return [self._row(sheet, layout, number, values) for number, values in others]

    def named_values(self, sheet: Sheet) -> Row:
        """A sheet that has its names in the first column and their values in the second."""
        lines = self._lines(sheet)
        layout = self._layout(sheet, [(number, 0) for number, _ in lines], [values[0] for _, values in lines])
        places = layout.places if layout else {}
        first = cell(sheet, 1, 0)
        of_columns, of_values = {}, {}
        for column in sheet.columns:
            at = places.get(column.name)
            of_columns[column.name] = cell(sheet, lines[at][0], 1) if at is not None else first
            of_values[column.name] = lines[at][1][1] if at is not None else None
        return self._made(sheet, 1, first, of_columns, of_values)

    def _lines(self, sheet: Sheet) -> Lines:
        lines = self._sheets.get(sheet.title, [])
        if not lines:
            self.lacks_columns = True
            there = "is leeg" if sheet.title in self._sheets else "ontbreekt"
            text = f"het werkblad ‘{sheet.title}’ {there}; neem het over uit het sjabloon en vul het in."
            self.fault(Place((SHEETS.index(sheet),)), text)
        return lines

    def _layout(self, sheet: Sheet, places: Sequence[tuple[int, int]], header: Sequence[Value]) -> Layout | None:
        names = [value if isinstance(value, str) else "" if value is None else str(value) for value in header]
        where = Place((SHEETS.index(sheet), 0), f"werkblad ‘{sheet.title}’")
        try:
            layout = find_columns(sheet.columns, names)
        except Unreadable as error:
            if names:
                self.lacks_columns = True
                self.fault(where, str(error))
            return None
        known = [column.header for column in sheet.columns]
        for unknown in layout.unused:
            row, place = places[[name[: len(unknown)] for name in names].index(unknown)]
            near = difflib.get_close_matches(unknown, known, 1)
            mend = f"bedoelt u ‘{near[0]}’?" if near else f"hier horen {', '.join(known)}; haal het weg."
            self.fault(cell(sheet, row, place), f"‘{unknown[:60]}’ is onbekend; {mend}")
        return layout

    def _row(self, sheet: Sheet, layout: Layout, number: int, values: Sequence[Value]) -> Row:
        width = len(values)
        of_columns, of_values = {}, {}
        for column in sheet.columns:
            at = layout.places.get(column.name, width)
            of_columns[column.name] = cell(sheet, number, at if at < width else 0)
            of_values[column.name] = values[at] if at < width else None
        return self._made(sheet, number, cell(sheet, number, 0), of_columns, of_values)

    def _made(
        self, sheet: Sheet, number: int, place: Place, places: Mapping[str, Place], values: Mapping[str, Value]
    ) -> Row:
        nodes = {
            column.name: Node(self._read(column, values[column.name], places[column.name]), places[column.name])
            for column in sheet.columns
        }
        typed = {name: str(value) for name, value in values.items() if value is not None}
        return Row(number, place, nodes, places, typed)

    # --- One cell ----------------------------------------------------------------------------------
    def _read(self, column: Column, value: Value, place: Place) -> str | int | None:
        """The cell's value as the column wants it; None, and a fault, where it can't be."""
        if value is None:
            return None
        wrong = _no_value(value)
        if wrong:
            self.fault(place, f"‘{column.header}’ {wrong}")
            return None
        text = str(value)
        if column.choices:
            chosen = column.choices.get(text.casefold())
            if chosen is None:
                self.fault(place, f"‘{text[:60]}’ kan niet; kies uit {' of '.join(column.offered)}.")
            return chosen
        if column.name in ("good_from", "points", "level"):
            return self._whole(text, place)
        if column.name in ("weight", "grade"):
            return self._decimal(column, value, place)
        return text

    def _whole(self, text: str, place: Place) -> int | None:
        if WHOLE.fullmatch(text):
            return int(text)
        self.fault(place, f"‘{text[:60]}’ is geen heel getal; schrijf een getal zonder komma, zoals 5.")
        return None

    def _decimal(self, column: Column, value: Value, place: Place) -> str | None:
        """A grade or weight as YAML has it: '7.5', '1'. What is text in the sheet stays as it is written."""
        text = str(value).replace(",", ".")
        if column.name == "grade":
            if GRADE.fullmatch(text) and 1 <= Decimal(text) <= 10:
                return f"{text}.0" if isinstance(value, int) else text
            mend = "is geen cijfer; schrijf een cijfer van 1 tot en met 10, met hoogstens twee decimalen, zoals 7,5."
        else:
            if WEIGHT.fullmatch(text):
                return text
            mend = "is geen weging; schrijf een getal boven 0 met hoogstens twee decimalen, zoals 1 of 1,5."
        self.fault(place, f"‘{str(value)[:60]}’ {mend}")
        return None


def _no_value(value: Value) -> str:
    if value is FORMULA:
        return "is een formule; kopieer de cel en plak die als waarde, of typ de uitkomst."
    if value is FAILED:
        return "is een foutmelding van Excel; zet er de waarde zelf neer."
    if value is DATE:
        return "is een datum of tijd; maak er tekst van: zet er een ' voor."
    return ""


Key = tuple[str, ...]


def read(file: bytes) -> ExamContent:
    """The exam that a workbook holds; raises `FileRefused` with everything that is wrong in it."""
    try:
        sheets = read_sheets(io.BytesIO(file))
    except Unreadable as error:
        raise FileRefused([Fault(NOWHERE, str(error))]) from error
    reader = SheetReader(sheets)
    rows = {sheet.title: reader.rows(sheet) for sheet in (UNITS, CORE_TASKS, WORK_PROCESSES, PARTS_SHEET, CRITERIA)}
    exam, grades = reader.named_values(EXAM), reader.rows(GRADES)
    if reader.lacks_columns:
        raise FileRefused(reader.faults)
    tree = _Tree(reader, rows)
    root = tree.root(exam, grades)
    try:
        return _checked(root, tree)
    except FileRefused as error:
        raise FileRefused([*reader.faults, *error.faults]) from error


def _checked(root: Node, tree: _Tree) -> ExamContent:
    """As `content.read`, without what was said already; raises also when only the sheets have faults."""
    faults = tree.reader.faults
    try:
        exam = schema.read(root, with_scheme=not faults)
    except FileRefused as error:
        said = tree.reader.said | tree.silent
        raise FileRefused([in_words(fault) for fault in error.faults if fault.place not in said]) from error
    if faults:
        raise FileRefused([])
    return exam


class _Tree:
    """Hangs the lines of the sheets under each other by their codes."""

    def __init__(self, reader: SheetReader, rows: dict[str, list[Row]]) -> None:
        self.reader = reader
        self.silent: set[Place] = set()  # what has nothing below it only because a code below leads nowhere
        self._rows = rows
        self._incomplete: set[str] = set()  # sheets on which a code lacks, or leads nowhere
        self._codeless: set[str] = set()  # those on which a code lacks
        self._lost: set[Key] = set()  # what hangs under nothing: nothing is said of what is below it
        self._tables: dict[Key, list[tuple[int, Node]]] = {}
        self._known: dict[str, dict[Key, Row]] = {}
        self._children: dict[str, dict[Key, list[tuple[Key, Row]]]] = {}

    def root(self, exam: Row, grades: list[Row]) -> Node:
        above: Sheet | None = None
        for sheet in (UNITS, CORE_TASKS, WORK_PROCESSES, PARTS_SHEET, CRITERIA):
            self._find(sheet, above)
            above = sheet
        self._find_grades(grades)
        heading = {name: exam.node(name) for name in ("kind", "code", "title", "cohort", "level")}
        grading = {"rule": Node(RULE, exam.place), "good_from": exam.node("good_from")}
        return Node(
            {
                "exam": Node(heading, exam.place),
                "grading": Node(grading, exam.place),
                "units": self._below(UNITS, (), Place((1,), f"werkblad ‘{UNITS.title}’")),
            },
            exam.place,
        )

    # --- What hangs where --------------------------------------------------------------------------
    def _find(self, sheet: Sheet, above: Sheet | None) -> None:
        """Sets the sheet's rows by their keys: those whose codes lead somewhere, and each key once."""
        known: dict[Key, Row] = {}
        children: dict[Key, list[tuple[Key, Row]]] = {}
        for row in self._rows[sheet.title]:
            key = self._key(sheet, row)
            if key is None:
                continue
            if above and key[:-1] not in self._known[above.title]:
                self._lost.add(key)
                self._incomplete.add(sheet.title)
                self._lead_nowhere(sheet, above, row, key[:-1])
            elif key in known:
                self._repeated(sheet, row, known[key])
            else:
                known[key] = row
                children.setdefault(key[:-1], []).append((key, row))
        self._known[sheet.title], self._children[sheet.title] = known, children

    def _key(self, sheet: Sheet, row: Row) -> Key | None:
        """The codes of what the row is in, and its own; None where one lacks, which is said."""
        columns = sheet.columns[: sheet.parents] if sheet is CRITERIA else sheet.columns[: sheet.parents + 1]
        values = [row.text(column.name) for column in columns]
        for column, value in zip(columns, values, strict=True):
            if not value:
                self.reader.missing(column, row)
        if not all(values):
            self._incomplete.add(sheet.title)
            self._codeless.add(sheet.title)
            return None
        # Criteria have no code: the line is theirs.
        return (*values, str(row.number)) if sheet is CRITERIA else tuple(values)

    def _lead_nowhere(self, sheet: Sheet, above: Sheet, row: Row, key: Key) -> None:
        """Said once for each code, at the first line that has it; not where that follows from what was said above."""
        if key in self._lost or above.title in self._codeless:
            return
        column = sheet.columns[len(key) - 1]
        which = " ".join(row.shown(given.name) for given in sheet.columns[: len(key)])
        text = f"{column.header} ‘{which}’ staat niet op het werkblad ‘{above.title}’"
        self.reader.fault_once(row.place_of(column.name), f"{text}; zet het daar, of verbeter de code.")

    def _repeated(self, sheet: Sheet, row: Row, first: Row) -> None:
        column = sheet.columns[sheet.parents]
        shown = row.shown(column.name)
        text = f"‘{shown}’ staat er al, in regel {first.number}; geef elk een eigen code, of haal er één weg."
        if column.choices:
            text = f"‘{shown}’ staat er bij dit werkproces al, in regel {first.number}; haal er één weg."
        self.reader.fault(row.place_of(column.name), text)

    def _find_grades(self, grades: list[Row]) -> None:
        tasks, processes = self._known[CORE_TASKS.title], self._known[WORK_PROCESSES.title]
        for row in grades:
            key = tuple(filter(None, (row.text("unit"), row.text("core_task"), row.text("work_process"))))
            above = WORK_PROCESSES if row.text("work_process") else CORE_TASKS
            missing = [name for name in ("unit", "core_task") if not row.text(name)]
            if missing:
                self.reader.missing(GRADES.column(missing[0]), row)
            elif key not in (processes if len(key) == 3 else tasks):
                if key[:2] not in self._lost:
                    self._lead_nowhere(GRADES, above, row, key)
            elif isinstance(points := row.node("points").value, int):
                self._tables.setdefault(key, []).append((points, row.node("grade")))
                self._next_points(row, [points for points, _ in self._tables[key]])
            elif row.node("points").value is None:
                self.reader.missing(GRADES.column("points"), row)
            if row.node("grade").value is None:
                self.reader.missing(GRADES.column("grade"), row)

    def _next_points(self, row: Row, so_far: list[int]) -> None:
        """The lines of one table count on from 0: a gap or a repetition is said where it is."""
        expected = so_far[-2] + 1 if len(so_far) > 1 else 0
        if so_far[-1] != expected:
            text = f"hier hoort {expected} te staan, niet {so_far[-1]}: een tabel telt op vanaf 0, zonder gaten."
            self.reader.fault(row.place_of("points"), text)

    # --- The nodes, from the top down --------------------------------------------------------------
    def _below(self, sheet: Sheet, key: Key, place: Place) -> Node:
        """The list of what is in `key`; nothing is said of its being empty where a code led nowhere."""
        make = {
            UNITS.title: self._unit,
            CORE_TASKS.title: self._core_task,
            WORK_PROCESSES.title: self._work_process,
            PARTS_SHEET.title: self._part,
            CRITERIA.title: self._criterion,
        }[sheet.title]
        found = [make(own, row) for own, row in self._children[sheet.title].get(key, [])]
        if not found and sheet.title in self._incomplete:
            self.silent.add(place)
        return Node(found or None, place)

    def _unit(self, key: Key, row: Row) -> Node:
        grading = {"good_from": row.node("good_from")}
        return self._level(row, grading, core_tasks=self._below(CORE_TASKS, key, row.place))

    def _core_task(self, key: Key, row: Row) -> Node:
        grading = {"good_from": row.node("good_from"), "weight": row.node("weight"), **self._table(key)}
        return self._level(row, grading, work_processes=self._below(WORK_PROCESSES, key, row.place))

    def _work_process(self, key: Key, row: Row) -> Node:
        grading = {"good_from": row.node("good_from"), **self._table(key)}
        parts = self._below(PARTS_SHEET, key, row.place)
        return self._level(row, grading, description=row.node("description"), parts=parts)

    def _part(self, key: Key, row: Row) -> Node:
        grading = Node({"good_from": row.node("good_from")}, row.place)
        criteria = self._below(CRITERIA, key, row.place)
        return Node({"kind": row.node("kind"), "grading": grading, "criteria": criteria}, row.place)

    def _criterion(self, key: Key, row: Row) -> Node:
        return Node({name: row.node(name) for name in ("text", "O", "V", "G")}, row.place_of("text"))

    def _level(self, row: Row, grading: dict[str, Node], **below: Node) -> Node:
        fields = {"code": row.node("code"), "title": row.node("title"), "grading": Node(grading, row.place)}
        return Node({**fields, **below}, row.place)

    def _table(self, key: Key) -> dict[str, Node]:
        grades = [grade for _, grade in self._tables.get(key, [])]
        return {"table": Node(list(grades), grades[0].place)} if grades else {}
