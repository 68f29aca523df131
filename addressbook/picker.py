"""The lists of the contact picker: ticked contacts, and others that match."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from accounts.models import School
from accounts.search import matches

from .models import Contact

PICKER_LIMIT = 50


def picker_lists(*, school: School, query: str, chosen: Collection[Contact]) -> dict[str, Any]:
    """Return the context: `chosen`, `others` (at most `PICKER_LIMIT`, by last name) and `more`, if there are more.

    An empty `query` matches all contacts.
    """
    others = school.contacts.listed().exclude(pk__in=[contact.pk for contact in chosen])
    if query.strip():
        others = others.filter(matches(query))
    rows = list(others[: PICKER_LIMIT + 1])
    return {"chosen": chosen, "others": rows[:PICKER_LIMIT], "more": len(rows) > PICKER_LIMIT}
