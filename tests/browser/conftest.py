"""A real Chromium against the real processes of `make run`, with a real mail server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from scripts.processes import free_port
from tests.processes import BASE, Process
from tests.smtp import SmtpSink

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_browser(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """A function that opens a page in a browser profile of its own, such as each person has.

    What the content security policy refused, and what went wrong in a script, fails the test.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            problems.append(f"{message.text} ({message.location})")

    def open_page(width: int = 1280, *, javascript: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, locale="nl-NL", java_script_enabled=javascript
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)


class MakeRun:
    """What `make run` started: its address, its mail server, and the process itself."""

    def __init__(self, folder: Path, sink: SmtpSink) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sink = sink
        self.folder = folder
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            "VAR_DIR": str(folder / "var"),
            "EMAIL_URL": sink.url,
            "SWEEP_SECONDS": "5",
        }
        self.process = self.start()

    def start(self) -> Process:
        """Starts it, again after a `kill` too, and waits for the address it prints."""
        process = Process(["make", "run", f"PORT={self.port}"], env=self.env, log=self.folder / "make-run.log")
        process.wait_for_output(f"Open {self.url}/", timeout=180)
        self.process = process
        return process


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    """The site of `make run`, started once for all browser tests, with its mail going to an SMTP server."""
    sink = SmtpSink()
    sink.start()
    running = MakeRun(tmp_path_factory.mktemp("make-run"), sink)
    yield running
    running.process.stop()
    sink.stop()


@pytest.fixture
def shots() -> Callable[[Page, str], None]:
    """A function that keeps a picture of the page in the folder that SCREENSHOTS names; else it does nothing."""
    folder = os.environ.get("SCREENSHOTS")

    def keep(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=BASE / folder / f"{name}.png", full_page=True)

    return keep
