"""The language of a page: Dutch, or English if the whole page is translated."""

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
    """Languages of pages and mails, each named in itself."""

    DUTCH = "nl", "Nederlands"
    ENGLISH = "en", "English"


def translated(view: View) -> View:
    """Mark a view as fully translated, so that the user's choice for English applies."""
    view.is_translated = True  # type: ignore[attr-defined]
    return view


class LanguageMiddleware:
    """Activates Dutch, or English on a translated page if chosen; ignores Accept-Language.

    Must come before middleware that answers instead of a view, so that those pages are in the view's language.
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
        activate_language(request, view)
        return None


def activate_language(request: HttpRequest, view: Callable[..., Any]) -> None:
    """Activate the chosen language if `view` is translated."""
    if getattr(view, "is_translated", False):
        request.is_translated = True  # type: ignore[attr-defined]
        _activate(_chosen(request))


def is_translated(request: HttpRequest) -> bool:
    """Return whether the requested page is available in English."""
    return getattr(request, "is_translated", False)


def use_language(request: HttpRequest, language: str) -> None:
    """Activate the language chosen in this browser, else `language`."""
    _activate(_chosen(request) or language)


def _chosen(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")


def _activate(language: str) -> None:
    if language in Language.values:
        translation.activate(language)
