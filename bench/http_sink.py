"""A minimal HTTP server in its own process, which takes every PATCH and gives a token to every POST."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

from scripts.processes import free_port

SPAWN = multiprocessing.get_context("spawn")
HEAD_END = b"\r\n\r\n"


def _answer(content: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


TAKEN = _answer(b"{}")
TOKEN = _answer(b'{"access_token": "bench", "token_type": "Bearer", "expires_in": 3600}')


class _Conversation(asyncio.Protocol):
    def __init__(self, sink: HttpSink) -> None:
        self._sink = sink
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(HEAD_END)) >= 0:
            head = bytes(self._buffer[:end]).lower()
            found = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            size = end + len(HEAD_END) + int(found or 0)
            if len(self._buffer) < size:
                return
            del self._buffer[:size]
            if head.startswith(b"patch "):
                self._sink.take()
                self._transport.write(TAKEN)
            else:
                self._transport.write(TOKEN)


class HttpSink:
    """`count` and `seconds` are of the PATCHes since `begin`, from the first to the last."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._taken: Synchronized[int] = SPAWN.Value("i", 0)
        self._first: Synchronized[float] = SPAWN.Value("d", 0.0)
        self._last: Synchronized[float] = SPAWN.Value("d", 0.0)

    def begin(self) -> None:
        self._taken.value, self._first.value, self._last.value = 0, 0.0, 0.0

    def take(self) -> None:
        self._last.value = time.monotonic()
        self._first.value = self._first.value or self._last.value
        self._taken.value += 1

    @property
    def count(self) -> int:
        return self._taken.value

    @property
    def seconds(self) -> float:
        return self._last.value - self._first.value


async def _serve(sink: HttpSink, port: int, ready: Event) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Conversation(sink), "127.0.0.1", port)
    ready.set()
    async with server:
        await server.serve_forever()


def _run(sink: HttpSink, port: int, ready: Event) -> None:
    asyncio.run(_serve(sink, port, ready))


@contextmanager
def http_sink() -> Iterator[HttpSink]:
    port, ready = free_port(), SPAWN.Event()
    sink = HttpSink(port)
    process = SPAWN.Process(target=_run, args=(sink, port, ready), daemon=True)
    process.start()
    try:
        assert ready.wait(20)
        yield sink
    finally:
        process.kill()
        process.join()
