"""The CSV of an export (source text, part C, 'CSV-export'). A Dutch Excel opens the plain shape by a double click."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from committee.export_format import (
    CODECS,
    DECIMAL_SIGNS,
    SAMPLE,
    SEPARATORS,
    DecimalSign,
    Encoding,
    Kind,
    Separator,
    Shape,
)
from committee.models import Export

from .rows import CellWriter, read_lines

LINE_END = "\r\n"
BOM = "\ufeff"
# Excel and LibreOffice read a cell that begins with one of these as a formula; four are full-width.
FORMULA_SIGNS = "=+-@＝＋－＠"
FORMULA_STARTS = (*FORMULA_SIGNS, "\t", "\r", "\n")
_SPLIT = re.compile(f"([;,\t])(?=[{re.escape(FORMULA_SIGNS)}])")
_BETWEEN = "\x00"
_BEFORE = (_BETWEEN, ";", ",", "\t")


class CsvWriter(CellWriter):
    """Write cells as csv.writer does: quoted when they contain a separator, a quote or a line end."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.between = SEPARATORS[Separator(shape.separator)]
        self.decimal_sign = DECIMAL_SIGNS[DecimalSign(shape.decimal_sign)]
        self.specials = (self.between, '"', "\r", "\n")
        self.empty = '""' if len(shape.columns) == 1 else ""  # an empty line would not be a line

    def cell(self, kind: Kind, value: Any) -> str:
        if value is None or value == "":
            return self.empty
        match kind:
            case Kind.DAY:
                return self.shape.day(value)
            case Kind.GRADE:
                return self._quoted(str(value).replace(".", self.decimal_sign))
            case Kind.OVG:
                value = self.shape.words[value]
        return self._quoted(neutralised(str(value)))

    def texts(self, values: Sequence[str]) -> Sequence[str]:
        """Check all cells of the column at once: most columns need no quoting."""
        whole = _BETWEEN + _BETWEEN.join(values)
        starts = [start for start in FORMULA_STARTS if start in whole]
        formulas = (before + start for start in starts for before in _BEFORE)
        if self.empty or any(text in whole for text in (*self.specials, *formulas)):
            return super().texts(values)
        return values

    def _quoted(self, cell: str) -> str:
        if any(special in cell for special in self.specials):
            return '"' + cell.replace('"', '""') + '"'
        return cell


def csv_content(export: Export, shape: Shape) -> Iterator[bytes]:
    """Yield the header, if any, and then each chunk of results."""
    codec = CODECS[Encoding(shape.encoding)]
    writer = CsvWriter(shape)
    yield _start(shape, writer).encode(codec, errors="replace")
    for lines in read_lines(export, shape.selected, writer):
        lines.append("")
        yield LINE_END.join(lines).encode(codec, errors="replace")


def sample(shape: Shape) -> list[list[str]]:
    """Return the cells of the header, if any, and of three invented results in this shape."""
    writer = CsvWriter(shape)
    lines = [writer.line(shape.selected, values) + LINE_END for values in SAMPLE]
    text = _start(shape, writer).removeprefix(BOM) + "".join(lines)
    codec = CODECS[Encoding(shape.encoding)]
    decoded = text.encode(codec, errors="replace").decode(codec)
    return list(csv.reader(io.StringIO(decoded, newline=""), delimiter=writer.between))


def _start(shape: Shape, writer: CsvWriter) -> str:
    bom = BOM if shape.encoding == Encoding.UTF8_BOM else ""
    if not shape.has_headers:
        return bom
    return bom + writer.between.join(writer.cell(Kind.TEXT, header) for header in shape.headers) + LINE_END


def neutralised(cell: str) -> str:
    """Return the cell with an apostrophe before what could be read as a formula.

    Also after a separator inside the cell: a program that expects that separator would split there.
    """
    cell = _SPLIT.sub(r"\1'", cell)
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
