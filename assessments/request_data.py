"""Parse ids and numbers from untrusted query strings and forms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from django.http import Http404, HttpRequest, QueryDict


def numbers(data: QueryDict, name: str) -> list[int]:
    """Return the distinct whole numbers under `name`; anything else is ignored."""
    return [int(text) for text in dict.fromkeys(data.getlist(name)) if re.fullmatch("[0-9]{1,18}", text)]


def public_ids(data: QueryDict, name: str) -> list[UUID]:
    """Return the distinct public ids under `name`; raise `Http404` for a malformed one."""
    try:
        return list(dict.fromkeys(UUID(text) for text in data.getlist(name)))
    except ValueError:
        raise Http404 from None


def is_part(request: HttpRequest) -> bool:
    """Return whether htmx requests only a part; restoring history needs the whole page."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def number(data: QueryDict, name: str) -> int | None:
    """Return the whole number under `name`, or None."""
    return next(iter(numbers(data, name)), None)


def again(data: QueryDict, **instead: Iterable[object]) -> list[tuple[str, str]]:
    """Return the posted fields as (name, value) pairs to post again, those in `instead` with new values."""
    fields = [(name, value) for name, values in data.lists() if name not in instead for value in values]
    replaced = [(name, str(value)) for name, values in instead.items() for value in values]
    return [field for field in fields if field[0] != "csrfmiddlewaretoken"] + replaced
