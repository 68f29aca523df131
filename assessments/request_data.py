"""What an address or a form asks for: ids, as text that anyone can send."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from django.http import Http404, HttpRequest, QueryDict


def numbers(data: QueryDict, name: str) -> list[int]:
    """The whole numbers that stand under `name`, each once; anything else is left out."""
    return [int(text) for text in dict.fromkeys(data.getlist(name)) if re.fullmatch("[0-9]{1,18}", text)]


def public_ids(data: QueryDict, name: str) -> list[UUID]:
    """The public ids that stand under `name`, each once; `Http404` when one of them is none."""
    try:
        return list(dict.fromkeys(UUID(text) for text in data.getlist(name)))
    except ValueError:
        raise Http404 from None


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for what it swaps alone; going back it wants the whole page."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def number(data: QueryDict, name: str) -> int | None:
    """The whole number that stands under `name`; None for anything else."""
    return next(iter(numbers(data, name)), None)


def again(data: QueryDict, **instead: Iterable[object]) -> list[tuple[str, str]]:
    """The fields of a form as it was sent, to send once more; those named in `instead` get these values."""
    kept = [(name, value) for name, values in data.lists() if name not in instead for value in values]
    asked = [(name, str(value)) for name, values in instead.items() for value in values]
    return [field for field in kept if field[0] != "csrfmiddlewaretoken"] + asked
