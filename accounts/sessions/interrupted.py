"""A posted form that a log-in or a new token interrupts: it is offered again, with all that it held.

What was typed stays in the page: nothing of it is kept here, logged, or put in an address. Nothing is done until the
person sends it again, and then the view checks everything as it always does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import middleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

_CODES = {"code", "key"}  # of this app's forms; elsewhere a code is no secret


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Django's, which offers a form again that was sent after the session ended."""

    def handle_no_permission(  # type: ignore[override]  # the stubs know of Django's redirect alone
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        if request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers:
            return _beside_what_is_typed(request)
        if is_own_post(request) and request.path != reverse("accounts:logout"):
            return offer_again(request, why="login")
        return super().handle_no_permission(request, view_func)


def is_own_post(request: HttpRequest) -> bool:
    """Return whether a page of this site posted: what another site posts is never offered."""
    if request.method != "POST":
        return False
    if "Origin" not in request.headers:
        return request.headers.get("Sec-Fetch-Site") == "same-origin"
    own = f"{request.scheme}://{request.get_host()}"
    return request.headers["Origin"] in {own, *settings.CSRF_TRUSTED_ORIGINS}


@never_cache
def offer_again(request: HttpRequest, *, why: str, first: str = "") -> HttpResponse:
    """Return a page that holds the fields of an own post, without its secrets, and names its files.

    `why`: `login`, `token`, `cookies` (the browser sent none), `welcome` or `second_step`; for the last two `first` is
    the address of what has to be done before.
    """
    context: dict[str, Any] = {"why": why, "first": log_in_beside() if why == "login" else first}
    return render(request, "403_csrf.html", context | posted(request), status=403)


def needs_login(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is None or getattr(match.func, "login_required", True)


def posted(request: HttpRequest) -> dict[str, Any]:
    """Return what `parts/send_again.html` shows of a post."""
    names = [name for name in request.POST if name != "csrfmiddlewaretoken"]
    shown = [name for name in names if not _is_secret(request, name)]
    files = [(name, [file.name for file in files]) for name, files in request.FILES.lists()]
    return {
        "is_own": True,
        "fields": [(name, value) for name in shown for value in request.POST.getlist(name)],
        "has_secrets": len(shown) < len(names),
        "files": files,
        "sender": request.user if needs_login(request) else None,  # may be another than who typed it
    }


def _is_secret(request: HttpRequest, name: str) -> bool:
    is_account = request.resolver_match is not None and request.resolver_match.app_name == "accounts"
    return "password" in name or (is_account and name in _CODES)


def log_in_beside() -> str:
    """Return the address that logs in in another tab, and then leads back to the tab with the form."""
    return f"{reverse('accounts:login')}?{urlencode({'next': reverse('accounts:logged_in')})}"


def _beside_what_is_typed(request: HttpRequest) -> HttpResponse:
    """Answer htmx with a message on top of the page, which stays as it is."""
    response = render(request, "accounts/auth/logged_out.html", {"first": log_in_beside()})
    response["HX-Retarget"], response["HX-Reswap"] = "#onderbroken", "innerHTML"
    response["HX-Replace-Url"] = "false"
    return response
