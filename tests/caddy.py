"""A real Caddy for tests, with the product's Caddyfile before an upstream that can fail.

def test_something(caddy):
    caddy.start_upstream()
    status, page = caddy.send("/", method="POST")
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts.environment import BASE
from scripts.processes import free_port

from .processes import Process, wait_until


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that need Caddy, so that `make test` can skip them."""
    for item in items:
        if "caddy" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.caddy)


class Upstream(BaseHTTPRequestHandler):
    """Answers 'ok', and resets the connection of a request for /reset."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_GET = do_POST = answer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing."""


@dataclass
class Caddy:
    port: int
    upstream_port: int
    pages: Path
    log: Path
    servers: list[ThreadingHTTPServer] = field(default_factory=list)

    def start_upstream(self) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", self.upstream_port), Upstream)
        self.servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def send(self, path: str, *, method: str = "GET", data: bytes = b"") -> tuple[int, str]:
        """Return the status and the page."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method, data=data or None)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def announce(self, length: int) -> tuple[int, str]:
        """Return the answer to a request that announces so many bytes and sends none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        response = connection.getresponse()
        return response.status, response.read().decode()


@pytest.fixture
def caddy(tmp_path: Path) -> Iterator[Caddy]:
    """Caddy without certificates; its upstream is started by the test."""
    program = shutil.which("caddy")
    if program is None:
        pytest.skip("Caddy is needed: `make test` names what to install")
    pages = shutil.copytree(BASE / "caddy", tmp_path / "pages")
    made = Caddy(port=free_port(), upstream_port=free_port(), pages=pages, log=tmp_path / "caddy.log")
    env = os.environ | {
        "SITE_HOST": f"http://127.0.0.1:{made.port}",
        "UPSTREAM": f"127.0.0.1:{made.upstream_port}",
        "CADDY_PAGES": str(pages),
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    command = [program, "run", "--config", str(BASE / "Caddyfile"), "--adapter", "caddyfile"]
    process = Process(command, env=env, log=made.log)
    try:
        wait_until(lambda: not process.is_running or _accepts(made.port), "Caddy")
        assert process.is_running, process.output
        yield made
    finally:
        process.stop()
        for server in made.servers:
            server.shutdown()
            server.server_close()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
