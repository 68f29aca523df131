"""Assertion helpers for the delivery lines of a page."""

from typing import Any


def delivery_lines(response: Any) -> list[str]:
    sending = response.context.get("sending")
    return [line.text for line in sending.lines] if sending else []
