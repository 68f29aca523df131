"""Keeps bytes once, under the name of their SHA-256, on the default storage."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Exists, ForeignObjectRel, Model, OuterRef, QuerySet
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


def find() -> Iterator[tuple[StoredFile, FileGone]]:
    """Each that is missing or damaged, and which of the two; all are read for that."""
    for stored in StoredFile.objects.order_by("pk").iterator():
        try:
            stored.open_proven().close()
        except FileGone as gone:
            yield stored, gone


def referring(stored: StoredFile) -> list[Model]:
    """What it belongs to, of whichever app."""
    return [one for rows in what_refers_to(stored) for one in rows]


# Whoever hands bytes in refers to them well within this.
JUST_KEPT = timedelta(days=1)
_FOLDER, _NAME = re.compile(r"[0-9a-f]{2}"), re.compile(r"\.?[0-9a-zA-Z_]+")


def destroy() -> int:
    """Destroys every unused file, each in a transaction of its own; how many.

    Bytes go first and their row last: where a worker dies in between, the next one finds the row.
    """
    return sum(_destroy_one(pk) for pk in _unused().order_by("pk").values_list("pk", flat=True).iterator())


def _destroy_one(pk: int) -> bool:
    with transaction.atomic():
        # Held: who hands in the same bytes at this moment (`files.keep`) waits, and writes them anew.
        held = StoredFile.objects.filter(pk=pk)
        if connection.features.has_select_for_update_skip_locked:
            held = held.select_for_update(skip_locked=True)
        file = next(iter(held), None)
        if file is None or not _unused().filter(pk=pk).exists():
            return False
        default_storage.delete(str(file.file.name))
        file.delete()
    return True


def _unused() -> QuerySet[StoredFile]:
    """What no row of any model refers to, whichever app it is of."""
    found = StoredFile.objects.filter(kept_at__lt=timezone.now() - JUST_KEPT)
    for referring in what_refers_to(OuterRef("pk")):
        found = found.filter(~Exists(referring))
    return found


def what_refers_to(file: StoredFile | OuterRef) -> Iterator[QuerySet[Any]]:
    """Of each model of any app that may refer to files, the rows that refer to this one."""
    for relation in StoredFile._meta.get_fields(include_hidden=True):  # noqa: SLF001 - Django's documented API
        if isinstance(relation, ForeignObjectRel) and relation.related_model is not None:
            yield relation.related_model._base_manager.filter(**{relation.field.name: file})  # noqa: SLF001


def destroy_strays() -> int:
    """Destroys what stands in the storage without a row, as a transaction that was rolled back leaves it; how many."""
    destroyed = 0
    for name in _strays():
        if default_storage.get_modified_time(name) < timezone.now() - JUST_KEPT:
            default_storage.delete(name)
            destroyed += 1
    return destroyed


def _strays() -> Iterator[str]:
    """Names as `files.keep` gives them, and the beginnings of files that it left; nothing else is touched."""
    try:
        folders, _ = default_storage.listdir("")
    except FileNotFoundError:  # nothing was ever kept
        return
    for folder in filter(_FOLDER.fullmatch, folders):
        _, names = default_storage.listdir(folder)
        known = set(StoredFile.objects.filter(sha256__startswith=folder).values_list("sha256", flat=True))
        yield from (f"{folder}/{name}" for name in names if _NAME.fullmatch(name) and name not in known)
