"""Keeps values that no database can store away from views."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db.models import BigIntegerField
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, UnreadablePostError


class UnstorableMiddleware:
    """Removes NUL from queries, forms and cookies; returns 404 for a URL with NUL or too large a number.

    PostgreSQL fails on NUL in a text, SQLite on an integer of more than 64 bits.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.COOKIES = {name: value.replace("\0", "") for name, value in request.COOKIES.items()}
        request.GET = _without_nul(request.GET)  # type: ignore[assignment]  # the stubs' own class of QueryDict
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: dict[str, object]
    ) -> HttpResponse | None:
        if any(map(_is_unstorable, kwargs.values())):
            raise Http404
        if getattr(view, "csrf_exempt", False):  # reads its form itself
            return None
        with suppress(UnreadablePostError):  # the browser disconnected
            request.POST = _without_nul(request.POST)  # type: ignore[assignment]
        return None


def _is_unstorable(value: object) -> bool:
    return "\0" in value if isinstance(value, str) else isinstance(value, int) and value > BigIntegerField.MAX_BIGINT


def _without_nul(data: QueryDict) -> QueryDict:
    if not any("\0" in text for name, values in data.lists() for text in (name, *values)):
        return data
    return QueryDict(data.urlencode().replace("%00", ""), encoding=data.encoding)
