"""The browser's Back and Forward buttons, with the back/forward cache that Playwright switches off by default."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from assessments import links
from assessments.models import Assessment, Invitation
from tests.browsers import FLAGS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("back")]

LogIn = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium(chromium: Browser) -> Iterator[Browser]:
    """Chromium with the back/forward cache enabled, which its shell without windows lacks."""
    browser = chromium.browser_type.launch(
        executable_path=shutil.which("chromium"),
        args=FLAGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


@pytest.fixture
def store_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let browsers store every page, so that Chromium restores it regardless of cookies."""
    monkeypatch.setattr("accounts.sessions.private_pages.add_never_cache_headers", lambda response: None)


@pytest.fixture
def examiners_page(live_server: Any, new_browser: Callable[..., Page], invitation: Invitation) -> Page:
    page = new_browser()
    page.goto(f"{live_server.url}/beoordelen/{links.token_for(invitation=invitation)}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Beoordeling van")
    return page


def note_restoring(page: Page) -> None:
    """Record on this page whether it is restored from the back/forward cache."""
    page.evaluate("addEventListener('pageshow', (event) => { window.wasRestored = event.persisted })")


def was_restored(page: Page) -> bool:
    return bool(page.evaluate("window.wasRestored === true"))


def go_back(page: Page) -> None:
    page.go_back(wait_until="commit")


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Uitloggen").click()
    expect(page.get_by_role("button", name="Inloggen", exact=True)).to_be_visible()


def path_of(role: str, assessment: Assessment) -> str:
    return {
        "student": "/mijn-examens/",
        "docent": f"/beoordelingen/{assessment.public_id}/",
        "committee_member": f"/commissie/{assessment.public_id}/",
    }[role]


@pytest.mark.parametrize("role", ["student", "docent", "committee_member"])
def test_back_after_log_out_asks_to_log_in(
    log_in_at: LogIn, assessed: Assessment, role: str, request: pytest.FixtureRequest
) -> None:
    user: User = assessed.student.user if role == "student" else request.getfixturevalue(role)
    page = log_in_at(user, path_of(role, assessed))
    log_out(page)
    for step in (page.go_back, page.go_forward, page.go_back):
        step(wait_until="commit")
        expect(page.get_by_role("button", name="Inloggen", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Uitloggen")).to_have_count(0)


def test_back_while_logged_in_keeps_typed_text(log_in_at: LogIn, docent: User) -> None:
    page = log_in_at(docent, "/profiel/bewerken/")
    note_restoring(page)
    page.get_by_label("Voornaam").fill("Nog niet opgeslagen")
    page.get_by_role("link", name="Mijn Digibib").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mijn Digibib")
    go_back(page)
    expect(page.get_by_label("Voornaam")).to_have_value("Nog niet opgeslagen")
    assert was_restored(page)


def test_page_restored_after_log_out_is_replaced(
    log_in_at: LogIn, assessed: Assessment, docent: User, store_allowed: None
) -> None:
    page = log_in_at(docent, path_of("docent", assessed))
    page.evaluate("addEventListener('pageshow', (event) => sessionStorage.setItem('restored', event.persisted))")
    log_out(page)
    go_back(page)
    expect(page.get_by_role("button", name="Inloggen", exact=True)).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('restored')") == "true"


def test_back_after_klaar_op_deze_computer_shows_no_form(examiners_page: Page) -> None:
    page = examiners_page
    page.get_by_role("button", name="Klaar op deze computer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("gesloten")
    go_back(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Open het formulier met de link in uw mail")
