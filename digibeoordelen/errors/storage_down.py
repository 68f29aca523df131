"""The answer to a request that can't read or write a file now, with what was typed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.sessions.interrupted import is_same_site_post, offer_resubmit
from digibeoordelen.file_storage import StorageDown, is_full, storage_down

logger = logging.getLogger(__name__)


class UploadHandler(TemporaryFileUploadHandler):
    """Django's for large files, which reads on when the disk is full: the rest of the form is not to be lost.

    The file is empty then, and `StorageDownMiddleware` keeps the request from the view.
    """

    request: Any  # not None: set before a file comes
    failed = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.failed = False
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            self._fail(error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.failed:
            return
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self._fail(error)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if not self.failed:
            try:
                return cast(UploadedFile, super().file_complete(file_size))  # writes what is buffered
            except OSError as error:
                self._fail(error)
        return SimpleUploadedFile(self.file_name or "bestand", b"")

    def _fail(self, error: OSError) -> None:
        self.failed = True
        self.request.storage_down = storage_down(error)


class StorageDownMiddleware:
    """Answers 503: to a form with a page that sends it again, to anything else with an explanation."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        down = getattr(request, "storage_down", None)
        return _answer(request, down) if down else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, StorageDown):
            return _answer(request, exception)
        return _answer(request, storage_down(exception)) if is_full(exception) else None


def _answer(request: HttpRequest, down: StorageDown) -> HttpResponse:
    logger.error("A request can't be done: %s", down)
    if is_same_site_post(request):
        return offer_resubmit(request, why="storage", status=503)
    return render(request, "storage_down.html", status=503)
