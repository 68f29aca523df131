"""The browser tests run against the real processes of `make run`, with a real mail server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import User
from digibeoordelen.outbox.smtp import carrier
from exams.models import ExamUnit
from scripts.processes import free_port
from tests.ops.conftest import MakeRun
from tests.smtp import SmtpSink

from .logging_in import add_session


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of a site that `make run` started to one worker, so that it starts once; divide the others."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if "running" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group("running"))


@pytest.fixture(scope="session")
def mailbox() -> Iterator[SmtpSink]:
    """The mail server of the browser tests' site."""
    sink = SmtpSink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, mailbox: SmtpSink) -> Iterator[MakeRun]:
    """The site of `make run`, started once for all browser tests; its mail goes to `mailbox`."""
    folder = tmp_path_factory.mktemp("make-run")
    env = {"EMAIL_URL": mailbox.url}
    site = MakeRun(folder / "var", port=free_port(), env=env, log=folder / "make-run.log")
    site.wait_until_started()
    yield site
    site.stop()


@pytest.fixture
def log_in_at(
    live_server: Any, new_browser: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Page]:
    """Return `log_in_at(user, path)`, which opens a page of the test's own site in a logged-in browser."""
    # Keep mails in the queue: there is no broker.
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)

    def open_page(user: User, path: str, **browser: Any) -> Page:
        page = new_browser(**browser)
        add_session(page, live_server.url, user)
        page.goto(live_server.url + path)
        return page

    return open_page


@pytest.fixture
def teacher(log_in_at: Callable[..., Page], docent: User, unit: ExamUnit) -> Callable[..., Page]:
    """Return a function that opens the unit's tab 'Digitaal beoordelen' (or `path`) in a browser of a docent."""
    tab = f"/examens/eenheid/{unit.pk}/digitaal-beoordelen/"

    def open_page(user: User = docent, *, path: str = tab, **browser: Any) -> Page:
        return log_in_at(user, path, **browser)

    return open_page


@pytest.fixture
def mail_server(smtp_sink: SmtpSink, settings: Any) -> SmtpSink:
    """The mail server that `deliver` sends to."""
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", smtp_sink.port, 5
    carrier.close()
    return smtp_sink
