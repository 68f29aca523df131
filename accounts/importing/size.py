"""How much work a file is, without reading it."""

from __future__ import annotations

import io
import zipfile
from typing import BinaryIO

from accounts.importing.reading import MAX_BYTES
from accounts.importing.workbook import DAMAGED, MAX_UNPACKED, PIECE, ROW

LARGE_ROWS = 1_000  # reading and importing as many takes half a second
LARGE_BYTES = 512 * 1024


def is_large(file: BinaryIO, *, rows: int) -> bool:
    """Whether it is better read by a worker; one that is refused for its size alone is not."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size <= MAX_BYTES and (size > LARGE_BYTES or rows > LARGE_ROWS)


def estimate_rows(file: BinaryIO) -> int:
    """The lines under the header, blank ones too; 0 for what can't be counted and has yet to be refused."""
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
