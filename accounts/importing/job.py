"""Does what was shown: exactly that, in one transaction, once."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeVar

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import School, User
from digibeoordelen.jobs.models import ClaimLost

from .columns import GOOD, Judged, Outcome
from .kinds import Count, kind_of
from .models import ImportedFile
from .preview import counted, keep_rows, layout_of, lines_of, prepare, read_into, read_rows
from .reading import LARGE_ROWS, Unreadable, estimate_rows, is_large

State = ImportedFile.State


class ShownAnew(Exception):
    """What is there changed since the rows were shown; the import now holds what it would do today."""


def import_shown(prepared: ImportedFile, *, count: Count | None = None) -> None:
    """Imports the rows that were shown as good; a second call does nothing.

    `count` is told how many rows are done. Raises `ShownAnew` where a row's outcome is no longer the one that was
    shown, and `ClaimLost` if `prepared` is no longer the caller's.
    """
    try:
        with transaction.atomic():
            unchanged = _import(prepared, count)
    except IntegrityError:  # someone was added while we wrote
        _show_anew(prepared)
        unchanged = False
    if not unchanged:
        raise ShownAnew


def _import(prepared: ImportedFile, count: Count | None) -> bool:
    school, current = _alone(prepared)
    if current.state not in (State.READY, State.IMPORTING):
        return True
    kind, layout, shown = kind_of(current), layout_of(current), read_rows(current)
    sound = {row.line for row in shown if row.outcome != Outcome.ERROR}
    # A row counts as half done when it is judged, and as done when it is written.
    halfway = count and (lambda number: count(number // 2))
    lines = lines_of(shown)
    today = kind.judge(school=school, by_id=current.by_id, layout=layout, lines=lines, sound=sound, lock=True)
    judged = list(counted(today, halfway))
    if [one.row for one in judged] != shown:
        _keep_anew(current, judged)
        return False
    good = [one for one in judged if one.row.outcome in GOOD]
    kind.write(current, good, layout=layout, count=halfway and (lambda written: halfway(len(judged) + written)))
    current.finish(state=State.DONE, imported_at=timezone.now(), problem="", done_rows=current.total_rows)
    return True


def _alone(prepared: ImportedFile) -> tuple[School, ImportedFile]:
    """School and import, read again.

    One import at a time a school: two that meet the same people would wait for each other. It is the school's row
    that is locked: the import's own is where a worker writes its counts meanwhile, on another connection.
    """
    school = School.objects.select_for_update(no_key=True).get(pk=prepared.school_id)
    current = type(prepared).objects.filter(pk=prepared.pk, claim_id=prepared.claim_id).defer("content").first()
    if current is None:
        raise ClaimLost
    current.school = school
    return school, current


def _show_anew(prepared: ImportedFile) -> None:
    with transaction.atomic():
        school, current = _alone(prepared)
        if current.imported_at is None:
            lines = lines_of(read_rows(current))
            judge, layout = kind_of(current).judge, layout_of(current)
            _keep_anew(current, list(judge(school=school, by_id=current.by_id, layout=layout, lines=lines)))


def _keep_anew(current: ImportedFile, judged: Sequence[Judged]) -> None:
    """What would happen today waits to be seen: in the same transaction nobody is to import it any more."""
    keep_rows(current, [one.row for one in judged])
    problem = kind_of(current).changed
    current.finish(state=State.READY, problem=problem, counts=current.counts, packed=current.packed)


logger = logging.getLogger(__name__)
M = TypeVar("M", bound=ImportedFile)
READ = ("columns", "unused", "understood", "warnings", "counts", "packed")  # what reading a file sets


def hand_in(model: type[M], *, school: School, by: User, file: BinaryIO, filename: str, **fields: Any) -> M:
    """What importing the file would do; a large one is only queued to be read. Raises `Unreadable`."""
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
    """'Importeren': at once, or queued where it is many rows; a second time does nothing. Raises `ShownAnew`."""
    if prepared.state != State.READY:
        return
    rows = sum(prepared.counts.values())
    if rows <= LARGE_ROWS:
        import_shown(prepared)
        return
    ready = type(prepared).objects.filter(pk=prepared.pk, state=State.READY)
    if ready.update(state=State.IMPORTING, problem="", attempts=0, done_rows=0, total_rows=rows):
        prepared.start()


def work(claimed: ImportedFile) -> None:
    """Read or import what was queued."""
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
    read = {name: getattr(claimed, name) for name in READ}
    claimed.finish(state=State.READY, content=None, attempts=0, done_rows=rows, total_rows=rows, **read)


def _run_import(claimed: ImportedFile) -> None:
    with _counting_beside(claimed) as count:
        try:
            import_shown(claimed, count=count)
        except ShownAnew:
            logger.info("Import %s is shown anew: what is there changed", claimed.pk)


@contextmanager
def _counting_beside(claimed: ImportedFile) -> Iterator[Count | None]:
    """A connection of its own for the counts: what the importing transaction writes nobody sees until it ends.

    SQLite takes one writer at a time; there the counts stay away.
    """
    if connection.vendor == "sqlite":
        yield None
        return

    def count(rows: int) -> None:
        beside.submit(claimed.extend, done_rows=rows).result()

    with ThreadPoolExecutor(1) as beside:
        try:
            yield count
        finally:
            beside.submit(lambda: connection.close()).result()  # the thread's own
