"""Any file that someone hands in → its lines as cells of text, or a sentence that says what is wrong with it."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from accounts.text import clean_line

from . import workbook
from .unreadable import Unreadable

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 20_000  # with something in them, the header not counted
MAX_LINES = 100_000  # blank ones too: what goes on for longer is no list that someone filled in
MAX_COLUMNS = 40

Line = tuple[int, list[str]]

OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # an Excel of before 2007, and what a password makes of a newer one
NO_SPREADSHEET = "Dit is geen Excel- of csv-bestand. Sla uw lijst op als .xlsx of .csv."
DELIMITERS = ";,\t"


def read_lines(file: BinaryIO) -> Iterator[Line]:
    """(line number, cells) of each line that isn't blank; what the file is follows from its content.

    Cells are cleaned text: a formula is its text, '=' first. Raises `Unreadable`, also while one reads on.
    """
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise Unreadable("Dit bestand is leeg.")
    if size > MAX_BYTES:
        raise Unreadable("Dit bestand is groter dan 10 MB. Verdeel de lijst over meer bestanden.")
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        lines = workbook.lines(file, max_columns=MAX_COLUMNS)
    elif start.startswith(OLE):
        raise Unreadable(why_not_ole(file.read()))
    else:
        lines = _csv_lines(_decode(file.read()))
    return _bounded(lines)


def _bounded(lines: Iterator[tuple[int, list[str]]]) -> Iterator[Line]:
    rows = 0
    for seen, (number, cells) in enumerate(lines):
        if seen > MAX_LINES:
            raise Unreadable("Dit bestand heeft meer dan 100.000 regels, lege meegerekend. Haal de lege regels weg.")
        cleaned = [clean_line(cell) if cell else "" for cell in cells]
        if not any(cleaned):
            continue
        rows += 1
        if rows > MAX_ROWS + 1:
            raise Unreadable("Dit bestand heeft meer dan 20.000 regels. Verdeel de lijst over meer bestanden.")
        yield number, cleaned
    if not rows:
        raise Unreadable("Dit bestand is leeg: er staat niets in.")


def why_not_ole(content: bytes) -> str:
    """What to say of a file that begins with `OLE`."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "Dit bestand is met een wachtwoord beveiligd. Haal het wachtwoord eraf en sla het opnieuw op."
    return "Dit is geen .xlsx-bestand, maar een ouder soort (zoals .xls). Open het in Excel en sla het op als .xlsx."


def _decode(content: bytes) -> str:
    """Text in UTF-8 (with or without BOM), UTF-16 with BOM, or else Windows-1252; raises `Unreadable`."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text or text.lstrip().startswith(("<", "%PDF-", "{\\rtf")):
            break
        return text
    raise Unreadable(NO_SPREADSHEET)


def _csv_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Strictly: a quote that is never closed would swallow all that follows it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 1
    try:
        for cells in reader:
            yield number, cells[:MAX_COLUMNS]
            number = reader.line_num + 1
    except csv.Error:
        raise Unreadable(
            f'Regel {number} kan niet worden gelezen. Kijk of daar een aanhalingsteken (") te veel of te weinig staat.'
        ) from None


def _delimiter(text: str) -> str:
    """What parts the first line that isn't blank into most cells."""
    first = next((line for line in io.StringIO(text) if line.strip(f" \r\n{DELIMITERS}")), "")
    return max(DELIMITERS, key=first.count)
