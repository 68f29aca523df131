"""The whole flow through docker-compose.yml's own processes, in a browser, over https."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import walk
from tests.compose import Stack

pytestmark = [pytest.mark.process, pytest.mark.servers, pytest.mark.xdist_group("compose")]


def test_the_whole_flow_from_login_to_csv(
    compose_stack: Stack, new_browser: Callable[..., Page], tmp_path: Path
) -> None:
    compose_stack.site.python("from digibeoordelen.demo import data\ndata.load()")
    walk.whole_flow(compose_stack.url, sink=compose_stack.sink, new_browser=new_browser, folder=tmp_path)
