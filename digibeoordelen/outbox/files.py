"""Keeps bytes once, under the name of their SHA-256, on the default storage."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from .models import FileGone, StoredFile

__all__ = ["FileGone", "keep"]


def keep(content: bytes) -> StoredFile:
    """The `StoredFile` with these bytes; the same bytes give the same row.

    Safe inside a transaction and when two do it at once: the file is whole before the row exists, and
    of two inserts the later one waits for the first and does nothing. A transaction that is rolled
    back leaves a file without a row, which the next one with these bytes takes over.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"{sha256[:2]}/{sha256}"
    _write_whole(name, content)
    StoredFile.objects.bulk_create([StoredFile(sha256=sha256, size=len(content), file=name)], ignore_conflicts=True)
    return StoredFile.objects.get(sha256=sha256)


def _write_whole(name: str, content: bytes) -> None:
    """Puts the file there in one step: nobody ever reads half of it, also not after a power cut."""
    try:
        path = Path(default_storage.path(name))
    except NotImplementedError:  # object storage: a put is atomic by itself
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(content))
        return
    if path.exists() and path.stat().st_size == len(content):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as part:
        try:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(path)
        except OSError:  # a full disk, mostly: what each attempt left would keep it full
            Path(part.name).unlink()
            raise
