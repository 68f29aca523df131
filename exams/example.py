"""The example exam of docs/examens.md: what one begins a new exam with."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .content import ExamContent
from .load import read_content

PATH = Path(__file__).with_name("example.yaml")


def example_text() -> str:
    return PATH.read_text(encoding="utf-8")


@cache
def example() -> ExamContent:
    return read_content(PATH.read_bytes()).content
