"""The files that go out: two templates to fill in, and the rows that are to be mended."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from accounts.importing.columns import MENDING, Column
from accounts.importing.reading import MAX_ROWS

from .contacts import COLUMNS, EXAMPLE, Row

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTH = 24
EXPLANATION = (
    "Vul op het eerste werkblad per examinator één regel in.",
    "De kolommen mogen in een andere volgorde staan. Lege regels worden overgeslagen.",
    "De regel met het voorbeeld mag blijven staan: die wordt niet geïmporteerd.",
    "Heeft iemand een account in Digibib, dan worden alleen functie en organisatie overgenomen.",
)


def excel_template() -> bytes:
    """Headers, the example and the choices of 'Verbonden aan' and 'Taal'; the second sheet explains the columns."""
    book = Workbook(write_only=True)
    sheet = _sheet(book, "Examinatoren", [WIDTH] * len(COLUMNS))
    sheet.freeze_panes = "A2"
    for number, column in enumerate(COLUMNS, start=1):
        if column.choices:
            sheet.data_validations.append(_choice(column, get_column_letter(number)))
    sheet.append(_texts(sheet, [column.header for column in COLUMNS], bold=True))
    sheet.append(_texts(sheet, EXAMPLE))
    explained = _sheet(book, "Toelichting", [WIDTH, 110])
    for sentence in EXPLANATION:
        explained.append(_texts(explained, [sentence]))
    explained.append([])
    for column in COLUMNS:
        explained.append(_texts(explained, [column.header, column.explanation]))
    return _saved(book)


def _choice(column: Column, letter: str) -> DataValidation:
    choice = DataValidation(
        type="list",
        formula1=f'"{",".join(column.offered)}"',
        allow_blank=True,
        showErrorMessage=True,
        errorTitle=column.header,
        error="Kies uit de lijst.",
    )
    choice.add(f"{letter}2:{letter}{MAX_ROWS + 1}")
    return choice


def csv_template() -> bytes:
    """The headers alone, as a Dutch Excel opens them by a double click: `;`, and UTF-8 with BOM."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow([column.header for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def file_to_mend(rows: Iterable[Row]) -> bytes:
    """An .xlsx of these rows that can be imported again, with a column that says what is wrong in each."""
    book = Workbook(write_only=True)
    sheet = _sheet(book, "Te verbeteren", [*[WIDTH] * len(COLUMNS), 80])
    sheet.append(_texts(sheet, [*[column.header for column in COLUMNS], MENDING], bold=True))
    for row in rows:
        reasons = "; ".join(f"{note.column} {note.text}" for note in row.notes)
        sheet.append(_texts(sheet, [*row.values, f"Regel {row.line}: {reasons}"]))
    return _saved(book)


def _sheet(book: Workbook, title: str, widths: Sequence[int]) -> Any:
    sheet = book.create_sheet(title)
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    return sheet


def _texts(sheet: Any, values: Sequence[str], *, bold: bool = False) -> list[Cell]:
    """Cells that Excel takes for text, whatever they begin with."""
    cells = []
    for value in values:
        cell = WriteOnlyCell(sheet, value=value)
        cell.data_type = "s"
        if bold:
            cell.font = Font(bold=True)
        cells.append(cell)
    return cells


def _saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
