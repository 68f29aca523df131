"""Any file that someone hands in → its lines as cells of text, or a sentence that says what is wrong with it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
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
HEADER_WITHIN = 10  # lines with something in them: a title and a remark may be above the headers
SEPARATOR_LINE = re.compile(r"""\s*"?sep=([^"\r\n])"?(?:\r\n|\r|\n|$)""", re.IGNORECASE)  # Excel's own first line
SAVE_AS_UTF_8 = "Sla de lijst op als .xlsx, of in Excel als ‘CSV UTF-8 (door komma’s gescheiden)’, en kies dat bestand."
UNKNOWN_LETTERS = f"De letters met een accent in dit bestand kunnen niet worden gelezen. {SAVE_AS_UTF_8}"
# Windows-1252 has these too, but hardly at such a place in a list; Mac Roman and DOS have accented letters there.
_LETTER = r"[^\W\d_]"
DOUBTFUL = re.compile(
    rf"[‚ƒ„†‡ˆ‰‹›˜œžšŸŒ]|[€…™](?={_LETTER})|(?<={_LETTER})[‘“ŠŽ]|[ŠŽ](?!{_LETTER})"
    rf"|(?<={_LETTER})[”–—•¡¢£¤¥¦§¨©¬®¯°±²³¶¸¹¼½¾¿](?={_LETTER})"
)


@dataclass(frozen=True)
class Sheet:
    """A sheet with something in it; a file of text is one without a title. Its lines are read once.

    `lines` are (line number, cells) of each line that isn't blank, cleaned: a formula is its text, '=' first.
    """

    title: str
    lines: Iterator[Line]
    hidden: Callable[[], set[int]] = set  # reads the numbers of the lines that the file hides


@contextmanager
def read_sheets(file: BinaryIO) -> Iterator[list[Sheet]]:
    """The visible sheets with something in them, to be read inside the block; what a file is follows from its content.

    Raises `Unreadable`, also while a sheet's lines are read.
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
        with workbook.sheets(file) as worksheets:
            yield _filled(
                Sheet(
                    one.title,
                    _bounded(workbook.lines(one, max_columns=MAX_COLUMNS)),
                    partial(workbook.hidden_rows, one),
                )
                for one in worksheets
            )
    elif start.startswith(OLE):
        raise Unreadable(why_not_ole(file.read()))
    else:
        yield _filled([Sheet("", _bounded(_csv_lines(_decode(file.read()))))])


def _filled(sheets: Iterable[Sheet]) -> list[Sheet]:
    firsts = [(sheet, next(sheet.lines, None)) for sheet in sheets]
    filled = [replace(sheet, lines=chain([first], sheet.lines)) for sheet, first in firsts if first]
    if not filled:
        raise Unreadable("Dit bestand is leeg: er staat niets in.")
    return filled


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
            if encoding == "cp1252" and b"\0" not in content:
                raise Unreadable(UNKNOWN_LETTERS) from None
            continue
        if "\0" in text or text.lstrip().startswith(("<", "%PDF-", "{\\rtf")):
            break
        if encoding == "cp1252":
            _refuse_doubtful(text)
        return text
    raise Unreadable(NO_SPREADSHEET)


def _refuse_doubtful(text: str) -> None:
    """Raise `Unreadable` for what Windows-1252 makes of another encoding: ‘RenŽe’ is Mac Roman, ‘Ren‚e’ is DOS."""
    if doubtful := DOUBTFUL.search(text):
        at = doubtful.start()
        word = re.split(r"[\s;,]", text[max(at - 20, 0) : at])[-1] + re.split(r"[\s;,]", text[at : at + 20])[0]
        raise Unreadable(f"De letters in dit bestand zijn niet zeker: er lijkt ‘{word}’ te staan. {SAVE_AS_UTF_8}")
    if "\r" in text and "\n" not in text:  # the line ends of an old Mac
        raise Unreadable(UNKNOWN_LETTERS)


def _csv_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Strictly: a quote that is never closed would swallow all that follows it."""
    named = SEPARATOR_LINE.match(text)
    delimiter, before = (named[1], named[0].count("\n") or 1) if named else (_delimiter(text), 0)
    rows = io.StringIO(text[named.end() :] if named else text, newline="")
    reader = csv.reader(rows, delimiter=delimiter, strict=True)
    number = before + 1
    try:
        for cells in reader:
            yield number, cells[:MAX_COLUMNS]
            number = before + reader.line_num + 1
    except csv.Error:
        raise Unreadable(
            f'Regel {number} kan niet worden gelezen. Kijk of daar een aanhalingsteken (") te veel of te weinig staat.'
        ) from None


def _delimiter(text: str) -> str:
    """What most of the first lines hold, of which one may be a title; then what is in one of them most often."""
    filled = (line for line in io.StringIO(text) if line.strip(f" \r\n{DELIMITERS}"))
    first = list(islice(filled, HEADER_WITHIN))
    counts = {one: [line.count(one) for line in first] or [0] for one in DELIMITERS}
    return max(DELIMITERS, key=lambda one: (sum(map(bool, counts[one])), max(counts[one])))
