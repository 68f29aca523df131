"""Does what was shown: exactly that, in one transaction, once."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import School
from addressbook.models import Contact, Import

from .contacts import GOOD, NAMES, contact_after, judge
from .preview import keep_rows, layout_of, lines_of, read_rows

BATCH = 1000
WRITTEN = [*NAMES, "user", "removed_at", "search_text"]


class ShownAnew(Exception):
    """The address book changed since the rows were shown; the import now holds what it would do today."""


def import_shown(prepared: Import) -> None:
    """Imports the rows that were shown as good; a second call does nothing.

    Raises `ShownAnew` where a row's outcome is no longer the one that was shown.
    """
    try:
        with transaction.atomic():
            unchanged = _import(prepared)
    except IntegrityError:  # someone was added while we wrote
        _show_anew(prepared)
        unchanged = False
    if not unchanged:
        raise ShownAnew


def _import(prepared: Import) -> bool:
    # One import at a time a school: two that meet the same contacts would wait for each other.
    school = School.objects.select_for_update(no_key=True).get(pk=prepared.school_id)
    current = Import.objects.select_for_update().get(pk=prepared.pk)
    if current.imported_at is not None:
        return True
    layout, shown = layout_of(current), read_rows(current)
    judged = list(judge(school=school, layout=layout, lines=lines_of(shown), lock=True))
    if [one.row for one in judged] != shown:
        keep_rows(current, [one.row for one in judged])
        current.save(update_fields=["counts", "packed"])
        return False
    good = [contact_after(one, school=school, layout=layout) for one in judged if one.row.outcome in GOOD]
    Contact.objects.bulk_create([contact for contact in good if contact.pk is None], batch_size=BATCH)
    Contact.objects.bulk_create(
        [contact for contact in good if contact.pk is not None],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=WRITTEN,
        batch_size=BATCH,
    )
    current.imported_at = timezone.now()
    current.save(update_fields=["imported_at"])
    return True


def _show_anew(prepared: Import) -> None:
    with transaction.atomic():
        current = Import.objects.select_for_update().get(pk=prepared.pk)
        if current.imported_at is None:
            lines = lines_of(read_rows(current))
            keep_rows(
                current, [one.row for one in judge(school=current.school, layout=layout_of(current), lines=lines)]
            )
            current.save(update_fields=["counts", "packed"])
