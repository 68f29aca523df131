"""What people see when the site does not answer: pages of Caddy's own."""

import re
import threading
import time

import pytest

from scripts.environment import BASE

PAGES = sorted((BASE / "caddy").glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_needs_nothing_else(page):
    text = page.read_text()
    assert re.findall(r"\b(?:src|href|url|import|action)\b", text) == []
    assert '<html lang="nl">' in text
    assert '<p lang="en">' in text


def test_a_reset_request_refuses_no_other(caddy):
    caddy.start_upstream()
    status, page = caddy.send("/reset", method="POST", data=b"score=V")
    assert status == 502
    assert "is niet verloren" in page
    assert [caddy.send("/", method="POST", data=b"score=V") for _ in range(20)] == [(200, "ok")] * 20


def test_a_request_waits_for_a_restart(caddy):
    threading.Timer(1, caddy.start_upstream).start()
    assert caddy.send("/") == (200, "ok")


def test_a_site_that_is_down_says_that_nothing_is_lost(caddy):
    started = time.monotonic()
    status, page = caddy.send("/beoordelen/geheim/")
    assert status == 502
    assert "De site is even niet bereikbaar" in page
    assert time.monotonic() - started < 20
    assert "geheim" not in caddy.log.read_text()


def test_maintenance_begins_and_ends_with_a_file(caddy):
    caddy.start_upstream()
    switch = caddy.pages / "maintenance.on"
    switch.touch()
    for method in ("GET", "POST"):
        status, page = caddy.send("/", method=method)
        assert status == 503
        assert "Even onderhoud" in page
    switch.unlink()
    assert caddy.send("/") == (200, "ok")


def test_what_is_too_large_is_refused_with_its_reason(caddy):
    caddy.start_upstream()
    assert caddy.send("/", method="POST", data=bytes(24_999_999)) == (200, "ok")
    status, page = caddy.announce(25_000_000)
    assert status == 413
    assert "te groot" in page
