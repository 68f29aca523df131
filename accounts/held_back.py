"""Who has to log in with a code first: a committee member of a school that asks it, and staff where that is set.

`User.schools_as` hides such a school's things; what is then not found leads to where the second step is set up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from . import second_step
from .interrupted import is_own_post, offer_again


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
        user.passed_second_step = second_step.PASSED in request.session
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
        return _to_set_up(request) if second_step.schools_that_ask(user) else None


def _to_set_up(request: HttpRequest) -> HttpResponse:
    address = reverse("accounts:set_up_second_step")
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    if is_own_post(request):
        return offer_again(request, why="second_step", first=address)
    if request.method == "GET":
        address += f"?{urlencode({'next': request.get_full_path()})}"
    return redirect(address)
