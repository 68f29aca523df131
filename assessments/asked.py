"""What an address or a form asks for: ids, as text that anyone can send."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import Http404, QueryDict


def numbers(data: QueryDict, name: str) -> list[int]:
    """The whole numbers that stand under `name`, each once; anything else is left out."""
    return [int(text) for text in dict.fromkeys(data.getlist(name)) if re.fullmatch("[0-9]{1,18}", text)]


def public_ids(data: QueryDict, name: str) -> list[UUID]:
    """The public ids that stand under `name`, each once; `Http404` when one of them is none."""
    try:
        return list(dict.fromkeys(UUID(text) for text in data.getlist(name)))
    except ValueError:
        raise Http404 from None
