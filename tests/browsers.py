"""A real Chromium for tests: a separate profile per person; console errors fail the test.

def test_something(new_browser):
    page = new_browser(width=375)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from scripts.environment import BASE

PATIENCE = 30_000  # ms; allows for slow machines
HARMLESS = (
    *("htmx:sendAbort", "htmx:afterRequest"),  # a request aborted by leaving the page; other failures log more
    # The mail of an invitation created elsewhere after the page was opened, and the row in its menu.
    *("htmx:oobErrorNoTarget, #mail-", "htmx:oobErrorNoTarget, #opnieuw-"),
)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"),
    "--font-render-hinting=none",  # the shell without windows hints more than Chromium, which moves what follows a text
]


def find_chromium() -> str | None:
    """Return the path of Chromium: its shell without windows, if installed, which takes half the processor time."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that need Chromium, so that `make test` can skip them."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.chromium)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_browser(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page in a new browser profile.

    A violation of the content security policy or a script error fails the test.
    SLOW=8 gives the pages an eighth of the processor, to find tests that do not wait for their conditions.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and not message.text.startswith(HARMLESS)
        ):
            problems.append(f"{message.text} ({message.location})")

    def open_page(width: int = 0, *, javascript: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width or int(os.environ.get("WIDTH", "1280")), "height": 900},
            locale="nl-NL",
            java_script_enabled=javascript,
            ignore_https_errors=True,
            # On a smoothly scrolling page a click can miss; without JavaScript Playwright does not detect that.
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        if "SLOW" in os.environ:
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": int(os.environ["SLOW"])})
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def shots() -> Callable[[Page, str], None]:
    """Return a function that saves a picture of the page in the folder SCREENSHOTS, or does nothing without it.

    WIDTH=375 makes them as a phone shows the pages; FOLD=on keeps what is seen without scrolling; SHOTS names the only
    ones that are kept (`tests.guide`).
    """
    folder = os.environ.get("SCREENSHOTS")
    only = os.environ.get("SHOTS", "").split(",")

    def keep(page: Page, name: str) -> None:
        if folder and (only == [""] or name in only):
            if fold := "FOLD" in os.environ:
                page.evaluate("window.scrollTo({ top: 0, behavior: 'instant' })")
            page.screenshot(path=BASE / folder / f"{name}.png", full_page=not fold)

    return keep
