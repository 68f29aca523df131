"""Does what was shown: exactly that, in one transaction, once."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, BinaryIO, TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone

from accounts.models import School, User

from .columns import GOOD, Judged, Outcome
from .kinds import Count, kind_of
from .models import ImportedFile
from .preview import counted, keep_rows, layout_of, lines_of, prepare, read_into, read_rows
from .reading import LARGE_ROWS, Unreadable, estimate_rows, is_large

State = ImportedFile.State


class ShownAnew(Exception):
    """What is there changed since the rows were shown; the import now holds what it would do today."""


class ClaimLost(Exception):
    """Another worker took the import over, or it is there no more; what this one did is undone."""


def import_shown(prepared: ImportedFile, *, claim: UUID | None = None, count: Count | None = None) -> None:
    """Imports the rows that were shown as good; a second call does nothing.

    A worker names its `claim`, and `count` is told how many rows are done; `ClaimLost` if it is no longer its own.
    Raises `ShownAnew` where a row's outcome is no longer the one that was shown.
    """
    try:
        with transaction.atomic():
            unchanged = _import(prepared, claim, count)
    except IntegrityError:  # someone was added while we wrote
        _show_anew(prepared, claim)
        unchanged = False
    if not unchanged:
        raise ShownAnew


def _import(prepared: ImportedFile, claim: UUID | None, count: Count | None) -> bool:
    school, current = _alone(prepared, claim)
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
    _change(current, state=State.DONE, imported_at=timezone.now(), problem="", done_rows=current.total_rows)
    return True


def _alone(prepared: ImportedFile, claim: UUID | None) -> tuple[School, ImportedFile]:
    """School and import, read again.

    One import at a time a school: two that meet the same people would wait for each other. It is the school's row
    that is locked: the import's own is where a worker writes its counts meanwhile, on another connection.
    """
    school = School.objects.select_for_update(no_key=True).get(pk=prepared.school_id)
    current = _stored(prepared).defer("content").first()
    if current is None or current.claim_id != claim:
        raise ClaimLost
    current.school = school
    return school, current


def _show_anew(prepared: ImportedFile, claim: UUID | None) -> None:
    with transaction.atomic():
        school, current = _alone(prepared, claim)
        if current.imported_at is None:
            lines = lines_of(read_rows(current))
            judge, layout = kind_of(current).judge, layout_of(current)
            _keep_anew(current, list(judge(school=school, by_id=current.by_id, layout=layout, lines=lines)))


def _keep_anew(current: ImportedFile, judged: Sequence[Judged]) -> None:
    """What would happen today waits to be seen: in the same transaction nobody is to import it any more."""
    keep_rows(current, [one.row for one in judged])
    problem = kind_of(current).changed
    _change(current, state=State.READY, problem=problem, counts=current.counts, packed=current.packed)


def _change(current: ImportedFile, **values: object) -> None:
    own = _stored(current).filter(claim_id=current.claim_id)
    if not own.update(**values, claim_id=None, lease_until=None):
        raise ClaimLost


def _stored(imported: ImportedFile) -> QuerySet[Any]:
    stored: QuerySet[Any] = kind_of(imported).model.objects.filter(pk=imported.pk)
    return stored


logger = logging.getLogger(__name__)
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
            _run_read(claimed)
        else:
            _run_import(claimed)
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


def _run_read(claimed: ImportedFile) -> None:
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


def _run_import(claimed: ImportedFile) -> None:
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
