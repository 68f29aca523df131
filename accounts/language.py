"""The language of a page: Dutch, or English where all of the page has English texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

View = TypeVar("View", bound=Callable[..., Any])


class Language(models.TextChoices):
    """What a page or a mail can be in; each names itself in its own words."""

    DUTCH = "nl", "Nederlands"
    ENGLISH = "en", "English"


def translated(view: View) -> View:
    """Marks a view whose whole page has English texts: only there does a choice for English hold."""
    view.is_translated = True  # type: ignore[attr-defined]
    return view


class LanguageMiddleware:
    """Every page is Dutch, but a translated one that is asked for in English; what the browser prefers says nothing.

    Stands before whatever answers in the place of a view: those pages are in the view's language, too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(Language.DUTCH):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        if is_translated(request):
            patch_vary_headers(response, ["Cookie"])
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        in_language_of(request, view)
        return None


def in_language_of(request: HttpRequest, view: Callable[..., Any]) -> None:
    """Show this request's page in the language that was chosen, if that of `view` is translated."""
    if getattr(view, "is_translated", False):
        request.is_translated = True  # type: ignore[attr-defined]
        _speak(_chosen(request))


def is_translated(request: HttpRequest) -> bool:
    """Whether the page that is asked for can be shown in English."""
    return getattr(request, "is_translated", False)


def speak_to(request: HttpRequest, language: str) -> None:
    """The rest of the page is in what this browser chose, else in `language`."""
    _speak(_chosen(request) or language)


def _chosen(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")


def _speak(language: str) -> None:
    if language in Language.values:
        translation.activate(language)
