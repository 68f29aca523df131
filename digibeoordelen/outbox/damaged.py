"""Looks whether every file is still as it was kept."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Model

from .models import FileGone, StoredFile
from .unused import what_refers_to


def find() -> Iterator[tuple[StoredFile, FileGone]]:
    """Each that is missing or damaged, and which of the two; all are read for that."""
    for stored in StoredFile.objects.order_by("pk").iterator():
        try:
            stored.open_proven().close()
        except FileGone as gone:
            yield stored, gone


def referring(stored: StoredFile) -> list[Model]:
    """What it belongs to, of whichever app."""
    return [one for rows in what_refers_to(stored) for one in rows]
