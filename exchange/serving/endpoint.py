"""What every endpoint shares: the token, scopes, limits, reading of bodies, errors as 'Problem', and the log of calls.

Plain views with pydantic, in the way of `accounts.scim`, instead of django-ninja: the published OpenAPI file is the
contract, a schema generated from our code has no use, and its parsing, 405 and error bodies would each be
replaced.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel, ValidationError

from accounts.auth.rate_limits import Limit
from accounts.json_body import BadBody, read_object
from assessments.lifecycle import DomainError
from exchange.models import Call, Partner
from exchange.serving.oauth import find_key
from exchange.serving.problems import Forbidden, NotFound, Problem, problem_response
from exchange.serving.schemas import only_our_consumers

logger = logging.getLogger(__name__)
MAX_BODY = 256 * 1024  # bytes
CALLS = Limit("exchange", 1200, timedelta(minutes=1))  # per partner
PAGE_SIZES = (10, 20, 50, 100, 250)
MAX_PAGE = 10**6
Model = TypeVar("Model", bound=BaseModel)


def endpoint(**scopes: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Return a decorator of a view: `GET=scope` gives the methods that it has, and the scope of each.

    The view gets the request and the partner. The token is in the header Authorization; sessions and cookies are not
    read, which is why no CSRF token is asked.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @csrf_exempt
        @login_not_required
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            begun = time.monotonic()
            found = find_key(request)
            if found is None:
                response: HttpResponseBase = problem_response(401, "A valid access token is required.")
                response["WWW-Authenticate"] = 'Bearer realm="OKE"'
            else:
                key, granted = found
                response = _answer(view, request, key.partner, granted, scopes, kwargs)
                _log(request, key.partner, response.status_code, begun)
            patch_cache_control(response, no_store=True, private=True)
            return response

        return guarded

    return decorate


def _answer(
    view: Callable[..., HttpResponseBase],
    request: HttpRequest,
    partner: Partner,
    granted: Iterable[str],
    scopes: Mapping[str, str],
    kwargs: dict[str, Any],
) -> HttpResponseBase:
    if CALLS.exceeds(str(partner.pk)):
        response = problem_response(429, f"At most {CALLS.times} requests a minute.")
        response["Retry-After"] = str(CALLS.seconds)
        return response
    try:
        if scopes and request.method not in scopes:
            refused = problem_response(405, f"{request.method} is not supported here.")
            refused["Allow"] = ", ".join(scopes)
            return refused
        _refuse_without(scopes.get(str(request.method)), granted)
        return view(request, partner, **kwargs)
    except Problem as problem:
        return problem_response(problem.status, problem.detail, **problem.more)
    except DomainError as refusal:  # the product's own rule, in Dutch
        return problem_response(409, str(refusal))
    except RecursionError:
        return problem_response(400, "The body is nested too deeply.")
    except Exception:
        logger.exception("A request of a partner failed")
        return problem_response(500, "The server failed; try again later.")


def _refuse_without(scope: str | None, granted: Iterable[str]) -> None:
    if scope and scope not in granted:
        raise Forbidden(f"The token lacks the scope {scope}.")


def _log(request: HttpRequest, partner: Partner, status: int, begun: float) -> None:
    path = f"/{request.resolver_match.route}" if request.resolver_match else "/"
    path = path.replace("<str:", "{").replace("<path:", "{").replace(">", "}")
    ms = round((time.monotonic() - begun) * 1000)
    method = str(request.method)[:7]
    Call.objects.create(partner=partner, method=method, path=path[:120], http_status=status, ms=ms)


# --- Reading -------------------------------------------------------------------------------------
def read_body(request: HttpRequest, model: type[Model]) -> Model:
    """Return the body as `model`; raise `Problem` that names the first element that is wrong."""
    try:
        data = read_object(request, limit=MAX_BODY)
    except BadBody as refused:
        raise Problem(str(refused)) from None
    try:
        return model.model_validate_json(json.dumps(only_our_consumers(data)), strict=True)
    except ValidationError as invalid:
        error = invalid.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, error["loc"]))
        raise Problem(f"{place}: {error['msg']}" if place else error["msg"]) from None


def read_id(value: str) -> UUID:
    """Return an id of the path; raise `NotFound` if it is not a UUID."""
    try:
        if len(value) == 36:
            return UUID(value)
    except ValueError:
        pass
    raise NotFound("No such id.")


def read_choice(request: HttpRequest, name: str, choices: Iterable[str]) -> str:
    """Return a filter of the query, '' without it; raise `Problem` for another value than `choices`."""
    value = request.GET.get(name, "")
    if value and value not in choices:
        raise Problem(f"{name}: not one of {', '.join(choices)}.")
    return value


def read_choices(request: HttpRequest, name: str, choices: Sequence[str]) -> list[str]:
    """Return the values of a list such as `sort=name,-name`; raise `Problem` for others."""
    values = [value for value in request.GET.get(name, "").split(",") if value]
    if not set(values) <= set(choices):
        raise Problem(f"{name}: only {', '.join(choices)}.")
    return values


# --- Answering -----------------------------------------------------------------------------------
def json_response(data: Any, *, status: int = 200) -> HttpResponse:
    return JsonResponse(data, status=status, safe=False)


@dataclass(frozen=True)
class Page:
    """`pageSize` and `pageNumber` of a list."""

    size: int
    number: int

    def of(self, rows: Sequence[Any], shape: Callable[[Any], Any]) -> HttpResponse:
        """Return this page of `rows`, each made by `shape`."""
        start = (self.number - 1) * self.size
        total = max(1, -(-len(rows) // self.size))
        return json_response(
            {
                "pageSize": self.size,
                "pageNumber": self.number,
                "hasPreviousPage": 1 < self.number <= total + 1,
                "hasNextPage": self.number < total,
                "totalPages": total,
                "items": [shape(row) for row in rows[start : start + self.size]],
            }
        )


def read_page(request: HttpRequest) -> Page:
    """Return the page that is asked, by default the first ten; raise `Problem`."""
    size = _number(request, "pageSize", 10)
    if size not in PAGE_SIZES:
        raise Problem(f"pageSize: only {', '.join(map(str, PAGE_SIZES))}.")
    number = _number(request, "pageNumber", 1)
    if not 1 <= number <= MAX_PAGE:
        raise Problem("pageNumber: from 1 on.")
    return Page(size, number)


def _number(request: HttpRequest, name: str, default: int) -> int:
    value = request.GET.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise Problem(f"{name}: not a number.")
    return int(value)
