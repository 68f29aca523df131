"""The main job, end to end, on the processes of `make run`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.ops.conftest import MakeRun
from tests.smtp import SmtpSink

from . import walk


def test_from_login_to_csv(
    running: MakeRun, mailbox: SmtpSink, new_browser: Callable[..., Page], tmp_path: Path, shots: walk.Shots
) -> None:
    walk.whole_flow(running.url, sink=mailbox, new_browser=new_browser, folder=tmp_path, shots=shots)
