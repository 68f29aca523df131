"""A server on this machine that answers by plan, is slow, dies or loses answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOST = "lost"  # a plan: take it and hang up without an answer
DEAD = "dead"  # hang up before taking it


class LocalHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *args: Any) -> None:
        """Print nothing."""

    def read(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, headers: dict[str, str] | None = None, body: Any = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def follow(self, plan: list[Any], take: Callable[[], None], *, pause: float = 0.0) -> None:
        """Do the next step of the plan, else answer 200 after `pause`; call `take` before that, unless it is refused.

        A step is LOST, DEAD, seconds to wait (a float), or (status, headers, body) to answer.
        """
        step = plan.pop(0) if plan else None
        if isinstance(step, tuple):
            self.answer(*step)
            return
        if step != DEAD:
            take()
        if step in (LOST, DEAD):
            self.close_connection = True
            return
        time.sleep(step if isinstance(step, float) else pause)
        self.answer(200)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        """A client that has hung up is no news."""


@contextmanager
def local_server(handler: type[LocalHandler], state: object, *, port: int = 0) -> Iterator[str]:
    """Serve until the end of the block; yield the address. The handler finds `state` at `self.server.state`."""
    server: Any = _Server(("127.0.0.1", port), handler)
    server.state = state
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
