"""The Dutch of screens, mails and guides: the u-form, no technical terms, no unusual words."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

BASE = Path(settings.BASE_DIR)
APPS = ("accounts", "addressbook", "assessments", "committee", "exams", "exchange", "digibeoordelen")
TEXTS = [
    *BASE.glob("templates/**/*.html"),
    *BASE.glob("templates/**/*.txt"),
    *BASE.glob("templates/**/*.md"),
    *BASE.glob("docs/*.md"),
    *(path for app in APPS for path in (BASE / app).rglob("*.py")),
]
# The polite form is 'u hebt', 'u kunt', 'u wilt', 'u zult'.
NOT_OURS = re.compile(
    r"\bu (heeft|kan|wil|zal)\b|\b(heeft|kan|wil|zal) u\b|\b(jij|jouw|jullie|succesvol|middels|teneinde|desbetreffende|"
    r"bovenstaande|onderstaande|dient te|dienen te|operatie|ongeldige invoer)\b",
    re.IGNORECASE,
)


def test_texts_contain_no_forbidden_words() -> None:
    assert len(TEXTS) > 500
    matches = {path: NOT_OURS.findall(path.read_text(encoding="utf-8")) for path in TEXTS}
    assert {str(path.relative_to(BASE)) for path, words in matches.items() if words} == set()
