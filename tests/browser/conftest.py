"""The browser tests run against the real processes of `make run`, with a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.processes import free_port
from tests.ops.conftest import MakeRun
from tests.smtp import SmtpSink


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


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
