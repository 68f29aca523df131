"""An export as .xlsx, with typed numbers and days.

openpyxl makes the empty workbook; the rows are streamed into its sheet, which openpyxl can't do without a copy on disk.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils.datetime import to_excel

from committee.export_format import DateForm, Kind, Shape
from committee.models import Export

from .rows import CellWriter, read_lines

SHEET = "xl/worksheets/sheet1.xml"
LINES = 500  # per piece; a line is some 700 bytes
MOST_RESULTS = 1_048_576 - 1  # the rows of an Excel sheet, without the header
NUMBER_FORMATS = {
    DateForm.DMY_DASH: "dd-mm-yyyy",
    DateForm.DMY_SLASH: "dd/mm/yyyy",
    DateForm.DMY_POINT: "dd.mm.yyyy",
    DateForm.DMY: "ddmmyyyy",
    DateForm.YMD_DASH: "yyyy-mm-dd",
    DateForm.YMD: "yyyymmdd",
}
# Characters that XML 1.0 does not allow.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_START = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
_END = "</sheetData></worksheet>"
_DAY, _GRADE = 1, 2  # indexes of the workbook's cell styles; 0 is the default


class XlsxWriter(CellWriter):
    """Write text as inline strings, which are never read as a formula."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def cell(self, kind: Kind, value: Any) -> str:
        if value is None or value == "":
            return "<c/>"
        match kind:
            case Kind.NUMBER:
                return f"<c><v>{value}</v></c>"
            case Kind.GRADE:
                return f'<c s="{_GRADE}"><v>{value}</v></c>'
            case Kind.DAY:
                return f'<c s="{_DAY}"><v>{int(to_excel(value))}</v></c>'
            case Kind.OVG:
                value = self.shape.words[value]
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_NOT_XML.sub("", value))}</t></is></c>'


def xlsx_content(export: Export, shape: Shape) -> Iterator[bytes]:
    pipe = _Pipe()
    frame = zipfile.ZipFile(_frame(shape))
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for part in frame.namelist():
            if part != SHEET:
                out.writestr(part, frame.read(part))
        with out.open(SHEET, "w", force_zip64=True) as sheet:
            for piece in _sheet(export, shape):
                sheet.write(piece.encode())
                yield pipe.take()
    yield pipe.take()


def _sheet(export: Export, shape: Shape) -> Iterator[str]:
    writer = XlsxWriter(shape)
    yield _START
    if shape.has_headers:
        yield f"<row>{''.join(writer.texts(shape.headers))}</row>"
    for lines in read_lines(export, shape.selected, writer):
        for start in range(0, len(lines), LINES):
            yield f"<row>{'</row><row>'.join(lines[start : start + LINES])}</row>"
        lines.clear()  # frees the memory before the next chunk is read
    yield _END


def _frame(shape: Shape) -> io.BytesIO:
    """Return an empty workbook with the cell styles `_DAY` and `_GRADE`."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Resultaten"
    for place, number_format in ((_DAY, NUMBER_FORMATS[DateForm(shape.date_form)]), (_GRADE, "0.0")):
        sheet.cell(1, place).number_format = number_format
    content = io.BytesIO()
    workbook.save(content)
    return content


class _Pipe(io.RawIOBase):
    """A non-seekable buffer for the zip; `take` returns and forgets what was written."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        self.pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        content, self.pieces = b"".join(self.pieces), []
        return content
