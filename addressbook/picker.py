"""What the picker shows: the ticked contacts on top, the others that match below."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from accounts.models import School
from accounts.search import matches

from .models import Contact

PICKER_LIMIT = 50


def picker_lists(*, school: School, query: str, chosen: Collection[Contact]) -> dict[str, Any]:
    """Template variables `chosen`, `others` (at most `PICKER_LIMIT`, sorted by last name) and `more` (are there more).

    An empty `query` lists everyone; of a longer list only the first ones.
    """
    others = school.contacts.listed().exclude(pk__in=[contact.pk for contact in chosen])
    if query.strip():
        others = others.filter(matches(query))
    found = list(others[: PICKER_LIMIT + 1])
    return {"chosen": chosen, "others": found[:PICKER_LIMIT], "more": len(found) > PICKER_LIMIT}
