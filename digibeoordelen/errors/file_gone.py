import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from digibeoordelen.outbox.models import FileGone

logger = logging.getLogger(__name__)


class FileGoneMiddleware:
    """Answers 503 for a page with a lost or changed file; `manage.py check_files` lists these."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, FileGone):
            return None
        logger.error("A stored file can't be shown: %s", exception)
        return render(request, "file_gone.html", status=503)
