"""Comments, docs and settings name files that exist, also after a move."""

from __future__ import annotations

import re

from django.conf import settings

BASE = settings.BASE_DIR
APPS = (
    "accounts",
    "addressbook",
    "assessments",
    "committee",
    "digibeoordelen",
    "exams",
    "exchange",
    "bench",
    "scripts",
    "tests",
)
NAMED = re.compile(rf"\b(?:{'|'.join(APPS)})/[\w/]+\.(?:py|md)\b")
SUFFIXES = {".py", ".html", ".js", ".css", ".md", ".toml"}


def test_named_files_exist() -> None:
    paths = [
        *BASE.iterdir(),
        *(path for folder in (*APPS, "docs", "static", "templates") for path in (BASE / folder).rglob("*")),
    ]
    texts = {str(path.relative_to(BASE)): path.read_text("utf-8") for path in paths if path.suffix in SUFFIXES}
    named = {(name, path) for path, text in texts.items() for name in NAMED.findall(text)}
    assert len(named) > 50
    roots = (BASE, BASE / "templates", BASE / "tests")
    assert sorted(pair for pair in named if not any((root / pair[0]).exists() for root in roots)) == []
