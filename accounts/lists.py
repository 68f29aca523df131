"""What `base_list.html` shows besides rows: the pages by keyset pagination, and the headers that sort."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """A page that is found by index, however far down the list; `previous` and `following` are parameters, or {}."""

    rows: Sequence[Any]
    previous: dict[str, str | None]
    following: dict[str, str | None]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)


def page_link(**param: str) -> dict[str, str | None]:
    """Return the parameters of a page for the URL; None removes one."""
    return {"na": None, "voor": None, "pagina": None, **param}


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
        previous=page_link(voor=str(rows[0].pk)) if rows and has_previous else {},
        following=page_link(na=str(rows[-1].pk)) if rows and has_next else {},
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


@dataclass(frozen=True)
class Header:
    """A column's header: `direction` is its `aria-sort`, `sort` its link's parameter, '' if it does not sort."""

    label: str
    direction: str = ""
    sort: str = ""
    is_number: bool = False


def sort_header(label: str, key: str, *, current: str, highest_first: bool = False) -> Header:
    """Return a header whose link sorts by `key`, or reverses the order if `current`, as 'key' or '-key', is by it."""
    first, second = (f"-{key}", key) if highest_first else (key, f"-{key}")
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    return Header(label, direction, second if current == first else first)
