"""What every endpoint of SCIM shares: the key, limits, reading of JSON, and answers that are never HTML."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from pydantic import ValidationError
from scim2_models import (
    Error,
    InvalidSyntaxException,
    InvalidValueException,
    NotFoundException,
    PayloadTooLargeException,
    SCIMException,
    UnauthorizedException,
)

from accounts.auth.rate_limits import Limit
from accounts.json_body import BadBody, BodyTooLarge, Unstorable, read_object

from .keys import find_key
from .resources import PROVIDER

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/scim+json"
MAX_BODY = 1024 * 1024  # bytes: a group of 10,000 members fits
BY_KEY = Limit("scim-key", 3000, timedelta(minutes=1))  # Entra ID sends 25 requests a second


def endpoint(*methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Return a decorator of a view for these methods, which gets the request and the key, of the URL's school.

    The key is in the header Authorization; sessions and cookies are not read. Without a key every URL answers 401, and
    with the key of another school 404. What the view raises becomes an error of RFC 7644, section 3.12.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, school_id: int, **kwargs: Any) -> HttpResponse:
            try:
                with PROVIDER:
                    response = _answer(view, request, school_id, methods, kwargs)
            except SCIMException as error:
                response = error_response(error.to_error())
            except ValidationError as invalid:
                response = error_response(Error.from_validation_error(invalid.errors()[0]))
            except RecursionError:
                response = error_response(InvalidSyntaxException().to_error())
            except Exception:
                logger.exception("A SCIM request failed")
                response = error_response(Error(status=500, detail="The server failed; try again later."))
            patch_cache_control(response, no_store=True, private=True)
            return response

        return guarded

    return decorate


def _answer(
    view: Callable[..., HttpResponse],
    request: HttpRequest,
    school_id: int,
    methods: tuple[str, ...],
    kwargs: dict[str, Any],
) -> HttpResponse:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    key = find_key(token.strip()) if scheme.lower() == "bearer" and token.strip() else None
    if key is None:
        response = error_response(UnauthorizedException().to_error())
        response["WWW-Authenticate"] = 'Bearer realm="SCIM"'
        return response
    if key.school_id != school_id:
        raise NotFoundException
    if BY_KEY.exceeds(str(key.pk)):
        response = error_response(Error(status=429, detail="Too many requests."))
        response["Retry-After"] = str(BY_KEY.seconds)
        return response
    if request.method not in methods:
        response = error_response(Error(status=405, detail=f"{request.method} is not supported here."))
        response["Allow"] = ", ".join(methods)
        return response
    return view(request, key, **kwargs)


def read_json(request: HttpRequest) -> Any:
    """Return the body; raise `InvalidSyntaxException`, or `PayloadTooLargeException` over `MAX_BODY`."""
    try:
        return read_object(request, limit=MAX_BODY)
    except BodyTooLarge:
        raise PayloadTooLargeException from None
    except Unstorable as refused:
        raise InvalidValueException(detail=str(refused)) from None
    except BadBody as refused:
        raise InvalidSyntaxException(detail=str(refused)) from None


def json_response(data: Any, *, status: int = 200, location: str = "") -> HttpResponse:
    """Return a dumped resource or message."""
    response = HttpResponse(json.dumps(data), status=status, content_type=CONTENT_TYPE)
    if location:
        response["Location"] = location
    return response


def no_content() -> HttpResponse:
    return HttpResponse(status=204, content_type=CONTENT_TYPE)


def error_response(error: Error) -> HttpResponse:
    return json_response(error.model_dump(), status=error.status or 500)
