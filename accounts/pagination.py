"""Keyset pagination: a page is found by index, however far down the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """One page; `previous` and `following` are keys for the URL, or ''."""

    rows: Sequence[Any]
    previous: str
    following: str


def read_page(queryset: QuerySet[Any], *, order: str, after: str = "", before: str = "") -> Page:
    """Return the page after or before a row's id, else the first; ignore an id outside `queryset`.

    `order` is a column, with '-' for descending; ties are ordered by id in the same direction.
    """
    column, descending = order.lstrip("-"), order.startswith("-")
    anchor = _anchor(queryset, column, after)
    backwards = anchor is None and (anchor := _anchor(queryset, column, before)) is not None
    downwards = descending != backwards
    sign = "-" if downwards else ""
    ordered = queryset.order_by(f"{sign}{column}", f"{sign}pk") if column != "pk" else queryset.order_by(f"{sign}pk")
    if anchor:
        ordered = ordered.filter(_beyond(column, *anchor, downwards=downwards))
    rows = list(ordered[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (anchor is not None, more)
    return Page(
        rows=rows,
        previous=str(rows[0].pk) if rows and has_previous else "",
        following=str(rows[-1].pk) if rows and has_next else "",
    )


def _anchor(queryset: QuerySet[Any], column: str, key: str) -> tuple[Any, int] | None:
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    return queryset.order_by().filter(pk=int(key)).values_list(column, "pk").first()


def _beyond(column: str, value: Any, pk: int, *, downwards: bool) -> Q:
    operator = "lt" if downwards else "gt"
    tie = Q(**{column: value, f"pk__{operator}": pk})
    if column == "pk":
        return tie
    # The first condition is implied by the others, but lets PostgreSQL use an index.
    return Q(**{f"{column}__{operator}e": value}) & (Q(**{f"{column}__{operator}": value}) | tie)
