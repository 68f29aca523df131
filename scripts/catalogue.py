"""Compiles the English texts: reads locale/en/LC_MESSAGES/django.po, writes the .mo that Django reads.

The .mo is kept beside the .po, so that a fresh clone needs no GNU gettext; a test sees that they are the same.
"""

from __future__ import annotations

import ast
import struct
from collections.abc import Iterator
from pathlib import Path

ENGLISH = Path(__file__).resolve().parent.parent / "locale" / "en" / "LC_MESSAGES" / "django.po"
_MAGIC = 0x950412DE


def read_po(text: str) -> dict[str, str]:
    """Message → translation as a .mo has them: a context before "\\x04", plurals joined by "\\0"; '' is the header."""
    catalogue: dict[str, str] = {}
    for entry in _entries(text):
        context = f"{entry['msgctxt']}\x04" if "msgctxt" in entry else ""
        key = context + "\0".join(entry[name] for name in ("msgid", "msgid_plural") if name in entry)
        if key in catalogue:
            raise ValueError(f"Stands there twice: {key!r}")
        catalogue[key] = "\0".join(value for name, value in entry.items() if name.startswith("msgstr"))
    return catalogue


def _entries(text: str) -> Iterator[dict[str, str]]:
    """Each entry: its keywords (msgid, msgstr[0]) with their strings put together."""
    entry: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        keyword, quote, rest = line.partition('"')
        if keyword := keyword.strip():
            begins = keyword == "msgctxt" or (keyword == "msgid" and name != "msgctxt")
            if begins and entry:
                yield entry
                entry = {}
            name = keyword
        entry[name] = entry.get(name, "") + str(ast.literal_eval(quote + rest))
    if entry:
        yield entry


def compile_mo(catalogue: dict[str, str]) -> bytes:
    """The bytes of a .mo: two tables of (length, offset) in the order of the messages, then all strings."""
    pairs = sorted((key.encode(), value.encode()) for key, value in catalogue.items() if value)
    start = 7 * 4
    offset = start + 16 * len(pairs)
    tables: list[bytes] = []
    strings = b""
    for place in (0, 1):
        for pair in pairs:
            tables.append(struct.pack("<II", len(pair[place]), offset + len(strings)))
            strings += pair[place] + b"\0"
    header = struct.pack("<7I", _MAGIC, 0, len(pairs), start, start + 8 * len(pairs), 0, offset)
    return header + b"".join(tables) + strings


def main() -> None:
    catalogue = read_po(ENGLISH.read_text(encoding="utf-8"))
    ENGLISH.with_suffix(".mo").write_bytes(compile_mo(catalogue))


if __name__ == "__main__":
    main()
