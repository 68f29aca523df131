"""Refusals, which become the error body of OOAPI ('Problem')."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse

TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    429: "Too many requests",
    500: "Internal server error",
}


class Problem(Exception):
    """A request that is refused; `more` is added to the body."""

    status = 400

    def __init__(self, detail: str, **more: Any) -> None:
        self.detail, self.more = detail, more
        super().__init__(detail)


class Forbidden(Problem):
    status = 403


class NotFound(Problem):
    status = 404


class Conflict(Problem):
    """A request that the present state does not allow; the body tells what stays."""

    status = 409


def problem_response(status: int, detail: str, **more: Any) -> JsonResponse:
    body = {"status": str(status), "title": TITLES[status], "detail": detail, **more}
    return JsonResponse(body, status=status, content_type="application/problem+json")
