"""The steps of 'Meer tegelijk afronden' in a browser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from assessments.models import Assessment


def tick(assessments: Sequence[Assessment], *, office: str, step: str = "afronden") -> dict[str, Any]:
    """Return the post of the list's bar, with the address that the confirmation asks for."""
    return {"afname": [f"{a.public_id}:{a.version}:{step}" for a in assessments], "email": office}


def post_selection(browser: Client, ticked: dict[str, Any]) -> str:
    """Return the confirmation page, or the list with the reason that there is none."""
    answer = browser.post(reverse("committee:confirm_many"), ticked, follow=True)
    return " ".join(answer.content.decode().split())


def sent_by(page: str) -> dict[str, list[str]]:
    """Return the fields that the confirmation's button sends."""
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page):
        fields.setdefault(unescape(name), []).append(unescape(value))
    return fields


def confirm(browser: Client, ticked: dict[str, Any]) -> Any:
    """Post the selection and confirm; return the response without following it."""
    return browser.post(reverse("committee:make_many_final"), sent_by(post_selection(browser, ticked)))


def read_answer(browser: Client, answer: Any) -> str:
    """Return the text of the response, after its redirect."""
    page = browser.get(answer["Location"]) if answer.status_code == 302 else answer
    return " ".join(page.content.decode().split())
