"""Concurrent users: real threads with separate database connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all `calls` at the same moment; return what each returned or raised, in order.

    For tests with `django_db(transaction=True)`: other threads only see committed data.
    """
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return call()
        except Exception as error:  # noqa: BLE001 - the test checks the exception
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
