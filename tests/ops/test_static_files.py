"""`collectstatic` takes along every file that a template names."""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

NAMED = re.compile(r"{%\s*static\s+['\"]([^'\"]+)['\"]\s*%}")


def test_every_named_file_is_collected() -> None:
    templates = (settings.BASE_DIR / "templates").rglob("*.html")
    named = {name for template in templates for name in NAMED.findall(template.read_text())}
    collected = {
        f"{storage.prefix}/{path}" if getattr(storage, "prefix", None) else path
        for finder in get_finders()
        for path, storage in finder.list([])
    }
    assert len(named) > 30
    assert not named - collected
