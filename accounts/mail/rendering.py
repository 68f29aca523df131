"""A mail's subject, text and HTML, rendered from its template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.text import Truncator

SUBJECT_LENGTH = 150
_INDENTATION = re.compile(r"\s*\n\s*")  # half of a mail for thirty students; programs cut one off at 102 kB


def render_mail(name: str, context: Mapping[str, Any], *, language: str) -> tuple[str, str, str]:
    """Return the subject, text and HTML of the template `name`.md, which `templates` explains.

    The one place that sets a mail's language: its reader's, whatever its sender reads.
    """
    with translation.override(language):
        subject = one_line(render_to_string(f"{name}.subject.txt", context))
        text = render_to_string(f"{name}.txt", context)
        html = _INDENTATION.sub("\n", render_to_string(f"{name}.html", context)).strip()
    # A title of 200 characters and a name of 230 fit no subject; the mail itself has them whole.
    return Truncator(subject).chars(SUBJECT_LENGTH), text, html


def sender_of(school: str) -> str:
    """Return the sender's name for mails of a school, on one line."""
    return f"{one_line(school)} via Digitaal beoordelen"


def one_line(text: str) -> str:
    return " ".join(text.split())
