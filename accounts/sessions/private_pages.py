"""Keep browsers from showing pages again after logging out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

SESSION_COOKIE = "ingelogd"


class PrivatePagesMiddleware:
    """Answer with `no-store` unless the view sets `Cache-Control`, and tie pages to their session.

    Browsers may hold a `no-store` page in the back/forward cache. Each page therefore names a cookie, readable by
    scripts, that ends with the session; static/js/private_page.js replaces a restored page without it.
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
            # Setting it again only extends it, but makes Chromium drop its cached pages with typed text.
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if request.user.is_authenticated:
            show_while(request, SESSION_COOKIE, request.session.public_id)  # type: ignore[attr-defined]
        return None


def set_readable_cookie(response: HttpResponse, name: str, value: str, *, path: str) -> None:
    """Set a cookie for scripts; its value gives no access."""
    response.set_cookie(name, value, path=path, secure=settings.HTTPS, samesite="Lax")


def show_while(request: HttpRequest, name: str, value: str) -> None:
    """Let the browser restore this page only while it has the cookie."""
    request.shown_while = f"{name}={value}"  # type: ignore[attr-defined]
