"""What wrong passwords are counted under."""

from typing import Any

from django.http import HttpRequest


def login_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The e-mail address as an account is looked up by it, so that capitals do not start a new count."""
    given = (credentials or request.POST).get("username") or ""
    return given.strip().lower()
