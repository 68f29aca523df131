"""A minimal mail server in its own process that accepts everything.

It must be faster than the senders: aiosmtpd takes about a millisecond per mail, longer than the reference loop.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from scripts.processes import free_port

END = b"\r\n.\r\n"
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
GREETING = b"250-sink.test\r\n250-SIZE 33554432\r\n250 8BITMIME\r\n"


@dataclass
class Taken:
    """The mails since the last `begin`: `started` at the first MAIL, `ended` at the last mail."""

    started: float = 0.0
    ended: float = 0.0
    message_ids: Counter[bytes] = field(default_factory=Counter)
    contents: list[bytes] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.ended - self.started


class _Conversation(asyncio.Protocol):
    def __init__(self, server: _Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._in_content = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink.test\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(END if self._in_content else b"\r\n")) >= 0:
            received = bytes(self._buffer[:end])
            del self._buffer[: end + (len(END) if self._in_content else 2)]
            if self._in_content:
                self._in_content = False
                self._take(received)
            else:
                self._answer(received[:4].upper())

    def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            self._transport.write(GREETING)
        elif verb == b"DATA":
            self._in_content = True
            self._transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            if verb == b"MAIL" and not self._server.taken.started:
                self._server.taken.started = time.monotonic()
            self._transport.write(b"250 ok\r\n")

    def _take(self, content: bytes) -> None:
        if self._server.delay:
            asyncio.get_running_loop().call_later(self._server.delay, self._took, content)
        else:
            self._took(content)

    def _took(self, content: bytes) -> None:
        taken = self._server.taken
        match = MESSAGE_ID.search(content)
        taken.message_ids[match[1] if match else b""] += 1
        taken.ended = time.monotonic()
        if self._server.keep:
            taken.contents.append(content)
        self._transport.write(b"250 taken\r\n")


class _Server:
    """Serves SMTP, and answers the parent process on a pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.taken = Taken()
        self.delay = 0.0
        self.keep = False

    async def serve(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Conversation(self), "127.0.0.1", port)
        loop.add_reader(self._pipe.fileno(), self._reply)
        self._pipe.send("ready")
        async with server:
            await server.serve_forever()

    def _reply(self) -> None:
        question = self._pipe.recv()
        if question == "count":
            self._pipe.send(self.taken.message_ids.total())
        else:
            self.delay, self.keep = question
            taken, self.taken = self.taken, Taken()
            self._pipe.send(taken)


class Sink:
    """The parent's end of the pipe."""

    def __init__(self, port: int, pipe: Connection) -> None:
        self.port = port
        self._pipe = pipe

    @property
    def url(self) -> str:
        """The value of EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    def count(self) -> int:
        self._pipe.send("count")
        return int(self._pipe.recv())

    def begin(self, *, delay: float = 0.0, keep: bool = False) -> Taken:
        """Return the mails until now; from now each takes `delay` seconds, and contents are stored if `keep`."""
        self._pipe.send((delay, keep))
        taken = self._pipe.recv()
        assert isinstance(taken, Taken)
        return taken


@contextmanager
def sink() -> Iterator[Sink]:
    """Run a mail server on a free port."""
    ours, theirs = multiprocessing.Pipe()
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=[port, theirs], daemon=True)
    process.start()
    try:
        assert ours.recv() == "ready"
        yield Sink(port, ours)
    finally:
        process.kill()
        process.join()


def _run(port: int, pipe: Connection) -> None:
    asyncio.run(_Server(pipe).serve(port))
