"""Write the valid rows of a list of examiners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.importing.columns import Layout, ValidatedRow
from accounts.importing.kinds import Count, Kind
from addressbook.models import Contact, Import

from .contacts import COLUMNS, NAMES, contact_after, validate

BATCH = 1000
UPDATING: dict[str, Any] = {
    "update_conflicts": True,
    "unique_fields": ["id"],
    "update_fields": [*NAMES, "user", "removed_at", "search_text", "sort_key"],
}
CHANGED = (
    "Het adresboek is intussen veranderd; er is nog niets geïmporteerd. "
    "Hieronder staat wat er nu gebeurt als u importeert."
)


def write(prepared: Import, valid: Sequence[ValidatedRow], *, layout: Layout, count: Count | None) -> None:
    contacts = [contact_after(row, school=prepared.school, layout=layout) for row in valid]
    new = [contact for contact in contacts if contact.pk is None]
    existing = [contact for contact in contacts if contact.pk is not None]
    written = 0
    for group, options in ((new, {}), (existing, UPDATING)):
        for start in range(0, len(group), BATCH):
            batch = group[start : start + BATCH]
            Contact.objects.bulk_create(batch, **options)
            written += len(batch)
            if count:
                count(written)


CONTACTS = Kind(model=Import, columns=COLUMNS, validate=validate, write=write, changed=CHANGED)
