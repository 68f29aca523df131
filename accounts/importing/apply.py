"""Does what was shown: exactly that, in one transaction, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import School

from .kept import ImportedFile
from .kind import Count, kind_of
from .preview import counted, keep_rows, layout_of, lines_of, read_rows
from .rows import GOOD, Judged, Outcome

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
