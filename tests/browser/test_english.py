"""Switching a filled-in form to 'English' loses no text, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from assessments import links
from assessments.models import Assignment, Invitation

from .test_thirty_students import check_page
from .walk import Shots

pytestmark = pytest.mark.django_db(transaction=True)

TYPED = "Anouk explained calmly what she was going to do."


@pytest.mark.parametrize("javascript", [True, False])
def test_choosing_english_keeps_typed_text(
    live_server, new_browser: Callable[..., Page], invitation: Invitation, javascript: bool, shots: Shots
) -> None:
    page = new_browser(width=375, javascript=javascript)
    page.goto(f"{live_server.url}/beoordelen/{links.token_for(invitation=invitation)}/")
    page.get_by_label("Onderbouwing").first.fill(TYPED)
    shots(page, f"en-0-nederlands-{javascript}")
    page.get_by_role("link", name="English").click()
    if not javascript:
        page.get_by_role("button", name="Show this form in English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Assessment of Anouk van 't Hoff")
    expect(page.get_by_label("Justification").first).to_have_value(TYPED)
    assert TYPED in Assignment.objects.values_list("justification", flat=True)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    if javascript:
        page.get_by_label("Justification").nth(1).fill("More.")
        expect(page.locator("[data-status]")).to_contain_text("Saved at")
        check_page(page)
    shots(page, f"en-1-form-{javascript}")
