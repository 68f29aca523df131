"""Several databases on the bench's server: copies of an empty, migrated one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

EMPTY = "bench_empty"


@contextmanager
def connected(database: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def keep_empty() -> None:
    """Copy the migrated database before the first figure fills it."""
    _copy(connection.settings_dict["NAME"], EMPTY)


@contextmanager
def empty_copy(database: str) -> Iterator[None]:
    """Create an empty database, dropped at the end of the block."""
    _copy(EMPTY, database)
    try:
        yield
    finally:
        with connected("postgres"), connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {database}")


def _copy(template: str, database: str) -> None:
    with connected("postgres"), connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE {database} TEMPLATE "{template}"')
