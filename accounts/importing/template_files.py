"""Files to download: the templates of a list, and its invalid rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from .columns import ERRORS_HEADER, Column, Row
from .reading import MAX_ROWS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
WIDTH = 24


@dataclass(frozen=True)
class Template:
    """An empty list with an example line; `explanation` is for the second sheet."""

    title: str
    columns: Sequence[Column]
    example: Sequence[str]
    explanation: Sequence[str]


def excel_template(template: Template) -> bytes:
    """Return the template as .xlsx, with dropdowns for choices and a sheet that explains the columns."""
    book = Workbook(write_only=True)
    sheet = _sheet(book, template.title, [WIDTH] * len(template.columns))
    sheet.freeze_panes = "A2"
    for number, column in enumerate(template.columns, start=1):
        if column.choices:
            sheet.data_validations.append(_choice(column, get_column_letter(number)))
    sheet.append(_texts(sheet, [column.header for column in template.columns], bold=True))
    sheet.append(_texts(sheet, template.example))
    help_sheet = _sheet(book, "Toelichting", [WIDTH, 110])
    for sentence in template.explanation:
        help_sheet.append(_texts(help_sheet, [sentence]))
    help_sheet.append([])
    for column in template.columns:
        help_sheet.append(_texts(help_sheet, [column.header, column.explanation]))
    return _saved(book)


def _choice(column: Column, letter: str) -> DataValidation:
    choice = DataValidation(
        type="list",
        formula1=f'"{",".join(column.options)}"',
        allow_blank=True,
        showErrorMessage=not column.several,
        errorTitle=column.header,
        error="Kies uit de lijst.",
    )
    choice.add(f"{letter}2:{letter}{MAX_ROWS + 1}")
    return choice


def csv_template(template: Template) -> bytes:
    """Return the headers as CSV that a Dutch Excel opens directly: `;`, and UTF-8 with BOM."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow([column.header for column in template.columns])
    return text.getvalue().encode("utf-8-sig")


def error_file(columns: Sequence[Column], rows: Iterable[Row]) -> bytes:
    """Return an .xlsx of these rows that can be imported again, with a column of their errors."""
    book = Workbook(write_only=True)
    sheet = _sheet(book, "Te verbeteren", [*[WIDTH] * len(columns), 80])
    sheet.append(_texts(sheet, [*[column.header for column in columns], ERRORS_HEADER], bold=True))
    for row in rows:
        reasons = "; ".join(f"{note.column} {note.text}" for note in row.notes)
        sheet.append(_texts(sheet, [*row.values, f"Regel {row.line}: {reasons}"]))
    return _saved(book)


def download(content: bytes, content_type: str, filename: str) -> HttpResponse:
    """Return the file as an attachment."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)


def _sheet(book: Workbook, title: str, widths: Sequence[int]) -> Any:
    sheet = book.create_sheet(title)
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        # As text, so that a typed number keeps its leading zeros.
        sheet.column_dimensions[get_column_letter(number)].number_format = "@"
    return sheet


def _texts(sheet: Any, values: Sequence[str], *, bold: bool = False) -> list[Cell]:
    """Return cells that Excel never takes for formulas."""
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
