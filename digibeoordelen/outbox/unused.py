"""Destroys the bytes that nothing refers to any more, on whatever storage they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Exists, ForeignObjectRel, OuterRef, QuerySet
from django.utils import timezone

from .models import StoredFile

# Whoever hands bytes in refers to them well within this.
JUST_KEPT = timedelta(days=1)
_FOLDER, _NAME = re.compile(r"[0-9a-f]{2}"), re.compile(r"\.?[0-9a-zA-Z_]+")


def destroy() -> int:
    """Destroys every unused file, each in a transaction of its own; how many.

    Bytes go first and their row last: where a worker dies in between, the next one finds the row.
    """
    return sum(_destroy_one(pk) for pk in _unused().order_by("pk").values_list("pk", flat=True).iterator())


def _destroy_one(pk: int) -> bool:
    with transaction.atomic():
        # Held: who hands in the same bytes at this moment (`files.keep`) waits, and writes them anew.
        held = StoredFile.objects.filter(pk=pk)
        if connection.features.has_select_for_update_skip_locked:
            held = held.select_for_update(skip_locked=True)
        file = next(iter(held), None)
        if file is None or not _unused().filter(pk=pk).exists():
            return False
        default_storage.delete(str(file.file.name))
        file.delete()
    return True


def _unused() -> QuerySet[StoredFile]:
    """What no row of any model refers to, whichever app it is of."""
    found = StoredFile.objects.filter(kept_at__lt=timezone.now() - JUST_KEPT)
    for referring in what_refers_to(OuterRef("pk")):
        found = found.filter(~Exists(referring))
    return found


def what_refers_to(file: StoredFile | OuterRef) -> Iterator[QuerySet[Any]]:
    """Of each model of any app that may refer to files, the rows that refer to this one."""
    for relation in StoredFile._meta.get_fields(include_hidden=True):  # noqa: SLF001 - Django's documented API
        if isinstance(relation, ForeignObjectRel) and relation.related_model is not None:
            yield relation.related_model._base_manager.filter(**{relation.field.name: file})  # noqa: SLF001


def destroy_strays() -> int:
    """Destroys what stands in the storage without a row, as a transaction that was rolled back leaves it; how many."""
    destroyed = 0
    for name in _strays():
        if default_storage.get_modified_time(name) < timezone.now() - JUST_KEPT:
            default_storage.delete(name)
            destroyed += 1
    return destroyed


def _strays() -> Iterator[str]:
    """Names as `files.keep` gives them, and the beginnings of files that it left; nothing else is touched."""
    try:
        folders, _ = default_storage.listdir("")
    except FileNotFoundError:  # nothing was ever kept
        return
    for folder in filter(_FOLDER.fullmatch, folders):
        _, names = default_storage.listdir(folder)
        known = set(StoredFile.objects.filter(sha256__startswith=folder).values_list("sha256", flat=True))
        yield from (f"{folder}/{name}" for name in names if _NAME.fullmatch(name) and name not in known)
