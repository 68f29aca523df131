"""Types and guards for views."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern

from .models import User


class UserRequest(HttpRequest):
    """The request of a view behind `LoginRequiredMiddleware`."""

    user: User


def confirmation(
    request: HttpRequest, heading: str, sentence: str, *, verb: str, back: tuple[str, str], removes: bool = True
) -> HttpResponse:
    """Render the page that asks to confirm an action: its effect, a button `verb`, and (URL, label) of the way back."""
    back_url, back_label = back
    context = {"heading": heading, "sentence": sentence, "verb": verb, "removes": removes}
    return render(request, "confirm_page.html", {**context, "back_url": back_url, "back_label": back_label})


def staff_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Raise 404 for users who are not staff of the Consortium."""

    @wraps(view)
    def guarded(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def for_staff(urlpatterns: list[URLPattern]) -> list[URLPattern]:
    """Return the patterns, each view limited to staff of the Consortium."""
    for pattern in urlpatterns:
        pattern.callback = staff_only(pattern.callback)
    return urlpatterns
