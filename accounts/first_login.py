"""The screen between login and home at the first login (source text, 'Studentnummer', 1)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from .interrupted import is_own_post, offer_again


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
