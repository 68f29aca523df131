"""The lines of an .xlsx's sheets, read one by one; what would not fit in memory is refused before it is parsed."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet  # a chart is a sheet, too

from .unreadable import Unreadable

MAX_UNPACKED = 40 * 1024 * 1024  # 20,000 rows take a third of it
MAX_PARTS = 1000
MAX_WHOLE_PART = 4 * 1024 * 1024  # styles and the like, which openpyxl takes in as a whole
MAX_CELLS = 1_000  # in a row
PIECE = 1024 * 1024
ROW, CELL = re.compile(rb"<(?:\w+:)?row[\s/>]"), re.compile(rb"<(?:\w+:)?c[\s/>]")
ROW_TAG = re.compile(rb"<(?:\w+:)?row\s([^>]*)>")
ROW_NUMBER = re.compile(rb"""\br=["'](\d{1,7})["']""")
HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']""")
READ_BIT_BY_BIT = ("xl/worksheets/", "xl/sharedStrings", "xl/media/")
ODS = b"application/vnd.oasis.opendocument.spreadsheet"

# What zipfile, expat and openpyxl raise at a file that is damaged, or that only looks like a workbook.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, ParseError, OSError, EOFError, KeyError, IndexError, ValueError, TypeError,
    AttributeError, ArithmeticError, AssertionError, RuntimeError,
)  # fmt: skip
IS_DAMAGED = (
    "Dit bestand kan niet worden gelezen: het is beschadigd of geen echt Excel-bestand. "
    "Open het in Excel of LibreOffice en sla het opnieuw op als .xlsx."
)


@contextmanager
def sheets(file: BinaryIO) -> Iterator[list[ReadOnlyWorksheet]]:
    """The visible worksheets, to be read inside the block; raises `Unreadable`."""
    book = _load(file)
    try:
        visible = [
            sheet
            for sheet in book.worksheets
            if isinstance(sheet, ReadOnlyWorksheet) and sheet.sheet_state == "visible"
        ]
        if not visible:
            raise Unreadable("Dit bestand heeft geen zichtbaar werkblad.")
        yield visible
    finally:
        book.close()


def lines(sheet: Any, *, max_columns: int) -> Iterator[tuple[int, list[str]]]:
    """(row number, texts of its cells), blank rows too; raises `Unreadable`."""
    try:
        sheet.reset_dimensions()  # what the file says of its size need not be so
        for number, values in enumerate(sheet.iter_rows(max_col=max_columns, values_only=True), start=1):
            yield number, _cells(values)
    except DAMAGED:
        raise Unreadable(IS_DAMAGED) from None


def hidden_rows(sheet: Any) -> set[int]:
    """Return the numbers of the rows that Excel doesn't show, hidden by hand or by a filter.

    openpyxl leaves this out where it reads row by row.
    """
    hidden: set[int] = set()
    number, rest = 0, b""
    with sheet._get_source() as part:  # noqa: SLF001 - the part's bytes
        for piece in iter(lambda: part.read(PIECE), b""):
            whole, _, rest = (rest + piece).rpartition(b"<")
            for attributes in ROW_TAG.findall(whole):
                at = ROW_NUMBER.search(attributes)
                number = int(at[1]) if at else number + 1
                if HIDDEN.search(attributes):
                    hidden.add(number)
            rest = b"<" + rest
    return hidden


@contextmanager
def opened(file: BinaryIO) -> Iterator[Any]:
    """The workbook, its sheets to be read row by row; raises `Unreadable`, also for what is wrong further on in it."""
    book = _load(file)
    try:
        yield book
    except DAMAGED:
        raise Unreadable(IS_DAMAGED) from None
    finally:
        book.close()


def _load(file: BinaryIO) -> Any:
    try:
        _refuse_bombs(file)
        file.seek(0)
        # Not data_only: a formula is refused, whatever Excel last made of it.
        return load_workbook(file, read_only=True, keep_links=False)
    except DAMAGED:
        raise Unreadable(IS_DAMAGED) from None


def _has_endless_row(archive: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> bool:
    """A row is read as a whole, however long: a few kilobytes zipped would take gigabytes."""
    cells = 0
    with archive.open(sheet) as part:
        for piece in iter(lambda: part.read(PIECE), b""):
            for number, of_row in enumerate(ROW.split(piece)):
                cells = (0 if number else cells) + len(CELL.findall(of_row))
                if cells > MAX_CELLS:
                    return True
    return False


def _refuse_bombs(file: BinaryIO) -> None:
    """The sizes that the archive names are the most that zipfile will unpack."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise Unreadable(
                "Dit bestand is uitgepakt groter dan 40 MB. Zet de lijst in een nieuw bestand, zonder lege regels "
                "of afbeeldingen."
            )
        for part in parts:
            if part.filename.startswith("xl/worksheets/") and _has_endless_row(archive, part):
                raise Unreadable(
                    f"In dit bestand heeft een rij meer dan {MAX_CELLS} cellen. Zet de lijst in een nieuw bestand."
                )
        names = {part.filename for part in parts}
        if "mimetype" in names and archive.read("mimetype")[: len(ODS)] == ODS:
            raise Unreadable("Dit is een OpenDocument-bestand (.ods). Sla het op als .xlsx of .csv.")
        if "xl/workbook.xml" not in names:
            raise Unreadable("Dit is geen Excel- of csv-bestand. Sla uw lijst op als .xlsx of .csv.")
        if any(part.file_size > MAX_WHOLE_PART for part in parts if not part.filename.startswith(READ_BIT_BY_BIT)):
            raise Unreadable("Dit bestand heeft te veel opmaak. Zet de lijst zonder opmaak in een nieuw bestand.")


def _cells(values: Sequence[Any]) -> list[str]:
    """The texts, without the empty ones at the end that fill a row up."""
    width = len(values)
    while width and values[width - 1] is None:
        width -= 1
    return [value if isinstance(value, str) else _text(value) for value in values[:width]]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "WAAR" if value else "ONWAAR"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):  # a cell with a day alone has midnight
        return value.strftime("%d-%m-%Y" if value.time() == time() else "%d-%m-%Y %H:%M")
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if type(value).__name__.endswith("Formula"):  # an array's or a data table's
        return "="
    return str(value)
