"""A stand-in for Toetsplanning and Deelnemerregistratie: it holds each request against the published file.

It is idempotent, as the standard's PATCH is: what it holds is by id. `plan` says how it treats the next calls.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest

from exchange.calling.client import MERGE_PATCH
from tests.exchange.oke import published

LOST = "lost"  # a plan: take it and hang up without an answer
DEAD = "dead"  # hang up before taking it


class StandIn:
    """`plan` is a list of LOST, DEAD, seconds to wait (a float), or (status, headers, body) to answer."""

    def __init__(self, contract: OpenAPI) -> None:
        self.contract = contract
        self.plan: list[Any] = []
        self.token_plan: list[Any] = []
        self.pause = 0.0  # seconds before each answer
        self.calls: list[tuple[str, str, Any]] = []  # method, path, body
        self.held: dict[str, list[Any]] = {}  # every body taken, by path
        self.tokens: list[dict[str, str]] = []
        self.invalid: list[str] = []
        self.valid_token = ""
        self.url = ""

    @property
    def base_url(self) -> str:
        return f"{self.url}/ooapi"

    def validate(self, path: str, content: bytes, headers: dict[str, str]) -> None:
        """Note what is not as published: a handler's thread can't fail a test."""
        request = MockRequest(
            "http://testserver", "patch", path, content_type=headers["Content-Type"], data=content, headers=headers
        )
        try:
            self.contract.validate_request(request)
        except Exception as error:  # noqa: BLE001
            self.invalid.append(f"{path}: {error!r} {error.__cause__!r}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *args: Any) -> None:
        """Print nothing."""

    def _read(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, headers: dict[str, str] | None = None, body: Any = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        stand_in: StandIn = self.server.stand_in
        content = self._read().decode()
        stand_in.tokens.append({"form": content, "authorization": self.headers.get("Authorization", "")})
        if stand_in.token_plan:
            self._answer(*stand_in.token_plan.pop(0))
            return
        stand_in.valid_token = f"token-{len(stand_in.tokens)}"
        self._answer(200, body={"access_token": stand_in.valid_token, "token_type": "Bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        stand_in: StandIn = self.server.stand_in
        stand_in.calls.append(("GET", self.path, None))
        self._answer(*(stand_in.plan.pop(0) if stand_in.plan else (200, {}, {"specification": "OOAPI"})))

    def do_PATCH(self) -> None:
        stand_in: StandIn = self.server.stand_in
        content = self._read()
        stand_in.calls.append(("PATCH", self.path, json.loads(content)))
        if self.headers.get("Authorization") != f"Bearer {stand_in.valid_token}":
            self._answer(401, body={"status": "401", "title": "Unauthorized"})
            return
        stand_in.validate(self.path, content, dict(self.headers))
        step = stand_in.plan.pop(0) if stand_in.plan else None
        if step == DEAD:
            self.close_connection = True
            return
        if isinstance(step, tuple):
            self._answer(*step)
            return
        stand_in.held.setdefault(self.path.removeprefix("/ooapi"), []).append(json.loads(content))
        if step == LOST:
            self.close_connection = True
            return
        time.sleep(step if isinstance(step, float) else stand_in.pause)
        self._answer(200, body={})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        """A client that has hung up is no news."""


def contract() -> OpenAPI:
    return OpenAPI.from_dict(published(), Config(extra_media_type_deserializers={MERGE_PATCH: json.loads}))


@contextmanager
def stand_in(contract: OpenAPI) -> Iterator[StandIn]:
    """Yield one that serves; at the end no request may have been other than published."""
    server: Any = _Server(("127.0.0.1", 0), _Handler)
    made = server.stand_in = StandIn(contract)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert not made.invalid, made.invalid
