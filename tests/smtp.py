"""A mail server for tests that stores mails, and can refuse, stay silent or drop the connection."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from scripts.processes import free_port

logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd logs every line

DROP = "drop"  # close the connection instead of answering
SILENCE = "silence"  # never answer
YES = "250 OK"  # the default answer


@dataclass(frozen=True)
class Received:
    """A mail accepted by the server, with its connection number (1 is the first)."""

    sender: str
    to: str
    content: bytes
    connection: int

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def links(self) -> list[str]:
        """The URLs in the text part."""
        return re.findall(r"https?://[^\s<>\"]+", self.text)

    def _body(self, subtype: str) -> str:
        body = self.message.get_body([subtype])
        assert body is not None, f"The mail has no {subtype} part."
        return str(body.get_content())


class SmtpSink:
    """Listens on a free port of 127.0.0.1, in a thread; `received` has the mails so far."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.delay = 0.0  # seconds per mail
        self.smtputf8 = True  # whether it accepts non-ASCII addresses; read at `start`
        self.port = free_port()
        self._answers: dict[str, list[str]] = {}
        self._open: dict[SMTP, int] = {}
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        """Return the value for EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def open_connections(self) -> int:
        """Return the number of open connections."""
        return sum(server.transport is not None and not server.transport.is_closing() for server in list(self._open))

    def start(self) -> None:
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            server_hostname="sink.test",
            enable_SMTPUTF8=self.smtputf8,
        )
        self._controller.start()

    def stop(self) -> None:
        """Close every connection and stop listening; `start` listens on the same port again."""
        if self._controller is not None:
            self.hang_up()
            self._controller.stop()
            self._controller = None

    def answer(self, step: str, *answers: str) -> None:
        """Queue answers for the next times that `step` (EHLO or HELO, MAIL, RCPT, DATA) is reached.

        With DROP or SILENCE after DATA the mail is in `received`, but its sender gets no answer.
        """
        self._answers.setdefault(step, []).extend(answers)

    def answer_well(self) -> None:
        """Forget the answers that are queued."""
        self._answers.clear()

    def hang_up(self) -> None:
        """Close every open connection without a reply."""
        assert self._controller is not None
        for server in list(self._open):
            self._controller.loop.call_soon_threadsafe(_abort, server)

    def wait_for(self, count: int, timeout: float = 10.0, pause: float = 0.02) -> list[Received]:
        """Wait for `count` mails and return them; fail after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while len(self.received) < count:
            assert time.monotonic() < deadline, f"{len(self.received)} of {count} mails came within {timeout} s."
            time.sleep(pause)
        return self.received

    # Methods called by aiosmtpd.

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        self._open[server] = self.connections
        session.host_name = hostname
        return [await self._told("EHLO", server)] if self._answers.get("EHLO") else responses

    async def handle_HELO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str) -> str:
        session.host_name = hostname
        return await self._told("EHLO", server) or "250 sink.test"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := await self._told("MAIL", server):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := await self._told("RCPT", server):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.delay)
        if (self._answers.get("DATA") or ["250"])[0][:1] not in {"4", "5"}:
            content = cast("bytes", envelope.content)
            for address in envelope.rcpt_tos:
                self.received.append(Received(envelope.mail_from or "", address, content, self._open[server]))
        return await self._told("DATA", server) or "250 OK"

    async def _told(self, step: str, server: SMTP) -> str:
        """What `answer` wants said here, and doing what it wants done; empty if nothing."""
        if not self._answers.get(step):
            return ""
        answer = self._answers[step].pop(0)
        if answer == SILENCE:
            await asyncio.sleep(60)
        if answer == YES:
            return ""
        if answer == DROP:
            _abort(server)
            return "421 gone"
        return answer


def _abort(server: SMTP) -> None:
    if server.transport is not None:  # None: already closed by the other side
        cast("asyncio.Transport", server.transport).abort()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A mail server for one test."""
    sink = SmtpSink()
    sink.start()
    yield sink
    sink.stop()
