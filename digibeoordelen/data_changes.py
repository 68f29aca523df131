"""Changes of many rows while the site runs: by ranges of their keys, each batch in a transaction of its own.

A migration changes the schema alone (`tests/test_migrations.py`). What it leaves to be done to existing rows is a
`DataChange`, registered in its app's `ready()` and run by `manage.py change_data`, until the release that removes it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

BATCH = 1000  # rows


@dataclass(frozen=True)
class DataChange:
    """`pending()` returns the rows that are still to be changed; `apply` changes those of a batch.

    It may be stopped at any moment and run again: what is done is no longer pending.
    """

    name: str
    pending: Callable[[], QuerySet[Any]]
    apply: Callable[[QuerySet[Any]], object]


_changes: dict[str, DataChange] = {}


def register(change: DataChange) -> None:
    _changes[change.name] = change


def registered() -> dict[str, DataChange]:
    return dict(_changes)


def in_batches(queryset: QuerySet[Any], *, size: int = BATCH) -> Iterator[QuerySet[Any]]:
    """Yield `queryset` in ranges of up to `size` primary keys, each found when the one before it is done."""
    rest = queryset.order_by("pk")
    while keys := list(rest.values_list("pk", flat=True)[:size]):
        yield queryset.filter(pk__range=(keys[0], keys[-1]))
        rest = queryset.order_by("pk").filter(pk__gt=keys[-1])


def run(change: DataChange, *, size: int = BATCH, pause: float = 0.0) -> Iterator[int]:
    """Apply the change to all pending rows; yield after each batch how many are done, and wait `pause` seconds."""
    done = 0
    for batch in in_batches(change.pending(), size=size):
        with transaction.atomic():
            done += batch.count()
            change.apply(batch)
        yield done
        time.sleep(pause)
