"""An empty migrated database that the tests and their sites copy: migrating takes ten seconds.

It is made by the first process that needs it, under the hash of the migrations: on the PostgreSQL server of
DATABASE_URL, or as a file of SQLite beside pytest's cache.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from scripts.environment import APP, BASE

PREFIX = "migrated_"


@contextmanager
def new_database(folder: Path, *, template: str) -> Iterator[str]:
    """Yield the URL of a copy of `template`, and drop it afterwards; `folder` gets the file of SQLite."""
    if not _server():
        path = folder / "site.sqlite3"
        shutil.copyfile(urlsplit(template).path, path)
        yield f"sqlite:///{path}"
        return
    name = f"site_{uuid.uuid4().hex}"
    _create(name, template)
    try:
        yield _url_of(name)
    finally:
        _execute(f'drop database "{name}" with (force)')


@pytest.fixture(scope="session")
def migrated_database() -> str:
    """The URL of the empty migrated database."""
    folder = BASE / ".pytest_cache" / "migrated"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _on_server() if _server() else _in_file(folder)


@pytest.fixture(scope="session")
def django_db_setup(
    migrated_database: str, django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """Replace pytest-django's: the test database is a copy instead of migrated."""
    with django_db_blocker.unblock():
        name = connection.creation._get_test_db_name()
        if _server():
            _execute(f'drop database if exists "{name}" with (force)')
            _create(name, migrated_database)
        else:
            shutil.copyfile(urlsplit(migrated_database).path, name)
        databases = setup_databases(verbosity=0, interactive=False, keepdb=True, serialized_aliases=())
    yield
    with django_db_blocker.unblock():
        teardown_databases(databases, verbosity=0)


def _on_server() -> str:
    name = PREFIX + _digest()
    with psycopg.connect(_server()) as server:
        present = {row[0] for row in server.execute("select datname from pg_database")}
    if name not in present:
        for former in present:
            if former.startswith(PREFIX):
                with suppress(psycopg.errors.ObjectInUse):  # another run copies it
                    _execute(f'drop database "{former}"')
        unfinished = f"unfinished_{uuid.uuid4().hex}"
        _execute(f'create database "{unfinished}"')
        _migrate(_url_of(unfinished))
        _execute(f'alter database "{unfinished}" rename to "{name}"')
    return _url_of(name)


def _in_file(folder: Path) -> str:
    path = folder / f"{_digest()}.sqlite3"
    if not path.exists():
        for former in folder.glob("*.sqlite3*"):
            former.unlink()
        unfinished = path.with_suffix(".sqlite3-unfinished")
        _migrate(f"sqlite:///{unfinished}")
        unfinished.rename(path)
    return f"sqlite:///{path}"


@cache
def _digest() -> str:
    migrations = sorted(BASE.glob("*/migrations/*.py")) + sorted(BASE.glob("*/*/migrations/*.py"))
    content = b"\0".join(path.read_bytes() for path in [APP, *migrations])
    return hashlib.sha256(content).hexdigest()[:32]


def _migrate(url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "digibeoordelen.settings"}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=BASE, env=environment, check=True)


def _server() -> str:
    """Return the URL of PostgreSQL, or '' without it."""
    url = os.environ.get("DATABASE_URL", "")
    return url if url.startswith("postgres") else ""


def _url_of(name: str) -> str:
    return urlunsplit(urlsplit(_server())._replace(path=f"/{name}"))


def _create(name: str, template: str) -> None:
    _execute(f'create database "{name}" template "{urlsplit(template).path[1:]}"')


def _execute(statement: str) -> None:
    with psycopg.connect(_server(), autocommit=True) as server:
        server.execute(statement)
