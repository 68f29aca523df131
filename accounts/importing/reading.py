"""Read an uploaded Excel or CSV file to lines of text cells, or raise `Unreadable` with the reason."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from accounts.text import clean_line


class Unreadable(Exception):
    """A file that can't be imported; the message (Dutch) is for the user."""


MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 20_000  # non-blank, without the header
MAX_LINES = 100_000  # including blank ones
MAX_COLUMNS = 40
Line = tuple[int, list[str]]
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # start of an Excel file from before 2007, or of one with a password
NO_SPREADSHEET = "Dit is geen Excel- of csv-bestand. Sla uw lijst op als .xlsx of .csv."
DELIMITERS = ";,\t"
HEADER_WITHIN = 10  # non-blank lines: a title and a remark may be above the headers
SEPARATOR_LINE = re.compile(r"""\s*"?sep=([^"\r\n])"?(?:\r\n|\r|\n|$)""", re.IGNORECASE)  # Excel's own first line
SAVE_AS_UTF_8 = "Sla de lijst op als .xlsx, of in Excel als ‘CSV UTF-8 (door komma’s gescheiden)’, en kies dat bestand."
UNKNOWN_LETTERS = f"De letters met een accent in dit bestand kunnen niet worden gelezen. {SAVE_AS_UTF_8}"
# Unlikely at such a place in Windows-1252, but accented letters in Mac Roman or DOS.
_LETTER = r"[^\W\d_]"
DOUBTFUL = re.compile(
    rf"[‚ƒ„†‡ˆ‰‹›˜œžšŸŒ]|[€…™](?={_LETTER})|(?<={_LETTER})[‘“ŠŽ]|[ŠŽ](?!{_LETTER})"
    rf"|(?<={_LETTER})[”–—•¡¢£¤¥¦§¨©¬®¯°±²³¶¸¹¼½¾¿](?={_LETTER})"
)


@dataclass(frozen=True)
class Sheet:
    """A sheet that isn't empty; a text file is one without a title.

    `lines`, an iterator, are (line number, cleaned cells) of each non-blank line; a formula is its text, '=' first.
    """

    title: str
    lines: Iterator[Line]
    hidden: Callable[[], set[int]] = set  # reads the numbers of the hidden lines


@contextmanager
def read_sheets(file: BinaryIO) -> Iterator[list[Sheet]]:
    """Yield the visible non-empty sheets, to be read inside the block; the format follows from the content.

    Raise `Unreadable`, also while a sheet's lines are read.
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
        with _visible_worksheets(file) as worksheets:
            yield _filled(
                Sheet(worksheet.title, _bounded(_worksheet_lines(worksheet)), partial(_hidden_rows, worksheet))
                for worksheet in worksheets
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
    for count, (number, cells) in enumerate(lines):
        if count > MAX_LINES:
            raise Unreadable("Dit bestand heeft meer dan 100.000 regels, lege meegerekend. Haal de lege regels weg.")
        cleaned = [clean_line(cell) if cell else "" for cell in cells]
        if not any(cleaned):
            continue
        rows += 1
        if rows > MAX_ROWS + 1:
            raise Unreadable("Dit bestand heeft meer dan 20.000 regels. Verdeel de lijst over meer bestanden.")
        yield number, cleaned


def why_not_ole(content: bytes) -> str:
    """Return the message (Dutch) about a file that begins with `OLE`."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "Dit bestand is met een wachtwoord beveiligd. Haal het wachtwoord eraf en sla het opnieuw op."
    return "Dit is geen .xlsx-bestand, maar een ouder soort (zoals .xls). Open het in Excel en sla het op als .xlsx."


def _decode(content: bytes) -> str:
    """Decode UTF-8 (with or without BOM), UTF-16 with BOM, or else Windows-1252; raise `Unreadable`."""
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
    """Raise `Unreadable` for another encoding read as Windows-1252: ‘RenŽe’ is Mac Roman, ‘Ren‚e’ is DOS."""
    if doubtful := DOUBTFUL.search(text):
        at = doubtful.start()
        word = re.split(r"[\s;,]", text[max(at - 20, 0) : at])[-1] + re.split(r"[\s;,]", text[at : at + 20])[0]
        raise Unreadable(f"De letters in dit bestand zijn niet zeker: er lijkt ‘{word}’ te staan. {SAVE_AS_UTF_8}")
    if "\r" in text and "\n" not in text:  # the line ends of an old Mac
        raise Unreadable(UNKNOWN_LETTERS)


def _csv_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Read strictly, as an unclosed quote would swallow the lines after it."""
    separator = SEPARATOR_LINE.match(text)
    delimiter, before = (separator[1], separator[0].count("\n") or 1) if separator else (_delimiter(text), 0)
    rows = io.StringIO(text[separator.end() :] if separator else text, newline="")
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
    """Return the delimiter in most of the first lines (one may be a title), then the most frequent in a line."""
    filled = (line for line in io.StringIO(text) if line.strip(f" \r\n{DELIMITERS}"))
    first = list(islice(filled, HEADER_WITHIN))
    counts = {char: [line.count(char) for line in first] or [0] for char in DELIMITERS}
    return max(DELIMITERS, key=lambda char: (sum(map(bool, counts[char])), max(counts[char])))


MAX_UNPACKED = 40 * 1024 * 1024  # 20,000 rows take a third of it
MAX_PARTS = 1000
MAX_WHOLE_PART = 4 * 1024 * 1024  # styles and the like, which openpyxl reads at once
MAX_CELLS = 1_000  # in a row
PIECE = 1024 * 1024
ROW, CELL = re.compile(rb"<(?:\w+:)?row[\s/>]"), re.compile(rb"<(?:\w+:)?c[\s/>]")
ROW_TAG = re.compile(rb"<(?:\w+:)?row\s([^>]*)>")
ROW_NUMBER = re.compile(rb"""\br=["'](\d{1,7})["']""")
HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']""")
STREAMED = ("xl/worksheets/", "xl/sharedStrings", "xl/media/")
ODS = b"application/vnd.oasis.opendocument.spreadsheet"
# Raised by zipfile, expat and openpyxl on a damaged file or a false workbook.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, ParseError, OSError, EOFError, KeyError, IndexError, ValueError, TypeError,
    AttributeError, ArithmeticError, AssertionError, RuntimeError,
)  # fmt: skip
IS_DAMAGED = (
    "Dit bestand kan niet worden gelezen: het is beschadigd of geen echt Excel-bestand. "
    "Open het in Excel of LibreOffice en sla het opnieuw op als .xlsx."
)


@contextmanager
def _visible_worksheets(file: BinaryIO) -> Iterator[list[ReadOnlyWorksheet]]:
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


def _worksheet_lines(sheet: Any) -> Iterator[Line]:
    """Yield (row number, texts of its cells), blank rows too; raise `Unreadable`."""
    try:
        sheet.reset_dimensions()  # the size in the file may be wrong
        for number, values in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), start=1):
            yield number, _cells(values)
    except DAMAGED:
        raise Unreadable(IS_DAMAGED) from None


def _hidden_rows(sheet: Any) -> set[int]:
    """Return the numbers of the rows hidden by hand or by a filter, which openpyxl's read-only mode leaves out."""
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
def open_workbook(file: BinaryIO) -> Iterator[Any]:
    """Yield the workbook, to be read row by row inside the block; raise `Unreadable`, also while reading."""
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
        # Not data_only: a formula is refused, whatever its last result.
        return load_workbook(file, read_only=True, keep_links=False)
    except DAMAGED:
        raise Unreadable(IS_DAMAGED) from None


def _has_endless_row(archive: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> bool:
    """Return whether a row has over `MAX_CELLS` cells: openpyxl reads a row at once, and zipped it may be tiny."""
    cells = 0
    with archive.open(sheet) as part:
        for piece in iter(lambda: part.read(PIECE), b""):
            for number, row in enumerate(ROW.split(piece)):
                cells = (0 if number else cells) + len(CELL.findall(row))
                if cells > MAX_CELLS:
                    return True
    return False


def _refuse_bombs(file: BinaryIO) -> None:
    """Raise `Unreadable` for too large contents; zipfile never unpacks more than the sizes in the archive."""
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
            raise Unreadable(NO_SPREADSHEET)
        if any(part.file_size > MAX_WHOLE_PART for part in parts if not part.filename.startswith(STREAMED)):
            raise Unreadable("Dit bestand heeft te veel opmaak. Zet de lijst zonder opmaak in een nieuw bestand.")


def _cells(values: Sequence[Any]) -> list[str]:
    """Return the texts without empty ones at the end."""
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
    if isinstance(value, datetime):  # midnight for a cell with only a date
        return value.strftime("%d-%m-%Y" if value.time() == time() else "%d-%m-%Y %H:%M")
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if type(value).__name__.endswith("Formula"):  # an array's or a data table's
        return "="
    return str(value)


LARGE_ROWS = 1_000  # read and imported in half a second
LARGE_BYTES = 512 * 1024


def is_large(file: BinaryIO, *, rows: int) -> bool:
    """Return whether a worker should read the file; not if its size alone refuses it."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size <= MAX_BYTES and (size > LARGE_BYTES or rows > LARGE_ROWS)


def estimate_rows(file: BinaryIO) -> int:
    """Return the number of lines under the header, blank ones too; 0 for an unreadable file."""
    if file.seek(0, io.SEEK_END) > MAX_BYTES:
        return 0
    file.seek(0)
    lines = _in_workbook(file) if zipfile.is_zipfile(file) else _in_text(file)
    file.seek(0)
    return max(lines - 1, 0)


def _in_text(file: BinaryIO) -> int:
    file.seek(0)
    content = file.read()
    return content.count(b"\n") + (not content.endswith(b"\n"))


def _in_workbook(file: BinaryIO) -> int:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > MAX_UNPACKED:
                return 0
            sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
            return max((_in_sheet(archive, sheet) for sheet in sheets), default=0)
    except (*DAMAGED, NotImplementedError):
        return 0


def _in_sheet(archive: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> int:
    with archive.open(sheet) as part:
        return sum(len(ROW.findall(piece)) for piece in iter(lambda: part.read(PIECE), b""))
