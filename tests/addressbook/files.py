"""Files to upload."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any, BinaryIO

from openpyxl import Workbook

from accounts.importing.reading import Line, read_sheets

HEADER = ["Voornaam", "Tussenvoegsel", "Achternaam", "E-mailadres", "Functie", "Organisatie", "Verbonden aan"]
ANOUK = ["Anouk", "van 't", "Hoff", "anouk@bedrijf.test", "Chef", "Bakkerij Bos", "Beroepsonderwijs"]
BART = ["Bart", "", "Bos", "bart@bedrijf.test", "Monteur", "Garage Bos", "School"]


def xlsx(*rows: Sequence[Any], header: Sequence[Any] = HEADER) -> io.BytesIO:
    book = Workbook()
    for row in (header, *rows):
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    content.seek(0)
    return content


def text(*rows: Sequence[str], header: Sequence[str] = HEADER, delimiter: str = ";") -> str:
    return "".join(f"{delimiter.join(row)}\r\n" for row in (header, *rows))


def csv_file(*rows: Sequence[str], encoding: str = "utf-8", **options: Any) -> io.BytesIO:
    return io.BytesIO(text(*rows, **options).encode(encoding))


def with_part(content: io.BytesIO, name: str, part: bytes) -> io.BytesIO:
    """Return the .xlsx with one part replaced."""
    changed = io.BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info, old.read(info))
        new.writestr(name, part)
    changed.seek(0)
    return changed


def read_lines(file: BinaryIO) -> list[Line]:
    """Return the lines of the first sheet that isn't empty."""
    with read_sheets(file) as sheets:
        return list(sheets[0].lines)
