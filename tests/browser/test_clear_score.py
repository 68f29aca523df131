"""A score clicked by mistake can be cleared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from assessments import links
from assessments.models import Invitation, Score
from tests.processes import wait_until

from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

Shots = Callable[[Page, str], None]


@pytest.fixture
def url(live_server: Any, invitation: Invitation) -> str:
    return f"{live_server.url}/beoordelen/{links.token_for(invitation=invitation)}/"


def first(page: Page, name: str) -> Locator:
    return page.get_by_role("radiogroup").first.get_by_role("radio", name=name)


def choose(page: Page) -> Locator:
    """Score the first criterion G, and wait until it is saved."""
    first(page, "G Goed").click()
    expect(first(page, "G Goed")).to_be_checked()
    wait_until(lambda: Score.objects.filter(value="G").exists(), "the score to be saved")
    return first(page, "G Goed")


@pytest.mark.parametrize("way", ["second click", "Backspace", "Delete", "wissen"])
def test_chosen_score_is_cleared(new_browser: Callable[..., Page], url: str, way: str) -> None:
    page = new_browser()
    page.goto(url)
    is_open = page.locator("[data-open-count]").text_content()
    chosen = choose(page)
    if way == "second click":
        chosen.click()
    elif way == "wissen":
        first(page, "wissen").click()
    else:
        chosen.press(way)
    expect(chosen).not_to_be_checked()
    wait_until(lambda: not Score.objects.exists(), "the score to be gone")
    page.reload()
    expect(page.locator(".ovg input:checked")).to_have_count(0)
    expect(page.locator("[data-open-count]")).to_have_text(is_open or "")


def test_double_click_chooses(new_browser: Callable[..., Page], url: str) -> None:
    page = new_browser()
    page.goto(url)
    first(page, "G Goed").dblclick()
    expect(first(page, "G Goed")).to_be_checked()
    first(page, "G Goed").dblclick()
    expect(first(page, "G Goed")).to_be_checked()


def test_score_is_cleared_without_javascript(new_browser: Callable[..., Page], url: str) -> None:
    page = new_browser(javascript=False)
    page.goto(url)
    first(page, "G Goed").check()
    page.get_by_role("button", name="Tussentijds opslaan").click()
    expect(first(page, "G Goed")).to_be_checked()
    first(page, "wissen").check()
    page.get_by_role("button", name="Tussentijds opslaan").click()
    expect(page.locator(".ovg input:checked")).to_have_count(0)
    assert not Score.objects.exists()


def test_way_to_clear_fits(new_browser: Callable[..., Page], url: str, shots: Shots) -> None:
    page = new_browser()
    page.goto(url)
    first(page, "G Goed").check()
    expect(page.get_by_text("wissen").first).to_be_visible()
    check_page(page)
    shots(page, "formulier-wissen")
