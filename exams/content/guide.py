"""The guide for making an exam (docs/examens.md) and its example, for the admin pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

from .schema import ExamContent
from .versions import read_content

PATH = settings.BASE_DIR / "docs" / "examens.md"
# Wide tables and examples scroll by themselves, with the keyboard too.
TABLE = '<div class="exam-table" tabindex="0" role="group" aria-label="{}"><table class="table">'
EXAMPLE = '<pre tabindex="0" role="group" aria-label="{}"><code>{}</code></pre>\n'


@dataclass(frozen=True)
class Guide:
    """`sections` are the (anchor, heading) pairs in `body`."""

    title: str
    sections: Sequence[tuple[str, str]]
    body: SafeString


@cache
def render_guide() -> Guide:
    """Return the guide as HTML; HTML in the document itself is escaped."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(PATH.read_text(encoding="utf-8"))
    (_, title, _), tokens = tokens[:3], tokens[3:]  # the page shows the title itself
    sections, heading = [], title.content
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[at + 1].content
            token.attrSet("id", slugify(heading))
            if token.tag == "h2":
                sections.append((slugify(heading), heading))
        elif token.type == "table_open":
            _put(token, format_html(TABLE, heading))
        elif token.type == "table_close":
            _put(token, "</table></div>\n")
        elif token.type == "fence":
            _put(token, format_html(EXAMPLE, heading, token.content))
    body = parser.renderer.render(tokens, parser.options, {})
    return Guide(title.content, sections, mark_safe(body))  # noqa: S308 - our own document, its HTML escaped


def _put(token: Token, html: str) -> None:
    token.type, token.content = "html_block", html


EXAMPLE_PATH = Path(__file__).with_name("example.yaml")


def example_source() -> str:
    return EXAMPLE_PATH.read_text(encoding="utf-8")


@cache
def example() -> ExamContent:
    return read_content(EXAMPLE_PATH.read_bytes()).content
