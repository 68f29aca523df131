"""Large files are read and imported by a worker: queued, claimed, counted, and taken over when it dies."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, BinaryIO, TypeVar
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from accounts.importing.unreadable import Unreadable
from accounts.models import School, User

from .apply import ClaimLost, ShownAnew, import_shown
from .kept import ImportedFile
from .kind import Count, kind_of
from .preview import prepare, read_into
from .size import LARGE_ROWS, estimate_rows, is_large

logger = logging.getLogger(__name__)

State = ImportedFile.State
M = TypeVar("M", bound=ImportedFile)
READ = ("columns", "unused", "understood", "warnings", "counts", "packed")  # what reading a file sets
MAX_ATTEMPTS = 3  # of workers that died over it
NOT_READ = "Het lezen van dit bestand is niet gelukt. Probeer het nog eens, of verdeel de lijst over meer bestanden."
NOT_IMPORTED = "Het importeren is niet gelukt; er is nog niets geïmporteerd. Probeer het nog eens."


def hand_in(model: type[M], *, school: School, by: User, file: BinaryIO, filename: str, **fields: Any) -> M:
    """What importing the file would do; a large one is only queued to be read. Raises `Unreadable`."""
    rows = estimate_rows(file)
    if not is_large(file, rows=rows):
        return prepare(model, school=school, by=by, file=file, filename=filename, **fields)
    queued = _all(model).create(
        school=school,
        by=by,
        filename=filename[-150:],
        state=State.QUEUED,
        content=file.read(),
        total_rows=max(rows, 1),
        **fields,
    )
    _announce(queued)
    return queued


def start_importing(prepared: ImportedFile) -> None:
    """'Importeren': at once, or queued where it is many rows; a second time does nothing. Raises `ShownAnew`."""
    if prepared.state != State.READY:
        return
    rows = sum(prepared.counts.values())
    if rows <= LARGE_ROWS:
        import_shown(prepared)
        return
    ready = _all(prepared).filter(pk=prepared.pk, state=State.READY)
    if ready.update(state=State.IMPORTING, problem="", attempts=0, done_rows=0, total_rows=rows):
        _announce(prepared)


def _announce(waiting: ImportedFile) -> None:
    transaction.on_commit(lambda: kind_of(waiting).task.delay(waiting.pk), robust=True)


def waiting_ids(model: type[ImportedFile]) -> list[int]:
    """Imports that no worker is at: never announced, or left by one that died."""
    return list(_all(model).waiting().order_by("pk").values_list("pk", flat=True)[:1000])


def work(model: type[ImportedFile], import_id: int) -> bool:
    """Reads or imports what was queued; False when there was nothing to do.

    It can run twice, or on two workers: one claims the row, and only who still holds the claim writes what came of it.
    """
    claimed = _claim(model, import_id)
    if claimed is None:
        return False
    try:
        if claimed.attempts > MAX_ATTEMPTS:
            logger.error("Import %s was given up after %s attempts", claimed.pk, MAX_ATTEMPTS)
            _give_up(claimed)
        elif claimed.state == State.READING:
            _read(claimed)
        else:
            _import(claimed)
    except ClaimLost:
        logger.warning("Import %s was taken over by another worker, or is there no more", import_id)
        return False
    except Exception:
        _give_up(claimed)
        raise
    return True


def _claim(model: type[ImportedFile], import_id: int) -> ImportedFile | None:
    claim_id = uuid4()
    claimed = (
        _all(model)
        .waiting()
        .filter(pk=import_id)
        .update(
            claim_id=claim_id,
            lease_until=_lease(),
            attempts=F("attempts") + 1,
            done_rows=0,
            state=Case(When(state=State.QUEUED, then=Value(State.READING)), default=F("state")),
        )
    )
    if not claimed:
        return None
    found: ImportedFile = _all(model).select_related("school").get(pk=import_id, claim_id=claim_id)
    return found


def _read(claimed: ImportedFile) -> None:
    def count(rows: int) -> None:
        _write_count(claimed, rows)

    try:
        read_into(claimed, io.BytesIO(claimed.content or b""), count=count)
    except Unreadable as error:
        _finish(claimed, state=State.FAILED, problem=str(error), content=None)
        return
    rows = sum(claimed.counts.values())
    kept = {name: getattr(claimed, name) for name in READ}
    _finish(claimed, state=State.READY, content=None, attempts=0, done_rows=rows, total_rows=rows, **kept)


def _import(claimed: ImportedFile) -> None:
    with _counting_beside(claimed) as count:
        try:
            import_shown(claimed, claim=claimed.claim_id, count=count)
        except ShownAnew:
            logger.info("Import %s is shown anew: what is there changed", claimed.pk)


def _give_up(claimed: ImportedFile) -> None:
    if claimed.state == State.READING:
        _finish(claimed, state=State.FAILED, problem=NOT_READ, content=None)
    else:
        _finish(claimed, state=State.READY, problem=NOT_IMPORTED)


@contextmanager
def _counting_beside(claimed: ImportedFile) -> Iterator[Count | None]:
    """A connection of its own for the counts: what the importing transaction writes nobody sees until it ends.

    SQLite takes one writer at a time; there the counts stay away.
    """
    if connection.vendor == "sqlite":
        yield None
        return

    def count(rows: int) -> None:
        beside.submit(_count_beside, claimed, rows).result()

    with ThreadPoolExecutor(1) as beside:
        try:
            yield count
        finally:
            beside.submit(lambda: connection.close()).result()  # the thread's own


def _count_beside(claimed: ImportedFile, rows: int) -> None:
    _own(claimed).update(done_rows=rows, lease_until=_lease())


def _write_count(claimed: ImportedFile, rows: int) -> None:
    """Says how far it is, and that someone is still at it; raises `ClaimLost`."""
    if not _own(claimed).update(done_rows=rows, total_rows=max(rows, claimed.total_rows), lease_until=_lease()):
        raise ClaimLost


def _finish(claimed: ImportedFile, **values: Any) -> None:
    if not _own(claimed).update(**values, claim_id=None, lease_until=None):
        raise ClaimLost


def _own(claimed: ImportedFile) -> Any:
    return _all(claimed).filter(pk=claimed.pk, claim_id=claimed.claim_id)


def _all(imported: ImportedFile | type[ImportedFile]) -> Any:
    return kind_of(imported).model.objects


def _lease() -> Any:
    return timezone.now() + timedelta(seconds=settings.IMPORT_LEASE_SECONDS)
