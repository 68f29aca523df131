"""Does what was shown: exactly that, in one transaction, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import School
from addressbook.models import Contact, Import

from .contacts import GOOD, NAMES, Judged, Outcome, contact_after, judge
from .preview import Count, counted, keep_rows, layout_of, lines_of, read_rows

BATCH = 1000
UPDATING: dict[str, Any] = {
    "update_conflicts": True,
    "unique_fields": ["id"],
    "update_fields": [*NAMES, "user", "removed_at", "search_text"],
}
CHANGED = (
    "Het adresboek is intussen veranderd; er is nog niets geïmporteerd. "
    "Hieronder staat wat er nu gebeurt als u importeert."
)


class ShownAnew(Exception):
    """The address book changed since the rows were shown; the import now holds what it would do today."""


class ClaimLost(Exception):
    """Another worker took the import over, or it is there no more; what this one did is undone."""


def import_shown(prepared: Import, *, claim: UUID | None = None, count: Count | None = None) -> None:
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


def _import(prepared: Import, claim: UUID | None, count: Count | None) -> bool:
    school, current = _alone(prepared, claim)
    if current.state not in (Import.State.READY, Import.State.IMPORTING):
        return True
    layout, shown = layout_of(current), read_rows(current)
    sound = {row.line for row in shown if row.outcome != Outcome.ERROR}
    # A row counts as half done when it is judged, and as done when it is written.
    halfway = count and (lambda number: count(number // 2))
    judged = list(counted(judge(school=school, layout=layout, lines=lines_of(shown), sound=sound, lock=True), halfway))
    if [one.row for one in judged] != shown:
        _keep_anew(current, judged)
        return False
    good = [contact_after(one, school=school, layout=layout) for one in judged if one.row.outcome in GOOD]
    _write(good, halfway and (lambda written: halfway(len(judged) + written)))
    _change(current, state=Import.State.DONE, imported_at=timezone.now(), problem="", done_rows=current.total_rows)
    return True


def _alone(prepared: Import, claim: UUID | None) -> tuple[School, Import]:
    """School and import, read again.

    One import at a time a school: two that meet the same contacts would wait for each other. It is the school's row
    that is locked: the import's own is where a worker writes its counts meanwhile, on another connection.
    """
    school = School.objects.select_for_update(no_key=True).get(pk=prepared.school_id)
    current = Import.objects.filter(pk=prepared.pk).defer("content").first()
    if current is None or current.claim_id != claim:
        raise ClaimLost
    return school, current


def _write(good: Sequence[Contact], count: Count | None) -> None:
    new = [contact for contact in good if contact.pk is None]
    there = [contact for contact in good if contact.pk is not None]
    written = 0
    for contacts, options in ((new, {}), (there, UPDATING)):
        for start in range(0, len(contacts), BATCH):
            batch = contacts[start : start + BATCH]
            Contact.objects.bulk_create(batch, **options)
            written += len(batch)
            if count:
                count(written)


def _show_anew(prepared: Import, claim: UUID | None) -> None:
    with transaction.atomic():
        school, current = _alone(prepared, claim)
        if current.imported_at is None:
            lines = lines_of(read_rows(current))
            _keep_anew(current, list(judge(school=school, layout=layout_of(current), lines=lines)))


def _keep_anew(current: Import, judged: Sequence[Judged]) -> None:
    """What would happen today waits to be seen: in the same transaction nobody is to import it any more."""
    keep_rows(current, [one.row for one in judged])
    _change(current, state=Import.State.READY, problem=CHANGED, counts=current.counts, packed=current.packed)


def _change(current: Import, **values: object) -> None:
    own = Import.objects.filter(pk=current.pk, claim_id=current.claim_id)
    if not own.update(**values, claim_id=None, lease_until=None):
        raise ClaimLost
