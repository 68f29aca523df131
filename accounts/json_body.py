"""Reading the JSON object that another system sends."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest


class BadBody(Exception):
    """The body is not a JSON object, or PostgreSQL can't store it; the message has the reason."""


class BodyTooLarge(BadBody):
    """The body is larger than allowed."""


class Unstorable(BadBody):
    """A text holds a character that PostgreSQL can't store."""


def read_object(request: HttpRequest, *, limit: int) -> dict[str, Any]:
    """Return the body as an object; raise `BadBody`, or `BodyTooLarge` over `limit` bytes."""
    try:
        body = request.body
    except RequestDataTooBig:
        raise BodyTooLarge("The body is too large.") from None
    if len(body) > limit:
        raise BodyTooLarge("The body is too large.")
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except ValueError:  # also for bytes that are not UTF-8
        raise BadBody("The body is not JSON.") from None
    if not isinstance(data, dict):
        raise BadBody("The body is not a JSON object.")
    _refuse_unstorable(data)
    return data


def _refuse_constant(constant: str) -> None:
    raise ValueError(constant)


def _refuse_unstorable(value: Any) -> None:
    """Raise `Unstorable` for a null character or half a surrogate pair."""
    if isinstance(value, str) and ("\0" in value or any("\ud800" <= char <= "\udfff" for char in value)):
        raise Unstorable("A text holds a character that can't be stored.")
    if isinstance(value, dict):
        for name, held in value.items():
            _refuse_unstorable(name)
            _refuse_unstorable(held)
    if isinstance(value, list):
        for held in value:
            _refuse_unstorable(held)
