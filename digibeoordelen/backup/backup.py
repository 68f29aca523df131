"""Make a backup of the database and the stored files."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pyrage
from django.core.files.base import File
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from digibeoordelen import VERSION
from digibeoordelen.outbox.models import FileGone, StoredFile

from . import databases
from .folder import FILES, PART, BackupError, Manifest, database_name, locked, sha256_of, stored_path, whole

Recipients = list[Any]  # of pyrage


def read_recipients(keys: Iterable[str]) -> Recipients:
    """Return public keys of age; raise `BackupError` for another text."""
    try:
        return [pyrage.x25519.Recipient.from_str(key) for key in keys]
    except pyrage.RecipientError as error:
        raise BackupError(f"This is no public key of age (age1…): {error}") from error


def back_up(folder: Path, *, recipients: Recipients) -> tuple[Path, Manifest]:
    """Add a backup to `folder`; return its own folder and what it holds. Raise `BackupError`.

    With `recipients` all is encrypted but the manifest and the hashes of the files.

    The files are copied before the dump, and the new ones after it: one that is destroyed meanwhile is in both or in
    neither.
    """
    with locked(folder):
        for leftover in folder.glob(f"*{PART}"):
            shutil.rmtree(leftover)
        _copy(folder, StoredFile.objects.order_by("sha256").values_list("sha256", flat=True).iterator(), recipients)
        now = datetime.now(UTC)
        part = folder / f"{now:%Y%m%dT%H%M%SZ}{PART}"
        part.mkdir()
        database = part / database_name(is_encrypted=bool(recipients))
        with databases.snapshot() as (dump, files), whole(database) as target, whole(part / FILES) as listed:
            count = 0
            for sha256, size in files:
                listed.write(f"{sha256} {size}\n".encode())
                count += 1
            _write(dump, target, recipients)
        missing = _copy(folder, (line.split()[0] for line in (part / FILES).open(encoding="ascii")), recipients)
        manifest = Manifest(
            version=VERSION,
            made_at=now.isoformat(timespec="seconds"),
            vendor=connection.vendor,
            migrations=sorted(" ".join(key) for key in MigrationRecorder(connection).applied_migrations()),
            is_encrypted=bool(recipients),
            database_sha256=sha256_of(database),
            files_sha256=sha256_of(part / FILES),
            file_count=count,
            missing=missing,
        )
        manifest.write(part)
        return part.rename(folder / part.name.removesuffix(PART)), manifest


def _copy(folder: Path, hashes: Iterable[str], recipients: Recipients) -> list[str]:
    """Copy the stored files that the folder lacks; return those that the storage lacks too."""
    missing = []
    for sha256 in hashes:
        path = stored_path(folder, sha256, is_encrypted=bool(recipients))
        if path.exists():
            continue
        try:
            stored = StoredFile.objects.get(sha256=sha256)
            with stored.open_proven() as content, whole(path) as target:
                _write(content, target, recipients)
        except (FileGone, StoredFile.DoesNotExist):
            missing.append(sha256)
    return missing


def _write(content: IO[bytes] | File[bytes], target: IO[bytes], recipients: Recipients) -> None:
    if recipients:
        pyrage.encrypt_io(content, target, recipients)
    else:
        shutil.copyfileobj(content, target)
