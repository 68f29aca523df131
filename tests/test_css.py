"""The style sheets are valid: a browser silently ignores a rule that it cannot parse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tinycss2

CSS = Path(__file__).resolve().parent.parent / "static" / "css"


def mistakes(rules: list[Any]) -> Iterator[str]:
    """Yield everything that is neither a rule nor a declaration, at any depth."""
    for rule in rules:
        if rule.type == "error":
            yield f"line {rule.source_line}: {rule.message}"
        elif rule.type == "qualified-rule":
            yield from nested(rule)
            yield from mistakes([token for token in rule.prelude if token.type == "error"])  # a brace too many
            yield from mistakes(tinycss2.parse_blocks_contents(rule.content))
        elif rule.type == "at-rule" and rule.content is not None:
            inner = tinycss2.parse_blocks_contents if rule.lower_at_keyword == "font-face" else tinycss2.parse_rule_list
            yield from mistakes(inner(rule.content))


def nested(rule: Any) -> Iterator[str]:
    """Yield nested rules. These sheets do not nest, so a brace is missing before each."""
    for inner in tinycss2.parse_blocks_contents(rule.content):
        if inner.type == "qualified-rule":
            yield f"line {inner.source_line}: a rule within a rule"


@pytest.mark.parametrize("path", sorted(CSS.rglob("*.css")), ids=lambda path: path.name)
def test_every_rule_can_be_understood(path: Path) -> None:
    assert not list(mistakes(tinycss2.parse_stylesheet(path.read_text(encoding="utf-8"))))


def test_missing_brace_is_reported() -> None:
    assert list(mistakes(tinycss2.parse_stylesheet("a { color: red;\n.verdict { color: red; }")))


def test_extra_brace_is_reported() -> None:
    assert list(mistakes(tinycss2.parse_stylesheet("a { color: red; }\n}\n.verdict { color: red; }")))
