"""Where a person is logged in: what is kept of it, the list, and ending them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from accounts.sessions.interrupted import is_own_post, offer_again

from . import mfa


class LastSeenMiddleware:
    """Keeps when each session was last in use, to some minutes; from then on it lasts as long as a new one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.session.session_key
        if getattr(request, "session_is_extended", False) and key:
            # As Django's own middleware does, which comes after this and has the last word: after logging out, say.
            response.set_cookie(
                settings.SESSION_COOKIE_NAME,
                key,
                max_age=request.session.get_expiry_age(),
                path=settings.SESSION_COOKIE_PATH,
                domain=settings.SESSION_COOKIE_DOMAIN,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=settings.SESSION_COOKIE_HTTPONLY,
                samesite=settings.SESSION_COOKIE_SAMESITE,
            )
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if request.user.is_authenticated:
            request.session_is_extended = request.session.see()  # type: ignore[attr-defined]  # of our own store
        return None


class FirstLoginMiddleware:
    """Leads whoever has not yet checked their details to the page where they do, and only to what is on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not getattr(view, "login_required", True):  # public: an examiner's link works beside any login
            return None
        welcome = reverse("accounts:welcome")
        if request.path in (welcome, reverse("accounts:report_number"), reverse("accounts:logout")):
            return None
        if not request.user.is_authenticated or request.user.details_checked_at:
            return None
        if is_own_post(request):
            return offer_again(request, why="welcome", first=welcome)
        if request.method != "GET":
            return redirect(welcome)
        return redirect(f"{welcome}?{urlencode({'next': request.get_full_path()})}")


class HeldBackMiddleware:
    """Tells the user's object whether this session did the second step, and leads there who must."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        user = request.user
        if not user.is_authenticated:
            return None
        user.passed_second_step = mfa.PASSED in request.session
        is_admin = request.resolver_match is not None and request.resolver_match.app_name == "admin"
        if is_admin and user.is_staff and settings.SECOND_STEP_FOR_STAFF and not user.passed_second_step:
            return _to_set_up(request)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Only here is it asked whether a school is hidden: what is found costs no query."""
        user = request.user
        if not isinstance(exception, Http404) or not user.is_authenticated or user.passed_second_step:
            return None
        match = request.resolver_match
        if match and not getattr(match.func, "login_required", True):  # public: an examiner's link, say
            return None
        return _to_set_up(request) if mfa.schools_that_ask(user) else None


def _to_set_up(request: HttpRequest) -> HttpResponse:
    address = reverse("accounts:set_up_second_step")
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    if is_own_post(request):
        return offer_again(request, why="second_step", first=address)
    if request.method == "GET":
        address += f"?{urlencode({'next': request.get_full_path()})}"
    return redirect(address)
