"""Keeps bytes once, under the name of their SHA-256, on the default storage."""

import hashlib
import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from .models import PIECE, FileGone, StoredFile

__all__ = ["FileGone", "keep", "keep_file"]


def keep(content: bytes) -> StoredFile:
    """The `StoredFile` with these bytes; the same bytes give the same row."""
    return keep_file(io.BytesIO(content))


def keep_file(content: BinaryIO) -> StoredFile:
    """`keep` for what is too large to hold: it is read twice, in pieces.

    Safe inside a transaction and when two do it at once, or when one destroys what nothing refers to
    (`unused`): whoever holds the row is waited for, and the row is seen only once the file is whole. A
    transaction that is rolled back leaves a file without a row, which the next one with these bytes takes over.
    """
    sha256, size = _measure(content)
    name = f"{sha256[:2]}/{sha256}"
    new = StoredFile(sha256=sha256, size=size, file=name)
    while True:
        with transaction.atomic():
            StoredFile.objects.bulk_create([new], ignore_conflicts=True)
            if StoredFile.objects.filter(sha256=sha256).update(kept_at=timezone.now()):
                _write_whole(name, content, size)
                return StoredFile.objects.get(sha256=sha256)
        # It was destroyed while we waited for it.


def restore(stored: StoredFile, content: bytes) -> bool:
    """Puts bytes back that are missing or damaged; False if these are others."""
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        return False
    name = str(stored.file.name)
    default_storage.delete(name)
    _write_whole(name, io.BytesIO(content), stored.size)
    return True


def _measure(content: BinaryIO) -> tuple[str, int]:
    content.seek(0)
    digest = hashlib.sha256()
    while piece := content.read(PIECE):
        digest.update(piece)
    return digest.hexdigest(), content.seek(0, io.SEEK_END)


def _write_whole(name: str, content: BinaryIO, size: int) -> None:
    """Puts the file there in one step: nobody ever reads half of it, also not after a power cut."""
    content.seek(0)
    try:
        path = Path(default_storage.path(name))
    except NotImplementedError:  # object storage: a put is atomic by itself
        if not default_storage.exists(name):
            default_storage.save(name, File(content))
        return
    if path.exists() and path.stat().st_size == size:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as part:
        try:
            shutil.copyfileobj(content, part)
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(path)
        except OSError:  # a full disk, mostly: what each attempt left would keep it full
            Path(part.name).unlink()
            raise
