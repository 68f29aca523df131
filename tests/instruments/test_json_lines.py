"""Logs as JSON."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

import pytest

from digibeoordelen.instruments.json_lines import JSONLines
from digibeoordelen.instruments.request_id import AddIds, forget_request
from digibeoordelen.logs import HideMailedLinks

LINK = "/beoordelen/WzEsMV0:1wQx-z_Y2b/"


def line(message: str, *args: object, **more: Any) -> str:
    """Return the line that the console shows."""
    record = logging.LogRecord("x.y", logging.WARNING, "", 1, message, args, more.get("exc_info"))
    record.request = f"<WSGIRequest: GET '{LINK}'>"  # as Django adds
    for log_filter in (AddIds(), HideMailedLinks()):
        log_filter.filter(record)
    return JSONLines().format(record)


def test_line_is_one_json_object() -> None:
    forget_request()
    written = line("Één\nregel %s", "erbij")
    assert "\n" not in written
    read = json.loads(written)
    assert datetime.fromisoformat(read.pop("time")).tzinfo is not None
    assert read == {
        "level": "WARNING", "logger": "x.y", "message": "Één\nregel erbij", "request_id": "-", "task_id": "-",
    }  # fmt: skip


def test_exception_is_a_text_without_links() -> None:
    with pytest.raises(ValueError, match="No page") as caught:
        raise ValueError(f"No page at {LINK}")
    written = line("Internal Server Error: %s", LINK, exc_info=(caught.type, caught.value, caught.tb))
    read = json.loads(written)
    assert read["exception"].startswith("Traceback")
    assert read["exception"].endswith("ValueError: No page at /beoordelen/…/")
    assert "1wQx" not in written
