"""The CSV of an export (source text, part C, 'CSV-export'): final results, a line each.

As the shape says; lines end in CRLF. The plain shape is what a Dutch Excel reads by a double click.
"""

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
# Excel and LibreOffice take a cell that begins so for a formula; the last four are the full-width forms.
FORMULA_SIGNS = "=+-@＝＋－＠"
FORMULA_STARTS = (*FORMULA_SIGNS, "\t", "\r", "\n")
_SPLIT = re.compile(f"([;,\t])(?=[{re.escape(FORMULA_SIGNS)}])")
_BETWEEN = "\x00"
_BEFORE = (_BETWEEN, ";", ",", "\t")


class CsvWriter(CellWriter):
    """Cells as csv.writer writes them: between quotes where they hold a separator, a quote or a line end."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.between = SEPARATORS[Separator(shape.separator)]
        self.decimal_sign = DECIMAL_SIGNS[DecimalSign(shape.decimal_sign)]
        self.specials = (self.between, '"', "\r", "\n")
        self.empty = '""' if len(shape.columns) == 1 else ""  # a line of nothing would be no line

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
        """Nearly always a column stays as it is; that is seen of all its cells in one go."""
        whole = _BETWEEN + _BETWEEN.join(values)
        starts = [
            start for start in FORMULA_STARTS if start in whole
        ]  # seldom any, so that there is little to look for
        formulas = (before + start for start in starts for before in _BEFORE)
        if self.empty or any(text in whole for text in (*self.specials, *formulas)):
            return super().texts(values)
        return values

    def _quoted(self, cell: str) -> str:
        if any(special in cell for special in self.specials):
            return '"' + cell.replace('"', '""') + '"'
        return cell


def csv_content(export: Export, shape: Shape) -> Iterator[bytes]:
    """The file in pieces: the header, if there is one, then a piece for every chunk of results."""
    codec = CODECS[Encoding(shape.encoding)]
    writer = CsvWriter(shape)
    yield _start(shape, writer).encode(codec, errors="replace")
    for lines in read_lines(export, shape.selected, writer):
        lines.append("")
        yield LINE_END.join(lines).encode(codec, errors="replace")


def sample(shape: Shape) -> list[list[str]]:
    """Three invented results as this shape writes them, cell by cell; above them the header, if there is one."""
    writer = CsvWriter(shape)
    lines = [writer.line(shape.selected, values) + LINE_END for values in SAMPLE]
    text = _start(shape, writer).removeprefix(BOM) + "".join(lines)
    codec = CODECS[Encoding(shape.encoding)]
    seen = text.encode(codec, errors="replace").decode(codec)
    return list(csv.reader(io.StringIO(seen, newline=""), delimiter=writer.between))


def _start(shape: Shape, writer: CsvWriter) -> str:
    bom = BOM if shape.encoding == Encoding.UTF8_BOM else ""
    if not shape.has_headers:
        return bom
    return bom + writer.between.join(writer.cell(Kind.TEXT, header) for header in shape.headers) + LINE_END


def neutralised(cell: str) -> str:
    """The cell as text: what could be a formula gets an apostrophe in front.

    Also behind a separator within it: a program that takes another one for the file's would split there.
    """
    cell = _SPLIT.sub(r"\1'", cell)
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
