"""A ZIP of final results' PDFs, streamed: its size is known before the first byte, and memory stays level."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from zipstream import ZIP_STORED, ZipStream

from assessments.models import DocumentQuerySet
from digibeoordelen.outbox.models import StoredFile

MANIFEST = "manifest.json"
PIECE = 64 * 1024


@dataclass(frozen=True)
class Entry:
    """A PDF in the archive, as the manifest names it; `size` is in bytes."""

    name: str
    sha256: str
    size: int


def entries(documents: DocumentQuerySet) -> tuple[list[Entry], list[StoredFile]]:
    """Return the entries and their files, by name; a name that comes again gets a number."""
    files: dict[str, StoredFile] = {}
    for document in documents.filter(file__isnull=False).select_related("file").iterator(chunk_size=100):
        stem, number = document.filename.removesuffix(".pdf"), 1
        while (name := f"{stem}-{number}.pdf" if number > 1 else f"{stem}.pdf") in files:
            number += 1
        if document.file is not None:
            files[name] = document.file
    names = sorted(files)
    return [Entry(name, files[name].sha256, files[name].size) for name in names], [files[name] for name in names]


def stream(documents: DocumentQuerySet) -> ZipStream:
    """Return the archive, to iterate over and with a length: the manifest with each SHA-256, then the PDFs.

    A PDF that is missing from the storage, or damaged, raises `FileGone` when its turn comes, which cuts the download
    off: an archive is whole or not there.
    """
    listed, files = entries(documents)
    archive = ZipStream(compress_type=ZIP_STORED, sized=True)  # a PDF is compressed already
    manifest = json.dumps([asdict(entry) for entry in listed], indent=1).encode()
    archive.add(manifest, MANIFEST)
    for entry, file in zip(listed, files, strict=True):
        archive.add(_pieces(file), entry.name, size=entry.size)
    return archive


def _pieces(file: StoredFile) -> Iterator[bytes]:
    with file.open_proven() as content:
        while piece := content.read(PIECE):
            yield piece
