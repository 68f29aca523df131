"""Read an exam's Excel workbook (`excel_format`): cells with their places, arranged into a tree by their codes."""

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
from accounts.importing.reading import MAX_LINES, MAX_ROWS, Unreadable, open_workbook

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
FORMULA, FAILED, DATE = object(), object(), object()  # of cells without a usable value
_WHOLE = re.compile(r"-?[0-9]{1,6}", re.ASCII)
_GRADE = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?", re.ASCII)
_WEIGHT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?", re.ASCII)
Value = str | int | float | object | None
Lines = list[tuple[int, list[Value]]]


def read_sheets(file: BinaryIO) -> dict[str, Lines]:
    """Return (row number, values) of each line that isn't blank, by sheet title; raise `Unreadable`."""
    titles = {_plain(sheet.title): sheet.title for sheet in SHEETS}
    lines: dict[str, Lines] = {}
    with open_workbook(file) as book:
        for worksheet in book.worksheets:
            title = titles.get(_plain(worksheet.title))
            if title and isinstance(worksheet, ReadOnlyWorksheet):
                lines[title] = list(_lines(worksheet, title))
    return lines


def _lines(worksheet: Any, title: str) -> Iterator[tuple[int, list[Value]]]:
    worksheet.reset_dimensions()  # the size in the file may be wrong
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
    # Some programs write Windows' line ends in full.
    return str(value).replace("_x000D_", "").replace("\r\n", "\n").strip() or None


def _number(value: int | float | None) -> Value:
    if isinstance(value, bool):
        return "WAAR" if value else "ONWAAR"
    if isinstance(value, float):
        value = round(value, 6)  # remove floating-point noise
        return int(value) if value.is_integer() else value
    return value


def _plain(title: str) -> str:
    return title.strip().casefold()


def cell(sheet: Sheet, row: int, column: int) -> Place:
    """Return the place of a cell; `row` counts from 1, `column` from 0."""
    name = f"{get_column_letter(column + 1)}{row}"
    return Place((SHEETS.index(sheet), row, column), f"werkblad ‘{sheet.title}’, cel {name}")


@dataclass(frozen=True)
class Row:
    """A line of a sheet: a node per column."""

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
        """Return the cell's text as typed, shortened."""
        return self.typed.get(name, "")[:60]


class SheetReader:
    """Reads sheets to rows and collects the faults of their cells; a wrong cell becomes an empty one."""

    def __init__(self, sheets: Mapping[str, Lines]) -> None:
        self.faults: list[Fault] = []
        self.reported: set[Place] = set()
        self.lacks_columns = False
        self._sheets = sheets
        self._texts: set[str] = set()

    def fault(self, place: Place, text: str) -> None:
        self.faults.append(Fault(place, text))
        self.reported.add(place)

    def fault_once(self, place: Place, text: str) -> None:
        if text not in self._texts:
            self._texts.add(text)
            self.fault(place, text)

    def missing(self, column: Column, row: Row) -> None:
        place = row.place_of(column.name)
        if place not in self.reported:
            self.fault(place, f"‘{column.header}’ ontbreekt of is leeg; vul het in.")

    def rows(self, sheet: Sheet) -> list[Row]:
        """Return the lines under the header."""
        lines = self._lines(sheet)
        if not lines:
            return []
        (number, header), *others = lines
        layout = self._layout(sheet, [(number, place) for place in range(len(header))], header)
        if layout is None:
            return []
        return [self._row(sheet, layout, number, values) for number, values in others]

    def named_values(self, sheet: Sheet) -> Row:
        """Read a sheet with names in the first column and their values in the second."""
        lines = self._lines(sheet)
        layout = self._layout(sheet, [(number, 0) for number, _ in lines], [values[0] for _, values in lines])
        indexes = layout.places if layout else {}
        first = cell(sheet, 1, 0)
        places, values = {}, {}
        for column in sheet.columns:
            index = indexes.get(column.name)
            places[column.name] = cell(sheet, lines[index][0], 1) if index is not None else first
            values[column.name] = lines[index][1][1] if index is not None else None
        return self._build_row(sheet, 1, first, places, values)

    def _lines(self, sheet: Sheet) -> Lines:
        lines = self._sheets.get(sheet.title, [])
        if not lines:
            self.lacks_columns = True
            problem = "is leeg" if sheet.title in self._sheets else "ontbreekt"
            text = f"het werkblad ‘{sheet.title}’ {problem}; neem het over uit het sjabloon en vul het in."
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
            advice = f"bedoelt u ‘{near[0]}’?" if near else f"hier horen {', '.join(known)}; haal het weg."
            self.fault(cell(sheet, row, place), f"‘{unknown[:60]}’ is onbekend; {advice}")
        return layout

    def _row(self, sheet: Sheet, layout: Layout, number: int, line: Sequence[Value]) -> Row:
        width = len(line)
        places, values = {}, {}
        for column in sheet.columns:
            index = layout.places.get(column.name, width)
            places[column.name] = cell(sheet, number, index if index < width else 0)
            values[column.name] = line[index] if index < width else None
        return self._build_row(sheet, number, cell(sheet, number, 0), places, values)

    def _build_row(
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
        """Return the cell's value as the column's type; None, with a fault, if it has another."""
        if value is None:
            return None
        problem = _why_no_value(value)
        if problem:
            self.fault(place, f"‘{column.header}’ {problem}")
            return None
        text = str(value)
        if column.choices:
            choice = column.choices.get(text.casefold())
            if choice is None:
                self.fault(place, f"‘{text[:60]}’ kan niet; kies uit {' of '.join(column.options)}.")
            return choice
        if column.name in ("good_from", "points", "level"):
            return self._whole(text, place)
        if column.name in ("weight", "grade"):
            return self._decimal(column, value, place)
        return text

    def _whole(self, text: str, place: Place) -> int | None:
        if _WHOLE.fullmatch(text):
            return int(text)
        self.fault(place, f"‘{text[:60]}’ is geen heel getal; schrijf een getal zonder komma, zoals 5.")
        return None

    def _decimal(self, column: Column, value: Value, place: Place) -> str | None:
        """Return a grade or weight as in YAML: '7.5', '1'."""
        text = str(value).replace(",", ".")
        if column.name == "grade":
            if _GRADE.fullmatch(text) and 1 <= Decimal(text) <= 10:
                return f"{text}.0" if isinstance(value, int) else text
            problem = "is geen cijfer; schrijf een cijfer van 1 tot en met 10, met hoogstens twee decimalen, zoals 7,5."
        else:
            if _WEIGHT.fullmatch(text):
                return text
            problem = "is geen weging; schrijf een getal boven 0 met hoogstens twee decimalen, zoals 1 of 1,5."
        self.fault(place, f"‘{str(value)[:60]}’ {problem}")
        return None


def _why_no_value(value: Value) -> str:
    if value is FORMULA:
        return "is een formule; kopieer de cel en plak die als waarde, of typ de uitkomst."
    if value is FAILED:
        return "is een foutmelding van Excel; zet er de waarde zelf neer."
    if value is DATE:
        return "is een datum of tijd; maak er tekst van: zet er een ' voor."
    return ""


_Codes = tuple[str, ...]


def read_workbook(file: bytes) -> ExamContent:
    """Return the exam of a workbook; raise `FileRefused` with all its faults."""
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
    """As `read_exam`, without faults already reported; raise also if only the sheets have faults."""
    faults = tree.reader.faults
    try:
        exam = schema.read_exam(root, with_scheme=tree.is_complete, unreadable=tree.reader.reported)
    except FileRefused as error:
        reported = tree.reader.reported | tree.silent
        raise FileRefused([in_words(fault) for fault in error.faults if fault.place not in reported]) from error
    if faults:
        raise FileRefused([])
    return exam


class _Tree:
    """Arranges the lines of the sheets into a tree by their codes."""

    def __init__(self, reader: SheetReader, rows: dict[str, list[Row]]) -> None:
        self.reader = reader
        self.silent: set[Place] = set()  # parents that are empty only because a child's code is missing or unknown
        self._rows = rows
        self._incomplete: set[str] = set()  # sheets with a missing or unknown code
        self._lost_lines = False  # a code or number of points is repeated, or a grade has no table
        self._codeless: set[str] = set()  # sheets with a missing code
        self._orphans: set[_Codes] = set()  # rows without a parent: their children are not reported
        self._tables: dict[_Codes, list[tuple[int, Node]]] = {}
        self._known: dict[str, dict[_Codes, Row]] = {}
        self._children: dict[str, dict[_Codes, list[tuple[_Codes, Row]]]] = {}

    @property
    def is_complete(self) -> bool:
        """Whether every line has its place in the tree."""
        return not (self._incomplete or self._lost_lines)

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

    # --- Parents and children ----------------------------------------------------------------------
    def _find(self, sheet: Sheet, above: Sheet | None) -> None:
        """Index the sheet's rows by key: those with a known parent, and each key once."""
        known: dict[_Codes, Row] = {}
        children: dict[_Codes, list[tuple[_Codes, Row]]] = {}
        for row in self._rows[sheet.title]:
            key = self._key(sheet, row)
            if key is None:
                continue
            if above and key[:-1] not in self._known[above.title]:
                self._orphans.add(key)
                self._incomplete.add(sheet.title)
                self._report_orphan(sheet, above, row, key[:-1])
            elif key in known:
                self._repeated(sheet, row, known[key])
            else:
                known[key] = row
                children.setdefault(key[:-1], []).append((key, row))
        self._known[sheet.title], self._children[sheet.title] = known, children

    def _key(self, sheet: Sheet, row: Row) -> _Codes | None:
        """Return the codes of the row's parents and its own; None, with a fault, if one is missing."""
        columns = sheet.columns[: sheet.parents] if sheet is CRITERIA else sheet.columns[: sheet.parents + 1]
        values = [row.text(column.name) for column in columns]
        for column, value in zip(columns, values, strict=True):
            if not value:
                self.reader.missing(column, row)
        if not all(values):
            self._incomplete.add(sheet.title)
            self._codeless.add(sheet.title)
            return None
        # Criteria have no code: use the line number.
        return (*values, str(row.number)) if sheet is CRITERIA else tuple(values)

    def _report_orphan(self, sheet: Sheet, above: Sheet, row: Row, key: _Codes) -> None:
        """Report an unknown code once, at its first line, unless it follows from a fault on a sheet above."""
        if key in self._orphans or above.title in self._codeless:
            return
        column = sheet.columns[len(key) - 1]
        codes = " ".join(row.shown(parent.name) for parent in sheet.columns[: len(key)])
        text = f"{column.header} ‘{codes}’ staat niet op het werkblad ‘{above.title}’"
        self.reader.fault_once(row.place_of(column.name), f"{text}; zet het daar, of verbeter de code.")

    def _repeated(self, sheet: Sheet, row: Row, first: Row) -> None:
        self._lost_lines = True
        column = sheet.columns[sheet.parents]
        code = row.shown(column.name)
        text = f"‘{code}’ staat er al, in regel {first.number}; geef elk een eigen code, of haal er één weg."
        if column.choices:
            text = f"‘{code}’ staat er bij dit werkproces al, in regel {first.number}; haal er één weg."
        self.reader.fault(row.place_of(column.name), text)

    def _find_grades(self, grades: list[Row]) -> None:
        tasks, processes = self._known[CORE_TASKS.title], self._known[WORK_PROCESSES.title]
        for row in grades:
            key = tuple(filter(None, (row.text("unit"), row.text("core_task"), row.text("work_process"))))
            above = WORK_PROCESSES if row.text("work_process") else CORE_TASKS
            before = len(self._tables.get(key, []))
            missing = [name for name in ("unit", "core_task") if not row.text(name)]
            if missing:
                self.reader.missing(GRADES.column(missing[0]), row)
            elif key not in (processes if len(key) == 3 else tasks):
                if key[:2] not in self._orphans:
                    self._report_orphan(GRADES, above, row, key)
            elif isinstance(points := row.node("points").value, int):
                self._tables.setdefault(key, []).append((points, row.node("grade")))
                self._next_points(row, [points for points, _ in self._tables[key]])
            elif row.node("points").value is None:
                self.reader.missing(GRADES.column("points"), row)
            if row.node("grade").value is None:
                self.reader.missing(GRADES.column("grade"), row)
            if len(self._tables.get(key, [])) == before:
                self._lost_lines = True

    def _next_points(self, row: Row, so_far: list[int]) -> None:
        """Report a gap or repetition: the points of a table count up from 0."""
        expected = so_far[-2] + 1 if len(so_far) > 1 else 0
        if so_far[-1] != expected:
            self._lost_lines = True
            text = f"hier hoort {expected} te staan, niet {so_far[-1]}: een tabel telt op vanaf 0, zonder gaten."
            self.reader.fault(row.place_of("points"), text)

    # --- The nodes, from the top down --------------------------------------------------------------
    def _below(self, sheet: Sheet, key: _Codes, place: Place) -> Node:
        """Return the list of children of `key`; mark its place silent if it may be empty because of a wrong code."""
        make = {
            UNITS.title: self._unit,
            CORE_TASKS.title: self._core_task,
            WORK_PROCESSES.title: self._work_process,
            PARTS_SHEET.title: self._part,
            CRITERIA.title: self._criterion,
        }[sheet.title]
        nodes = [make(child, row) for child, row in self._children[sheet.title].get(key, [])]
        if not nodes and sheet.title in self._incomplete:
            self.silent.add(place)
        return Node(nodes or None, place)

    def _unit(self, key: _Codes, row: Row) -> Node:
        grading = {"good_from": row.node("good_from")}
        return self._level(row, grading, core_tasks=self._below(CORE_TASKS, key, row.place))

    def _core_task(self, key: _Codes, row: Row) -> Node:
        grading = {"good_from": row.node("good_from"), "weight": row.node("weight"), **self._table(key)}
        return self._level(row, grading, work_processes=self._below(WORK_PROCESSES, key, row.place))

    def _work_process(self, key: _Codes, row: Row) -> Node:
        grading = {"good_from": row.node("good_from"), **self._table(key)}
        parts = self._below(PARTS_SHEET, key, row.place)
        return self._level(row, grading, description=row.node("description"), parts=parts)

    def _part(self, key: _Codes, row: Row) -> Node:
        grading = Node({"good_from": row.node("good_from")}, row.place)
        criteria = self._below(CRITERIA, key, row.place)
        return Node({"kind": row.node("kind"), "grading": grading, "criteria": criteria}, row.place)

    def _criterion(self, key: _Codes, row: Row) -> Node:
        return Node({name: row.node(name) for name in ("text", "O", "V", "G")}, row.place_of("text"))

    def _level(self, row: Row, grading: dict[str, Node], **below: Node) -> Node:
        fields = {"code": row.node("code"), "title": row.node("title"), "grading": Node(grading, row.place)}
        return Node({**fields, **below}, row.place)

    def _table(self, key: _Codes) -> dict[str, Node]:
        grades = [grade for _, grade in self._tables.get(key, [])]
        return {"table": Node(list(grades), grades[0].place)} if grades else {}
