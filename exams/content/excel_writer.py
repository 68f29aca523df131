"""Write an exam as an Excel workbook (`excel_format`)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from accounts.importing.columns import Column
from accounts.importing.reading import MAX_ROWS

from .excel_format import (
    CORE_TASKS,
    CRITERIA,
    EXAM,
    EXPLAINED,
    GRADES,
    KINDS,
    PARTS,
    PARTS_SHEET,
    RULE,
    SHEETS,
    UNITS,
    WORK_PROCESSES,
    Sheet,
)
from .schema import ExamContent

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDE, NARROW = 50, 18
WIDE_COLUMNS = {"title", "description", "text", "O", "V", "G"}
NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?", re.ASCII)
HOW = (
    "Vul op elk werkblad onder de kopjes één regel in voor elk ding; op ‘Examen’ vult u kolom B in.",
    "De volgorde van de regels is de volgorde op het formulier. Lege regels worden overgeslagen.",
    "De codes zeggen wat bij wat hoort: neem ze precies zo over. Formules kunnen niet: plak ze als waarde.",
    "Lees het bestand in bij Beheer, Examenversies, ‘Examen inlezen’. U ziet eerst wat er gebeurt.",
)
Line = list[str | int | Decimal]


class NoWorkbook(Exception):
    """The sheets have no columns for the exam's grading rule; only YAML can hold it."""


def write_workbook(exam: ExamContent) -> bytes:
    """Return the file; reading it gives an equal exam. Raise `NoWorkbook`."""
    if exam.grading_rule != RULE:
        raise NoWorkbook
    book = Workbook(write_only=True)
    _write_exam(book, exam)
    _write(book, UNITS, _units(exam))
    _write(book, CORE_TASKS, _core_tasks(exam))
    _write(book, WORK_PROCESSES, _work_processes(exam))
    _write(book, PARTS_SHEET, _parts(exam))
    _write(book, CRITERIA, _criteria(exam))
    _write(book, GRADES, _grades(exam))
    _explain(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


# --- The lines of each sheet -------------------------------------------------------------------------
def _units(exam: ExamContent) -> Iterator[Line]:
    for unit in exam.units:
        yield [unit.code, unit.title, exam.grading_data["units"][unit.code]["good_from"]]


def _core_tasks(exam: ExamContent) -> Iterator[Line]:
    for (unit, _), task, data in _tasks(exam):
        yield [unit, task.code, task.title, data["good_from"], _number(str(data["weight"]))]


def _work_processes(exam: ExamContent) -> Iterator[Line]:
    for (unit, task, _), process, data in _processes(exam):
        yield [unit, task, process.code, process.title, process.description, data["good_from"]]


def _parts(exam: ExamContent) -> Iterator[Line]:
    for key, process, data in _processes(exam):
        for part in process.parts:
            yield [*key, _label(PARTS, part.kind), data["parts"][part.kind]["good_from"]]


def _criteria(exam: ExamContent) -> Iterator[Line]:
    for key, process, _ in _processes(exam):
        for part in process.parts:
            for criterion in part.criteria:
                texts = [criterion.text, criterion.meaning_o, criterion.meaning_v, criterion.meaning_g]
                yield [*key, _label(PARTS, part.kind), *texts]


def _grades(exam: ExamContent) -> Iterator[Line]:
    for (unit, code), task, data in _tasks(exam):
        yield from _table([unit, code, ""], data)
        for process in task.work_processes:
            yield from _table([unit, code, process.code], data["work_processes"][process.code])


def _table(key: Line, data: Mapping[str, Any]) -> Iterator[Line]:
    for points, grade in enumerate(data["table"]):
        yield [*key, points, _number(grade, decimals=1)]


def _tasks(exam: ExamContent) -> Iterator[tuple[tuple[str, str], Any, Mapping[str, Any]]]:
    for unit in exam.units:
        data = exam.grading_data["units"][unit.code]["core_tasks"]
        for task in unit.core_tasks:
            yield (unit.code, task.code), task, data[task.code]


def _processes(exam: ExamContent) -> Iterator[tuple[tuple[str, str, str], Any, Mapping[str, Any]]]:
    for key, task, data in _tasks(exam):
        for process in task.work_processes:
            yield (*key, process.code), process, data["work_processes"][process.code]


def _number(text: str, *, decimals: int = 0) -> str | Decimal:
    """Return a number if it reads back as the same text ('7.5', not '7.50'), else the text."""
    if not NUMBER.fullmatch(text):
        return text
    number = Decimal(text)
    plain = f"{number.normalize():f}"
    if decimals and "." not in plain:
        plain += ".0"
    return number if plain == text else text


def _label(choices: Mapping[str, str], value: str) -> str:
    return next(label for label, choice in choices.items() if choice == value).capitalize()


# --- Sheets --------------------------------------------------------------------------------------------
def _write_exam(book: Workbook, exam: ExamContent) -> None:
    values: dict[str, str | int] = {
        "kind": _label(KINDS, exam.kind),
        "code": exam.code,
        "title": exam.title,
        "cohort": exam.cohort,
        "level": exam.level or "",
        "good_from": exam.grading_data["good_from"],
    }
    sheet = _sheet(book, EXAM.title, [NARROW, WIDE])
    _validate(sheet, EXAM.column("kind"), "B1")
    for column in EXAM.columns:
        sheet.append([_cell(sheet, column.header, bold=True), _cell(sheet, values[column.name])])


def _write(book: Workbook, sheet: Sheet, lines: Iterable[Line]) -> None:
    widths = [WIDE if column.name in WIDE_COLUMNS else NARROW for column in sheet.columns]
    written = _sheet(book, sheet.title, widths)
    written.freeze_panes = "A2"
    for number, column in enumerate(sheet.columns, start=1):
        letter = get_column_letter(number)
        _validate(written, column, f"{letter}2:{letter}{MAX_ROWS}")
    written.append([_cell(written, column.header, bold=True) for column in sheet.columns])
    for line in lines:
        written.append([_cell(written, value) for value in line])


def _validate(sheet: Any, column: Column, cells: str) -> None:
    """Let Excel refuse wrong values."""
    rules: dict[str, dict[str, Any]] = {
        "good_from": {"type": "whole", "operator": "greaterThan", "formula1": "0"},
        "points": {"type": "whole", "operator": "greaterThanOrEqual", "formula1": "0"},
        "grade": {"type": "decimal", "operator": "between", "formula1": "1", "formula2": "10"},
        "weight": {"type": "decimal", "operator": "greaterThan", "formula1": "0"},
    }
    rule = {"type": "list", "formula1": f'"{",".join(column.options)}"'} if column.choices else rules.get(column.name)
    if rule:
        validation = DataValidation(
            **rule, allow_blank=True, showErrorMessage=True, errorTitle=column.header, error=column.explanation
        )
        validation.add(cells)
        sheet.data_validations.append(validation)


def _explain(book: Workbook) -> None:
    sheet = _sheet(book, EXPLAINED, [NARROW, NARROW, 100])
    for sentence in HOW:
        sheet.append([_cell(sheet, sentence)])
    for explained in SHEETS:
        sheet.append([])
        sheet.append([_cell(sheet, explained.title, bold=True), "", _cell(sheet, explained.explanation)])
        for column in explained.columns:
            sheet.append(["", _cell(sheet, column.header), _cell(sheet, column.explanation)])


def _sheet(book: Workbook, title: str, widths: list[int]) -> Any:
    sheet = book.create_sheet(title)
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    return sheet


def _cell(sheet: Any, value: str | int | Decimal, *, bold: bool = False) -> Any:
    """Return a cell; a text is never a formula, and an empty one leaves the cell empty."""
    cell: Any = WriteOnlyCell(sheet)
    if value != "":
        cell.value = value
    if isinstance(value, str) and value:
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text="\n" in value or len(value) > WIDE, vertical="top")
    if isinstance(value, Decimal):
        cell.number_format = "0.0#"
    if bold:
        cell.font = Font(bold=True)
    return cell
