"""A ZIP of final results' PDFs, streamed: its size is known before the first byte, and memory stays level."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from zipstream import ZIP_STORED, ZipStream

from assessments.models import DocumentQuerySet, file_name
from digibeoordelen.outbox.models import StoredFile

MANIFEST = "manifest.json"
PIECE = 64 * 1024


# What `file_name` takes, from the result as it was fixed; the whole result would be read into memory.
_NAMED_BY = ("result__student__number", "result__exam__code", "result__unit__code", "result__attempt", "number")
_STORED_AS = ("file__file", "file__sha256", "file__size")


@dataclass(frozen=True, slots=True)
class Entry:
    """A PDF in the archive; `path` is that in the storage, `size` is in bytes."""

    name: str
    sha256: str
    size: int
    path: str


def entries(documents: DocumentQuerySet) -> list[Entry]:
    """Return the finished PDFs by name; a name that comes again gets a number."""
    found: dict[str, Entry] = {}
    rows = documents.filter(file__isnull=False).values_list(*_NAMED_BY, *_STORED_AS)
    for student, exam, unit, attempt, version, path, sha256, size in rows.iterator():
        stem, number = file_name(student, exam, unit, attempt=attempt, version=version).removesuffix(".pdf"), 1
        while (name := f"{stem}-{number}.pdf" if number > 1 else f"{stem}.pdf") in found:
            number += 1
        found[name] = Entry(name, sha256, size, path)
    return [found[name] for name in sorted(found)]


def stream(documents: DocumentQuerySet) -> ZipStream:
    """Return the archive, to iterate over and with a length: the manifest with each SHA-256, then the PDFs.

    A PDF that is missing from the storage, or damaged, raises `FileGone` when its turn comes, which cuts the download
    off: an archive is whole or not there.
    """
    listed = entries(documents)
    archive = ZipStream(compress_type=ZIP_STORED, sized=True)  # a PDF is compressed already
    manifest = [{"name": entry.name, "sha256": entry.sha256, "size": entry.size} for entry in listed]
    archive.add(json.dumps(manifest, indent=1).encode(), MANIFEST)
    for entry in listed:
        archive.add(_pieces(entry), entry.name, size=entry.size)
    return archive


def _pieces(entry: Entry) -> Iterator[bytes]:
    with StoredFile(sha256=entry.sha256, size=entry.size, file=entry.path).open_proven() as content:
        while piece := content.read(PIECE):
            yield piece
