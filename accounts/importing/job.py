"""Read an uploaded list, and import exactly what its preview showed: in one transaction, once."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, TypeVar

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import ImportedFile, School, User
from digibeoordelen.jobs.models import ClaimLost

from .columns import VALID_OUTCOMES, Outcome, ValidatedRow
from .kinds import Count, kind_of
from .preview import load_rows, prepare, read_into, report_progress, row_lines, store_rows, stored_layout, validate
from .reading import LARGE_ROWS, Unreadable, estimate_rows, is_large

State = ImportedFile.State


class PreviewOutdated(Exception):
    """The outcome of a row changed since the preview, which is now updated; nothing was imported."""


def import_previewed(prepared: ImportedFile, *, count: Count | None = None) -> None:
    """Import the valid rows of the preview; idempotent. `count` is called with the number of rows done.

    Raise `PreviewOutdated` if the outcome of a row has changed, `ClaimLost` if `prepared` is no longer the caller's.
    """
    try:
        with transaction.atomic():
            unchanged = _import(prepared, count)
    except IntegrityError:  # a row was added concurrently
        _refresh_preview(prepared)
        unchanged = False
    if not unchanged:
        raise PreviewOutdated


def _import(prepared: ImportedFile, count: Count | None) -> bool:
    current = _lock(prepared)
    if current.state not in (State.READY, State.IMPORTING):
        return True
    layout, previewed = stored_layout(current), load_rows(current)
    checked = {row.line for row in previewed if row.outcome != Outcome.ERROR}
    # A row counts as half done when it is validated, and as done when it is written.
    halfway = count and (lambda number: count(number // 2))
    current_rows = validate(current, layout=layout, lines=row_lines(previewed), checked=checked, lock=True)
    validated = list(report_progress(current_rows, halfway))
    if [item.row for item in validated] != previewed:
        _store_preview(current, validated)
        return False
    valid = [item for item in validated if item.row.outcome in VALID_OUTCOMES]
    write = kind_of(current).write
    write(current, valid, layout=layout, count=halfway and (lambda written: halfway(len(validated) + written)))
    current.finish(state=State.DONE, imported_at=timezone.now(), problem="", done_rows=current.total_rows)
    return True


def _lock(prepared: ImportedFile) -> ImportedFile:
    """Lock the school and read the import again: one import at a time, as two with the same people could deadlock.

    The import's own row is not locked, as a worker writes its counts there on another connection.
    """
    school = School.objects.select_for_update(no_key=True).get(pk=prepared.school_id)
    current = type(prepared).objects.filter(pk=prepared.pk, claim_id=prepared.claim_id).defer("content").first()
    if current is None:
        raise ClaimLost
    current.school = school
    return current


def _refresh_preview(prepared: ImportedFile) -> None:
    with transaction.atomic():
        current = _lock(prepared)
        if current.imported_at is None:
            lines = row_lines(load_rows(current))
            _store_preview(current, list(validate(current, layout=stored_layout(current), lines=lines)))


def _store_preview(current: ImportedFile, validated: Sequence[ValidatedRow]) -> None:
    """Store the current outcome for another preview; the import is no longer claimed."""
    store_rows(current, [item.row for item in validated])
    problem = kind_of(current).changed
    current.finish(state=State.READY, problem=problem, counts=current.counts, packed=current.packed)


logger = logging.getLogger(__name__)
_M = TypeVar("_M", bound=ImportedFile)
READ_FIELDS = ("columns", "unused", "understood", "warnings", "counts", "packed")


def submit(model: type[_M], *, school: School, by: User, file: BinaryIO, filename: str, **fields: Any) -> _M:
    """Return the file's import with its preview; a large file is queued to be read. Raise `Unreadable`."""
    rows = estimate_rows(file)
    if not is_large(file, rows=rows):
        return prepare(model, school=school, by=by, file=file, filename=filename, **fields)
    queued = model.objects.create(
        school=school,
        by=by,
        filename=filename[-150:],
        state=State.QUEUED,
        content=file.read(),
        total_rows=max(rows, 1),
        **fields,
    )
    queued.start()
    return queued


def start_importing(prepared: ImportedFile) -> None:
    """'Importeren': at once, or queued if there are many rows; idempotent. Raise `PreviewOutdated`."""
    if prepared.state != State.READY:
        return
    rows = sum(prepared.counts.values())
    if rows <= LARGE_ROWS:
        import_previewed(prepared)
        return
    ready = type(prepared).objects.filter(pk=prepared.pk, state=State.READY)
    if ready.update(state=State.IMPORTING, problem="", attempts=0, done_rows=0, total_rows=rows):
        prepared.start()


def work(claimed: ImportedFile) -> None:
    """Read or import a queued file."""
    if claimed.state == State.IMPORTING:
        claimed.extend(done_rows=0)
        _run_import(claimed)
    else:
        claimed.extend(done_rows=0, state=State.READING)
        _run_read(claimed)


def _run_read(claimed: ImportedFile) -> None:
    def count(rows: int) -> None:
        claimed.extend(done_rows=rows, total_rows=max(rows, claimed.total_rows))

    try:
        read_into(claimed, io.BytesIO(claimed.content or b""), count=count)
    except Unreadable as error:
        claimed.finish(state=State.FAILED, problem=str(error), content=None)
        return
    rows = sum(claimed.counts.values())
    fields = {name: getattr(claimed, name) for name in READ_FIELDS}
    claimed.finish(state=State.READY, content=None, attempts=0, done_rows=rows, total_rows=rows, **fields)


def _run_import(claimed: ImportedFile) -> None:
    with _counting_beside(claimed) as count:
        try:
            import_previewed(claimed, count=count)
        except PreviewOutdated:
            logger.info("Import %s: preview outdated, updated", claimed.pk)


@contextmanager
def _counting_beside(claimed: ImportedFile) -> Iterator[Count | None]:
    """Yield a `Count` that writes on another connection, visible during the import's transaction.

    None on SQLite, which allows one writer at a time.
    """
    if connection.vendor == "sqlite":
        yield None
        return

    def count(rows: int) -> None:
        with suppress(ClaimLost):  # the import's own transaction raises it at its end
            beside.submit(claimed.extend, done_rows=rows).result()

    with ThreadPoolExecutor(1) as beside:
        try:
            yield count
        finally:
            beside.submit(lambda: connection.close()).result()  # the thread's own
