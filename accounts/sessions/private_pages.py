"""Pages of someone logged in that the browser must not show again after logging out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

SESSION_COOKIE = "ingelogd"


class PrivatePagesMiddleware:
    """Answer with `no-store` unless the view sets `Cache-Control`, and tie pages to the session they were made in.

    A browser may keep a `no-store` page in its back/forward cache. So each page names a cookie that scripts can read
    and that ends with the session; static/js/private_page.js replaces a restored page whose cookie has gone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        session_id = request.session.public_id if request.user.is_authenticated else ""  # type: ignore[attr-defined]
        if session_id and request.COOKIES.get(SESSION_COOKIE) != session_id:
            set_readable_cookie(response, SESSION_COOKIE, session_id, path="/")
        elif not session_id and SESSION_COOKIE in request.COOKIES:
            response.delete_cookie(SESSION_COOKIE, samesite="Lax")
        if request.META.get("CSRF_COOKIE") == request.COOKIES.get(settings.CSRF_COOKIE_NAME):
            # Sent again it changes only its expiry, and Chromium then drops the pages with text that it held.
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if request.user.is_authenticated:
            show_while(request, SESSION_COOKIE, request.session.public_id)  # type: ignore[attr-defined]
        return None


def set_readable_cookie(response: HttpResponse, name: str, value: str, *, path: str) -> None:
    """Set a cookie for scripts; its value gives no access to anything."""
    response.set_cookie(name, value, path=path, secure=settings.HTTPS, samesite="Lax")


def show_while(request: HttpRequest, name: str, value: str) -> None:
    """Let the browser show the page of this request again only while it has this cookie."""
    request.shown_while = f"{name}={value}"  # type: ignore[attr-defined]
