"""The id of a request: from a trusted proxy or made, on every line of the log, and in the tasks that it starts."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Task
from celery.app.task import Context
from celery.signals import task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from digibeoordelen.celery import app
from digibeoordelen.instruments.request_id import AddIds, forget_request, request_id_middleware

CLAIMED = "0b9c3f52-8d1e-4f4c-9d0a-4f5be1b4a001"


@app.task(name="tests.note")
def note() -> None:
    """Do nothing."""


@pytest.fixture(autouse=True)
def no_request_before() -> Iterator[None]:
    forget_request()
    yield
    forget_request()


def ids() -> tuple[str, str]:
    """Return what a line of the log now has."""
    record = logging.LogRecord("x", logging.INFO, "", 1, "", (), None)
    assert AddIds().filter(record)
    return record.request_id, record.task_id


def answered(claimed: str = "") -> str:
    return Client().get("/favicon.ico", headers={"X-Request-ID": claimed} if claimed else {})["X-Request-ID"]


def test_id_of_a_trusted_proxy_is_kept(db: None, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    assert answered(CLAIMED) == CLAIMED


@pytest.mark.parametrize("claimed", ["", "short", "a" * 65, "12345678 x", "12345678\u00e9", "<script>alert(1)"])
def test_other_ids_are_replaced(db: None, settings: Settings, claimed: str) -> None:
    settings.TRUSTED_PROXIES = 1
    assert re.fullmatch("[0-9a-f]{32}", answered(claimed))


def test_id_is_made_without_a_trusted_proxy(db: None) -> None:
    first, second = answered(CLAIMED), answered(CLAIMED)
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


def test_lines_have_the_id_until_the_request_is_over() -> None:
    during: list[tuple[str, str]] = []

    def view(request: HttpRequest) -> HttpResponse:
        during.append(ids())
        return HttpResponse()

    response = request_id_middleware(view)(RequestFactory().get("/"))
    assert during == [ids()] == [(response["X-Request-ID"], "-")]  # Django logs a 404 after the middleware
    forget_request()
    assert ids() == ("-", "-")


def test_not_found_is_logged_with_the_id(db: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(add := AddIds())
    try:
        response = Client().get("/bestaat-niet/")
    finally:
        caplog.handler.removeFilter(add)
    assert ids() == ("-", "-")
    [record] = [record for record in caplog.records if record.name == "django.request"]
    assert record.request_id == response["X-Request-ID"]


def published() -> dict[str, Any]:
    """Publish a task, and return the headers of its message."""
    with app.connection_for_write() as connection:
        note.apply_async(queue="ids")
        message = connection.default_channel.basic_get("ids", no_ack=True)
    headers: dict[str, Any] = message.headers
    return headers


def run(task: Task, headers: dict[str, Any]) -> tuple[str, str]:
    """Run a task of a message as a worker does, and return what its lines have."""
    task.push_request(**vars(Context(headers)))
    try:
        task_prerun.send(sender=task, task_id=headers["id"], task=task)
        during = ids()
        task_postrun.send(sender=task, task_id=headers["id"], task=task)
    finally:
        task.pop_request()
    return during


def test_task_carries_the_id_of_its_request() -> None:
    headers: list[dict[str, Any]] = []

    def view(request: HttpRequest) -> HttpResponse:
        headers.append(published())
        return HttpResponse()

    request_id = request_id_middleware(view)(RequestFactory().get("/"))["X-Request-ID"]
    forget_request()
    assert run(note, headers[0]) == (request_id, headers[0]["id"])
    assert ids() == ("-", "-")


def test_task_of_beat_has_no_request() -> None:
    headers = published()
    assert run(note, headers) == ("-", headers["id"])
