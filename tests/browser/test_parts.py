"""The page of parts in a real browser, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.factories import UserFactory

from .walk import Shots
from .wcag import check_page


@pytest.mark.urls("tests.parts_urls")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_parts_fit_and_are_accessible(
    log_in_at: Callable[..., Page], shots: Shots, scheme: Literal["light", "dark"]
) -> None:
    page = log_in_at(UserFactory(is_staff=True), "/beheer/onderdelen/")
    page.emulate_media(color_scheme=scheme)
    page.get_by_label("Bram de Wit", exact=True).check()
    expect(page.get_by_text("1 gekozen")).to_be_visible()
    check_page(page)
    shots(page, f"onderdelen-{scheme}")
    page.get_by_role("link", name="Adresboek openen").click()
    expect(page.get_by_role("dialog", name="Adresboek")).to_be_visible()
    check_page(page)
    shots(page, f"onderdelen-paneel-{scheme}")
    page.get_by_role("button", name="Sluiten").click()
    expect(page.get_by_role("link", name="Adresboek openen")).to_be_focused()
    page.get_by_label("Acties voor Bram de Wit").click()
    expect(page.get_by_role("link", name="Bekijken").nth(0)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Acties voor Bram de Wit")).to_be_focused()
