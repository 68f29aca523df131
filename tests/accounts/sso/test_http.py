"""Requests to providers: https to public addresses alone, with limits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests

from accounts.sso import http
from accounts.sso.http import AddressRefused, AnswerTooLarge, ProviderSession, is_allowed, is_public


class Handler(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/weg":
            self.send_response(302)
            self.send_header("Location", "/elders")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * (http.MAX_BYTES + 1 if self.path == "/groot" else 10))

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def local() -> Iterator[str]:
    """The address of a server in the network of the site."""
    Handler.asked = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # metadata of clouds
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_public_addresses(address: str, *, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://id.school.nl/x", True),
        ("http://id.school.nl/x", False),
        ("ftp://id.school.nl/x", False),
        ("javascript:alert(1)", False),
        ("https://naam:wachtwoord@id.school.nl", False),
        ("https:///x", False),
    ],
)
def test_only_https(url: str, settings: Any, *, allowed: bool) -> None:
    settings.SSO_ALLOW_LOCAL = False
    assert is_allowed(url) is allowed


def test_private_address_gets_no_request(local: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SSO_ALLOW_LOCAL = False
    monkeypatch.setattr(http, "is_allowed", lambda url: True)  # else refused for its scheme
    with pytest.raises(requests.ConnectionError, match="not a public address"):
        ProviderSession().get(local)
    assert Handler.asked == []


def test_redirect_is_not_followed(local: str) -> None:
    with pytest.raises(AddressRefused):
        ProviderSession().get(f"{local}/weg")
    assert Handler.asked == ["/weg"]


def test_large_answer_is_refused(local: str) -> None:
    with pytest.raises(AnswerTooLarge):
        ProviderSession().get(f"{local}/groot")
    assert ProviderSession().get(local).content == b"x" * 10


def test_slow_answer_is_refused(local: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0)
    with pytest.raises(AnswerTooLarge):
        ProviderSession().get(local)


def test_dead_server_is_an_exception_of_requests() -> None:
    with pytest.raises(requests.RequestException):
        ProviderSession().get("http://127.0.0.1:9")
