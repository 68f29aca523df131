"""An exam from an Excel workbook (`workbook_layout`): the same content as a YAML file's, by the same checks.

A workbook becomes the nodes that a YAML file becomes, each with its sheet and cell for a place; `content.read` does
the rest. What only a workbook can have wrong is found here: a sheet or column that lacks, a formula, a code that leads
nowhere.
"""

from __future__ import annotations

import io

from accounts.importing.reading import Unreadable

from . import content
from .content import ExamContent
from .nodes import NOWHERE, Fault, FileRefused, Node, Place
from .sheet_rows import Row, SheetReader, read_sheets
from .workbook_layout import CORE_TASKS, CRITERIA, EXAM, GRADES, PARTS_SHEET, RULE, UNITS, WORK_PROCESSES, Sheet
from .workbook_words import in_words

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
        exam = content.read(root, with_scheme=not faults)
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
