"""Search for texts in every column of every table and every stored file, compressed or not."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection


def find(texts: Sequence[str]) -> set[str]:
    """Return 'table.column' or 'file <name>' of each place with one of these texts, ignoring case."""
    matches = set()
    for place, content in (*_cells(), *_files()):
        lowered = content.lower()
        matches |= {f"{place}: {text}" for text in texts if text.lower() in lowered}
    return matches


def _cells() -> Iterator[tuple[str, str]]:
    """Yield every cell of every table, packages included, as stored."""
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                for name, cell in zip(names, row, strict=True):
                    yield f"{table}.{name}", _text(cell)


def _text(cell: Any) -> str:
    if isinstance(cell, memoryview | bytes):
        return _unpacked(bytes(cell))
    if isinstance(cell, str) and cell[:1] in "[{":  # JSON may write é as é
        try:
            return json.dumps(json.loads(cell), ensure_ascii=False)
        except ValueError:
            return cell
    return json.dumps(cell, ensure_ascii=False, default=str) if isinstance(cell, dict | list) else str(cell)


def _files(folder: str = "") -> Iterator[tuple[str, str]]:
    folders, names = default_storage.listdir(folder)
    for name in names:
        path = f"{folder}/{name}".lstrip("/")
        with default_storage.open(path) as file:
            yield f"file {path}", _unpacked(file.read())
    for inner in folders:
        yield from _files(f"{folder}/{inner}".lstrip("/"))


def _unpacked(content: bytes) -> str:
    """Return the bytes as text, including compressed contents: files of a zip, streams of a PDF."""
    pieces = [content]
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            pieces += [archive.read(name) for name in archive.namelist()]
    for piece in list(pieces):
        pieces += [_inflate(piece[begin.start() :]) for begin in re.finditer(rb"x[\x01\x9c\xda]", piece)]
    return " ".join(piece.decode("utf-8", errors="replace") for piece in pieces)


def _inflate(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed)
    except zlib.error:
        return b""
