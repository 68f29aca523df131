"""Stores bytes once, under their SHA-256, on the default storage, and destroys them when nothing refers to them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, ForeignObjectRel, Model, OuterRef, QuerySet
from django.utils import timezone

from digibeoordelen.file_storage import storage_errors, storage_slot

from .models import FileGone, StoredFile

JUST_KEPT = timedelta(days=1)  # much longer than it takes until a row refers to stored bytes
_FOLDER, _NAME = re.compile(r"[0-9a-f]{2}"), re.compile(r"\.?[0-9a-zA-Z_]+")


def keep(content: bytes) -> StoredFile:
    """Store bytes; return their `StoredFile`, the same row for the same bytes."""
    return keep_file(BytesIO(content))


def keep_file(content: IO[bytes]) -> StoredFile:
    """Store what is too large for memory: it is read twice, in pieces.

    Raises `StorageDown` when the storage doesn't answer or is full. Safe inside a transaction, and while another stores
    the same bytes or destroys them: that transaction, which has the row locked, ends first. A row is visible to others
    only when its file is complete. A rollback leaves a file without a row, which is used the next time.
    """
    digest = hashlib.sha256()
    for chunk in File(content).chunks():
        digest.update(chunk)
    sha256, size = digest.hexdigest(), content.tell()
    name = _name(sha256)
    new = StoredFile(sha256=sha256, size=size, file=name)
    while True:
        with transaction.atomic():
            StoredFile.objects.bulk_create([new], ignore_conflicts=True)
            if StoredFile.objects.filter(sha256=sha256).update(kept_at=timezone.now()):
                _write_whole(name, content, size)
                return StoredFile.objects.get(sha256=sha256)
        # The row was destroyed between the two.


def restore(stored: StoredFile, content: bytes) -> bool:
    """Write missing or damaged bytes again; return False, and do nothing, if `content` is something else."""
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        return False
    name = str(stored.file.name)
    with storage_errors():
        default_storage.delete(name)
    _write_whole(name, BytesIO(content), stored.size)
    return True


def write(sha256: str, content: IO[bytes], size: int) -> None:
    """Write the bytes of a file whose row is not there yet, as when a backup is restored."""
    _write_whole(_name(sha256), content, size)


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


@storage_slot()
@storage_errors()
def _write_whole(name: str, content: IO[bytes], size: int) -> None:
    """Write the file in one step: half of it is never visible, not even after a power cut."""
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
        except OSError:  # such as a full disk, which the remains of each attempt would keep full
            Path(part.name).unlink()
            raise


def find() -> Iterator[tuple[StoredFile, FileGone]]:
    """Yield the missing and damaged files, by reading all."""
    for stored in StoredFile.objects.order_by("pk").iterator():
        try:
            stored.open_proven().close()
        except FileGone as gone:
            yield stored, gone


def referring(stored: StoredFile) -> list[Model]:
    """Return the rows, of any app, that refer to the file."""
    return [row for rows in what_refers_to(stored) for row in rows]


def destroy() -> int:
    """Destroy every file that no row refers to, each in its own transaction; return their number.

    The bytes go before their row, so that a worker that dies in between leaves a row for the next one.
    """
    return sum(_destroy_one(pk) for pk in _unused().order_by("pk").values_list("pk", flat=True).iterator())


def _destroy_one(pk: int) -> bool:
    with transaction.atomic():
        # The lock makes `keep` of the same bytes wait, which then writes them again.
        file = StoredFile.objects.filter(pk=pk).select_for_update(skip_locked=True).first()
        if file is None or not _unused().filter(pk=pk).exists():
            return False
        with storage_errors():
            default_storage.delete(str(file.file.name))
        file.delete()
    return True


def _unused() -> QuerySet[StoredFile]:
    files = StoredFile.objects.filter(kept_at__lt=timezone.now() - JUST_KEPT)
    for referring in what_refers_to(OuterRef("pk")):
        files = files.filter(~Exists(referring))
    return files


def what_refers_to(file: StoredFile | OuterRef) -> Iterator[QuerySet[Any]]:
    """Yield, for each model of any app with a foreign key to `StoredFile`, the rows that refer to `file`."""
    for relation in StoredFile._meta.get_fields(include_hidden=True):  # noqa: SLF001 - Django's documented API
        if isinstance(relation, ForeignObjectRel) and relation.related_model is not None:
            yield relation.related_model._base_manager.filter(**{relation.field.name: file})  # noqa: SLF001


@storage_errors()
def destroy_strays() -> int:
    """Destroy the files without a row, which rollbacks leave; return their number."""
    destroyed = 0
    for name in _strays():
        if default_storage.get_modified_time(name) < timezone.now() - JUST_KEPT:
            default_storage.delete(name)
            destroyed += 1
    return destroyed


def _strays() -> Iterator[str]:
    """Yield names that `keep` writes, complete or not; anything else in the storage is not ours."""
    try:
        folders, _ = default_storage.listdir("")
    except FileNotFoundError:  # nothing was stored yet
        return
    for folder in filter(_FOLDER.fullmatch, folders):
        _, names = default_storage.listdir(folder)
        known = set(StoredFile.objects.filter(sha256__startswith=folder).values_list("sha256", flat=True))
        yield from (f"{folder}/{name}" for name in names if _NAME.fullmatch(name) and name not in known)
