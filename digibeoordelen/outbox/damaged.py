"""Looks whether every file is still as it was kept."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import ForeignObjectRel, Model

from .models import FileGone, StoredFile


def find() -> Iterator[tuple[StoredFile, FileGone]]:
    """Each that is missing or damaged, and which of the two; all are read for that."""
    for stored in StoredFile.objects.order_by("pk").iterator():
        try:
            stored.open_proven().close()
        except FileGone as gone:
            yield stored, gone


def referring(stored: StoredFile) -> list[Model]:
    """What it belongs to, of whichever app."""
    found: list[Model] = []
    for relation in StoredFile._meta.get_fields(include_hidden=True):  # noqa: SLF001 - Django's documented API
        if isinstance(relation, ForeignObjectRel) and relation.related_model is not None:
            found += relation.related_model._base_manager.filter(**{relation.field.name: stored})  # noqa: SLF001
    return found
