"""The folder of a backup: stored files once for all backups in it, and a folder with the database for each.

files/ab/abcd…             a stored file under its SHA-256; `.age` follows an encrypted one
20261130T020000Z/          one backup; while it is made or deleted its name ends in `.part`
    manifest.json          `Manifest`
    database               a dump of PostgreSQL or a copy of SQLite; `.age` follows an encrypted one
    files.txt              the SHA-256 and size of each stored file that the database knows
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

PART = ".part"
AGE = ".age"
DATABASE, FILES, MANIFEST = "database", "files.txt", "manifest.json"


class BackupError(Exception):
    """A backup can't be made or restored; the message gives the operator the reason."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds; the hashes are of the bytes on disk, encrypted or not."""

    version: str
    made_at: str
    vendor: str  # of the database, as Django names it
    migrations: list[str]  # app and name of each that was applied
    is_encrypted: bool
    database_sha256: str
    files_sha256: str
    file_count: int
    missing: list[str]  # the SHA-256 of files that the storage lacked, or had damaged

    def write(self, folder: Path) -> None:
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Return the manifest of a backup; raise `BackupError` if the folder has none."""
        try:
            return cls(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
        except (OSError, TypeError, ValueError) as error:
            raise BackupError(f"{folder} holds no backup: {error}") from error


def database_name(*, is_encrypted: bool) -> str:
    return DATABASE + (AGE if is_encrypted else "")


def stored_path(folder: Path, sha256: str, *, is_encrypted: bool) -> Path:
    return folder / "files" / sha256[:2] / (sha256 + (AGE if is_encrypted else ""))


def complete(folder: Path) -> list[Path]:
    """Return the finished backups, oldest first."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.endswith(PART))


def read_files(backup: Path) -> Iterator[tuple[str, int]]:
    """Yield the SHA-256 and size of each stored file of a backup."""
    with (backup / FILES).open(encoding="ascii") as lines:
        for line in lines:
            sha256, size = line.split()
            yield sha256, int(size)


def sha256_of(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; raise `BackupError` while another does."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup is being made in {folder}.") from None
        yield


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name when it is complete and on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    with part.open("wb") as content:
        yield content
        content.flush()
        os.fsync(content.fileno())
    part.replace(path)


def prune(folder: Path, *, keep: int) -> int:
    """Delete all but the newest `keep` backups, and files that none of these has; return how many backups."""
    backups = complete(folder)
    for old in backups[:-keep]:
        shutil.rmtree(old.rename(old.with_name(old.name + PART)))
    kept = {bytes.fromhex(sha256) for backup in complete(folder) for sha256, _ in read_files(backup)}
    for path in (folder / "files").glob("??/*"):
        if path.name.endswith(PART) or bytes.fromhex(path.name.removesuffix(AGE)) not in kept:
            path.unlink()
    return len(backups[:-keep])
