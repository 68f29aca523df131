"""Middleware for logged-in users: session expiry, the first login, two-factor login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.sessions.interrupted import is_same_site_post, offer_resubmit

from . import mfa


class LastSeenMiddleware:
    """Update when a session was last used, at most every few minutes, and extend its expiry."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.session.session_key
        if getattr(request, "session_is_extended", False) and key:
            # As Django's session middleware does; that runs later and overrides this, for instance on logout.
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
            request.session_is_extended = request.session.see()  # type: ignore[attr-defined]  # our `SessionStore`
        return None


class FirstLoginMiddleware:
    """Redirect users who have not confirmed their details to the welcome page, from all but its own URLs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not getattr(view, "login_required", True):  # public, such as an examiner's link
            return None
        welcome = reverse("accounts:welcome")
        if request.path in (welcome, reverse("accounts:report_number"), reverse("account_logout")):
            return None
        if not request.user.is_authenticated or request.user.details_checked_at:
            return None
        if is_same_site_post(request):
            return offer_resubmit(request, why="welcome", first=welcome)
        if request.method != "GET":
            return redirect(welcome)
        return redirect(f"{welcome}?{urlencode({'next': request.get_full_path()})}")


class RequireTwoFactorMiddleware:
    """Set `user.passed_two_factor`, and redirect to the set-up where it is required."""

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
        user.passed_two_factor = mfa.has_passed(request)
        is_consortium = request.path.startswith(reverse("consortium:schools"))
        if is_consortium and user.is_staff and settings.SECOND_STEP_FOR_STAFF and not user.passed_two_factor:
            return _redirect_to_set_up(request)
        name = (request.resolver_match.url_name if request.resolver_match else None) or ""
        if name.startswith("mfa_") and not user.passed_two_factor and mfa.is_on(user):
            return _log_in_again(request)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Redirect only after a 404, so that pages that are found cost no query."""
        user = request.user
        if not isinstance(exception, Http404) or not user.is_authenticated or user.passed_two_factor:
            return None
        match = request.resolver_match
        if match and not getattr(match.func, "login_required", True):  # public, such as an examiner's link
            return None
        return _redirect_to_set_up(request) if user.schools_requiring_code().exists() else None


def _log_in_again(request: HttpRequest) -> HttpResponse:
    """End a session that began before the second step was switched on."""
    next_url = get_next_redirect_url(request) or reverse("accounts:profile")
    logout(request)
    messages.info(request, _("Log opnieuw in, met uw code."))
    return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': next_url})}")


def _redirect_to_set_up(request: HttpRequest) -> HttpResponse:
    url = reverse("mfa_activate_totp")
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(url)
    if is_same_site_post(request):
        return offer_resubmit(request, why="second_step", first=url)
    if request.method == "GET":
        url += f"?{urlencode({'next': request.get_full_path()})}"
    return redirect(url)
