"""Pages of a list by key: the last page costs no more than the first, and what is added meanwhile moves nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """One page; `previous` and `following` are keys for the address, or ''."""

    rows: Sequence[Any]
    previous: str
    following: str


def read_page(found: QuerySet[Any], *, order: str, after: str = "", before: str = "") -> Page:
    """The page after or before a row (its id), else the first one; an id that is not among `found` is passed over.

    `order` is a column, '-' first for descending; rows with one value are in order of id, the same way round.
    """
    column, descending = order.lstrip("-"), order.startswith("-")
    anchor = _anchor(found, column, after)
    backwards = anchor is None and (anchor := _anchor(found, column, before)) is not None
    downwards = descending != backwards
    sign = "-" if downwards else ""
    listed = found.order_by(f"{sign}{column}", f"{sign}pk") if column != "pk" else found.order_by(f"{sign}pk")
    if anchor:
        listed = listed.filter(_beyond(column, *anchor, downwards=downwards))
    rows = list(listed[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (anchor is not None, more)
    return Page(
        rows=rows,
        previous=str(rows[0].pk) if rows and has_previous else "",
        following=str(rows[-1].pk) if rows and has_next else "",
    )


def _anchor(found: QuerySet[Any], column: str, key: str) -> tuple[Any, int] | None:
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    return found.order_by().filter(pk=int(key)).values_list(column, "pk").first()


def _beyond(column: str, value: Any, pk: int, *, downwards: bool) -> Q:
    than = "lt" if downwards else "gt"
    same = Q(**{column: value, f"pk__{than}": pk})
    if column == "pk":
        return same
    # The first condition follows from the others; PostgreSQL looks it up in an index, and of an OR it reads all.
    return Q(**{f"{column}__{than}e": value}) & (Q(**{f"{column}__{than}": value}) | same)
