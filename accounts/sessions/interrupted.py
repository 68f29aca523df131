"""Offer a posted form again after an expired session, a CSRF token or missing file storage interrupted it.

The fields stay in the page: nothing is stored, logged or put in a URL. Sent again, the post passes every check of the
view.
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

_CODES = {"code", "key", "credential"}  # secrets in the forms of accounts only


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Django's, which offers a post again after the session expired."""

    def handle_no_permission(  # type: ignore[override]  # the stubs only allow a redirect
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        if request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers:
            return _htmx_login_prompt(request)
        if is_same_site_post(request) and request.path != reverse("account_logout"):
            return offer_resubmit(request, why="login")
        return super().handle_no_permission(request, view_func)


def is_same_site_post(request: HttpRequest) -> bool:
    """Return whether a page of this site posted; other posts are never offered again."""
    if request.method != "POST":
        return False
    if "Origin" not in request.headers:
        return request.headers.get("Sec-Fetch-Site") == "same-origin"
    own = f"{request.scheme}://{request.get_host()}"
    return request.headers["Origin"] in {own, *settings.CSRF_TRUSTED_ORIGINS}


@never_cache
def offer_resubmit(request: HttpRequest, *, why: str, first: str = "", status: int = 403) -> HttpResponse:
    """Return a page with the posted fields, without secrets, and the names of the files.

    `why`: `login`, `token`, `cookies` (the browser sent none), `storage` (files can't be kept now), `welcome` or
    `second_step`; for the last two `first` is the URL of the step required before.
    """
    context: dict[str, Any] = {"why": why, "first": login_tab_url() if why == "login" else first}
    return render(request, "403_csrf.html", context | posted(request), status=status)


def needs_login(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is None or getattr(match.func, "login_required", True)


def posted(request: HttpRequest) -> dict[str, Any]:
    """Return the context of `parts/send_again.html`."""
    names = [name for name in request.POST if name != "csrfmiddlewaretoken"]
    visible = [name for name in names if not _is_secret(request, name)]
    files = [(name, [file.name for file in files]) for name, files in request.FILES.lists()]
    return {
        "is_own": True,
        "fields": [(name, value) for name in visible for value in request.POST.getlist(name)],
        "has_secrets": len(visible) < len(names),
        "files": files,
        "sender": request.user if needs_login(request) else None,  # possibly not the user who typed it
    }


def _is_secret(request: HttpRequest, name: str) -> bool:
    view = request.resolver_match.view_name if request.resolver_match else ""
    is_account = view.startswith(("account", "mfa_"))
    return "password" in name or "secret" in name or (is_account and name in _CODES)


def login_tab_url() -> str:
    """Return the URL to log in in another tab, next to the form."""
    return f"{reverse('account_login')}?{urlencode({'next': reverse('accounts:logged_in')})}"


def _htmx_login_prompt(request: HttpRequest) -> HttpResponse:
    """Answer htmx with a message above the page, which stays as it is."""
    response = render(request, "accounts/auth/logged_out.html", {"first": login_tab_url()})
    response["HX-Retarget"], response["HX-Reswap"] = "#onderbroken", "innerHTML"
    response["HX-Replace-Url"] = "false"
    return response
