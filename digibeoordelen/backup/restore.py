"""Fill an empty installation from a backup."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import IO, Any

import pyrage
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from digibeoordelen.outbox import storage

from . import databases
from .folder import FILES, BackupError, Manifest, complete, database_name, read_files, sha256_of, stored_path

IN_MEMORY = 16 * 1024**2  # of a file while its hash is checked; a larger one goes to disk
Identities = list[Any]  # of pyrage


def read_identities(path: Path) -> Identities:
    """Return the secret keys of a file made by age-keygen; raise `BackupError`."""
    lines = path.read_text(encoding="utf-8").split()
    found = [pyrage.x25519.Identity.from_str(word) for word in lines if word.startswith("AGE-SECRET-KEY-")]
    if not found:
        raise BackupError(f"{path} holds no secret key of age.")
    return found


def restore(folder: Path, *, name: str = "", identities: Identities) -> Manifest:
    """Restore the newest backup in `folder`, or the one called `name`; raise `BackupError`.

    Nothing is changed unless the database is empty and the backup whole. The files go before the database, which is
    filled in one transaction: after a crash the same can be done again.
    """
    backup = _find(folder, name)
    manifest = Manifest.read(backup)
    _check(folder, backup, manifest, identities)
    for sha256, size in read_files(backup):
        if sha256 not in manifest.missing:
            _restore_file(stored_path(folder, sha256, is_encrypted=manifest.is_encrypted), sha256, size, identities)
    with (backup / database_name(is_encrypted=manifest.is_encrypted)).open("rb") as dump:
        databases.load(lambda target: _read(dump, target, identities))
    return manifest


def _restore_file(path: Path, sha256: str, size: int, identities: Identities) -> None:
    with path.open("rb") as source, tempfile.SpooledTemporaryFile(IN_MEMORY) as content:
        _read(source, content, identities)
        content.seek(0)
        if hashlib.file_digest(content, "sha256").hexdigest() != sha256:
            raise BackupError(f"{path} is damaged.")
        storage.write(sha256, content, size)


def _find(folder: Path, name: str) -> Path:
    backups = {backup.name: backup for backup in complete(folder)}
    if not backups:
        raise BackupError(f"There is no finished backup in {folder}.")
    if name and name not in backups:
        raise BackupError(f"There is no backup {name}; there are {', '.join(backups)}.")
    return backups[name or max(backups)]


def _check(folder: Path, backup: Path, manifest: Manifest, identities: Identities) -> None:
    if not databases.is_empty():
        raise BackupError("The database holds tables already; restore into an empty one.")
    if manifest.vendor != connection.vendor:
        raise BackupError(f"The backup is of {manifest.vendor}, the database is {connection.vendor}.")
    known = {" ".join(key) for key in MigrationLoader(None).disk_migrations}
    if newer := [migration for migration in manifest.migrations if migration not in known]:
        raise BackupError(f"The backup is of version {manifest.version}, which this one does not know: {newer[0]}.")
    if manifest.is_encrypted and not identities:
        raise BackupError("The backup is encrypted; give its secret key with --identity.")
    database = backup / database_name(is_encrypted=manifest.is_encrypted)
    for path, sha256 in ((database, manifest.database_sha256), (backup / FILES, manifest.files_sha256)):
        if sha256_of(path) != sha256:
            raise BackupError(f"{path} is damaged.")
    for sha256, _size in read_files(backup):
        path = stored_path(folder, sha256, is_encrypted=manifest.is_encrypted)
        if sha256 not in manifest.missing and not path.exists():
            raise BackupError(f"{path} is missing.")


def _read(source: IO[bytes], target: IO[bytes], identities: Identities) -> None:
    if identities:
        try:
            pyrage.decrypt_io(source, target, identities)
        except pyrage.DecryptError as error:
            raise BackupError(f"The secret key does not open the backup: {error}") from error
    else:
        shutil.copyfileobj(source, target)
