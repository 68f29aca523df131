"""Several databases on the bench's server: copies of the empty, migrated one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


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


@contextmanager
def empty_copy(database: str) -> Iterator[None]:
    """Create a copy, dropped at the end of the block."""
    template = connection.settings_dict["NAME"]
    connection.close()
    with connected("postgres"), connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE {database} TEMPLATE "{template}"')
    try:
        yield
    finally:
        with connected("postgres"), connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {database}")
