"""The id of a request: on every line that it logs, those of the tasks that it starts included, and in its answer."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.conf import settings
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
TASK_HEADER = "request_id"
_HARMLESS = re.compile(r"[A-Za-z0-9_-]{8,64}")
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_task_id: ContextVar[str] = ContextVar("task_id", default="")


def request_id_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Take the id from a trusted proxy, or make one."""

    def respond(request: HttpRequest) -> HttpResponse:
        request_id = _read(request) or uuid4().hex
        _request_id.set(request_id)
        response = get_response(request)
        response[HEADER] = request_id
        return response

    return respond


def _read(request: HttpRequest) -> str:
    claimed = request.headers.get(HEADER, "") if settings.TRUSTED_PROXIES else ""
    return claimed if _HARMLESS.fullmatch(claimed) else ""


@receiver(request_finished)
def forget_request(**kwargs: Any) -> None:
    """Forget the id; not in the middleware, as Django logs a 404 after all middleware."""
    _request_id.set("")


@before_task_publish.connect
def pass_on(headers: dict[str, Any], **kwargs: Any) -> None:
    if request_id := _request_id.get():
        headers[TASK_HEADER] = request_id


@task_prerun.connect
def begin_task(task_id: str, task: Any, **kwargs: Any) -> None:
    _task_id.set(task_id)
    _request_id.set(task.request.get(TASK_HEADER) or "")


@task_postrun.connect
def end_task(**kwargs: Any) -> None:
    _task_id.set("")
    _request_id.set("")


def current_request_id() -> str:
    return _request_id.get() or "-"


class AddIds(logging.Filter):
    """Sets `request_id` and `task_id` of each record; '-' outside a request or a task."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        record.task_id = _task_id.get() or "-"
        return True
