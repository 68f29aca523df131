"""Object storage on this machine: as much of S3 as django-storages uses, with keys in memory."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from scripts.processes import free_port
from tests.exchange.local_server import LocalHandler, local_server


class ObjectStorage:
    """`pause` is how many seconds it takes to answer; `stop` has it refuse connections until `start`."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.pause = 0.0
        self.is_down = True
        self.port = free_port()
        self._running = ExitStack()

    @property
    def env(self) -> dict[str, str]:
        """The environment of a site that stores its files here."""
        return {
            "S3_BUCKET": "bestanden",
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "sleutel",
            "AWS_SECRET_ACCESS_KEY": "geheim",
            "AWS_DEFAULT_REGION": "nl",
        }

    def start(self) -> None:
        self.is_down = False
        self._running.enter_context(local_server(_Handler, self, port=self.port))

    def stop(self) -> None:
        self.is_down = True  # for the connections that are kept open
        self._running.close()


class _Handler(LocalHandler):
    def do_PUT(self) -> None:
        content = self.read()
        self._wait()
        self.server.state.objects[self.path] = content
        self.answer(200, {"ETag": _tag(content)}, b"")

    def do_GET(self) -> None:
        self._wait()
        content = self.server.state.objects.get(self.path)
        if content is None:
            self.answer(404, body=b"" if self.command == "HEAD" else b"<Error><Code>NoSuchKey</Code></Error>")
            return
        self.answer(200, {"Content-Type": "application/octet-stream", "ETag": _tag(content)}, content)

    do_HEAD = do_GET

    def _wait(self) -> None:
        time.sleep(self.server.state.pause)
        if self.server.state.is_down:
            raise ConnectionAbortedError


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@contextmanager
def object_storage() -> Iterator[ObjectStorage]:
    storage = ObjectStorage()
    storage.start()
    try:
        yield storage
    finally:
        storage.stop()
