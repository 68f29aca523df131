"""Dump and load the site's database: PostgreSQL by its own programs, SQLite by its backup function."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.db import connection, transaction

from .folder import BackupError

Files = Iterator[tuple[str, int]]
STORED = "SELECT sha256, size FROM outbox_storedfile ORDER BY sha256"


@contextmanager
def snapshot() -> Iterator[tuple[IO[bytes], Files]]:
    """Open a consistent dump, and the SHA-256 and size of each stored file as of the same moment."""
    with _sqlite_snapshot() if connection.vendor == "sqlite" else _postgresql_snapshot() as both:
        yield both


@contextmanager
def _postgresql_snapshot() -> Iterator[tuple[IO[bytes], Files]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        [exported] = cursor.fetchone()
        command = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={exported}"]
        with _program(command, stdout=subprocess.PIPE) as process:
            yield process.stdout, _rows(cursor)


def _rows(cursor: Any) -> Files:
    """Yield by key, since a cursor of the server does not outlive a transaction behind PgBouncer."""
    last = ""
    while True:
        cursor.execute("SELECT sha256, size FROM outbox_storedfile WHERE sha256 > %s ORDER BY 1 LIMIT 10000", [last])
        if not (rows := cursor.fetchall()):
            return
        yield from rows
        last = rows[-1][0]


@contextmanager
def _sqlite_snapshot() -> Iterator[tuple[IO[bytes], Files]]:
    connection.ensure_connection()
    with tempfile.NamedTemporaryFile(suffix=".sqlite3") as copy, closing(sqlite3.connect(copy.name)) as target:
        connection.connection.backup(target)
        yield copy.file, iter(target.execute(STORED))


def is_empty() -> bool:
    return not connection.introspection.table_names()


def load(content: Callable[[IO[bytes]], None]) -> None:
    """Fill the empty database, wholly or not at all, with the dump that `content` writes to the file it gets."""
    if connection.vendor == "sqlite":
        _load_sqlite(content)
    else:
        connection.close()
        command = ["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        name = str(connection.settings_dict["NAME"])
        with _program([*command, f"--dbname={name}"], stdin=subprocess.PIPE) as process, process.stdin:
            content(process.stdin)


def _load_sqlite(content: Callable[[IO[bytes]], None]) -> None:
    path = Path(str(connection.settings_dict["NAME"]))
    connection.close()
    part = path.with_name(path.name + ".part")
    with part.open("wb") as target:
        content(target)
        target.flush()
        os.fsync(target.fileno())
    for leftover in ("-wal", "-shm"):
        path.with_name(path.name + leftover).unlink(missing_ok=True)
    part.replace(path)


@contextmanager
def _program(command: list[str], *, stdin: int | None = None, stdout: int | None = None) -> Iterator[Any]:
    """Run a program of PostgreSQL on the site's database; raise `BackupError` with its words if it fails."""
    with tempfile.TemporaryFile() as words:
        try:
            env = {**os.environ, **_environment()}
            process = subprocess.Popen(command, env=env, stdin=stdin, stdout=stdout, stderr=words)  # noqa: S603
        except FileNotFoundError:
            raise BackupError(f"{command[0]} is missing; it comes with PostgreSQL's client programs.") from None
        try:
            yield process
        except BrokenPipeError:
            pass  # the program has failed; its own message is raised below
        finally:
            for pipe in filter(None, (process.stdin, process.stdout)):
                with suppress(BrokenPipeError):
                    pipe.close()
            failed = process.wait()
        if failed:
            words.seek(0)
            raise BackupError(f"{command[0]} failed: {words.read().decode(errors='replace').strip()}")


def _environment() -> dict[str, str]:
    """Return the address of the database as PostgreSQL's programs read it: no password on a command line."""
    database = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    values = {name: database[key] for name, key in names.items()}
    options = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "target_session_attrs": "PGTARGETSESSIONATTRS"}
    values |= {name: database["OPTIONS"].get(key) for key, name in options.items()}
    return {name: str(value) for name, value in values.items() if value}
