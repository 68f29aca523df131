"""A mailbox for tests that is read by IMAP: what `imaplib` needs of RFC 3501, with one folder of mails in memory."""

from __future__ import annotations

import email
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

DELETED, FLAGGED = r"\Deleted", r"\Flagged"


@dataclass
class StoredMail:
    content: bytes
    flags: set[str] = field(default_factory=set)

    def matches(self, criteria: str) -> bool:
        [to] = re.findall(r'TO "(.*)"', criteria)
        without = {flag for flag in (DELETED, FLAGGED) if f"UN{flag[1:].upper()}" in criteria}
        return not without & self.flags and to.lower() in str(email.message_from_bytes(self.content)["To"]).lower()


class ImapServer(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1; `mails` by UID, `commands` as they came, without the password.

    It hangs up without an answer at the command that begins with `hang_up_at`, such as 'UID STORE', the second time.
    """

    allow_reuse_address = daemon_threads = True
    folder, user, password = "INBOX", "bounces@school.test", "p@ss/word"

    def __init__(self) -> None:
        self.mails: dict[int, StoredMail] = {}
        self.commands: list[str] = []
        self.hang_up_at = ""
        self.tls: ssl.SSLContext | None = None
        super().__init__(("127.0.0.1", 0), _Conversation)

    @property
    def url(self) -> str:
        scheme = "imaps" if self.tls else "imap"
        return f"{scheme}://bounces%40school.test:p%40ss%2Fword@127.0.0.1:{self.server_address[1]}/INBOX"

    def receive(self, content: bytes) -> int:
        """Store a mail and return its UID."""
        uid = 101 + len(self.mails)
        self.mails[uid] = StoredMail(content)
        return uid

    def hangs_up(self, command: str) -> bool:
        begun = [earlier for earlier in self.commands if earlier.startswith(self.hang_up_at)]
        return bool(self.hang_up_at) and command.startswith(self.hang_up_at) and len(begun) == 2


class _Conversation(socketserver.StreamRequestHandler):
    server: ImapServer

    def setup(self) -> None:
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        self._say("* OK ready")
        for line in self.rfile:
            tag, _, command = line.decode().strip().partition(" ")
            name = re.match(r"(UID )?\w+", command.upper())[0]  # type: ignore[index]
            self.server.commands.append("LOGIN" if name == "LOGIN" else command)
            if self.server.hangs_up(command):
                return
            answer = getattr(self, f"_{name.lower().replace(' ', '_')}")(command)
            self._say(f"{tag} {answer or 'OK done'}")
            if name == "LOGOUT":
                return

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def _capability(self, command: str) -> None:
        self._say("* CAPABILITY IMAP4rev1")

    def _login(self, command: str) -> str:
        is_right = command.endswith(f' {self.server.user} "{self.server.password}"')
        return "OK logged in" if is_right else "NO [AUTHENTICATIONFAILED] Authentication failed."

    def _select(self, command: str) -> str:
        if self.server.folder not in command:
            return "NO [NONEXISTENT] Unknown Mailbox"
        self._say(f"* {len(self.server.mails)} EXISTS")
        return "OK [READ-WRITE] chosen"

    def _uid_search(self, command: str) -> None:
        found = [str(uid) for uid, mail in self.server.mails.items() if mail.matches(command)]
        self._say(" ".join(["* SEARCH", *found]))

    def _uid_fetch(self, command: str) -> None:
        uid, size = map(int, re.findall(r"FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command)[0])
        if mail := self.server.mails.get(uid):
            part = mail.content[:size]
            self._say(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(part)}}}")
            self.wfile.write(part + b")\r\n")

    def _uid_store(self, command: str) -> None:
        [(uid, flag)] = re.findall(r"STORE (\d+) \+FLAGS\.SILENT \((.*)\)", command)
        if mail := self.server.mails.get(int(uid)):
            mail.flags.add(flag)

    def _expunge(self, command: str) -> None:
        for uid in [uid for uid, mail in self.server.mails.items() if DELETED in mail.flags]:
            del self.server.mails[uid]

    def _logout(self, command: str) -> None:
        self._say("* BYE")


@pytest.fixture
def imap_server() -> Iterator[ImapServer]:
    """A mailbox for one test."""
    with ImapServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()
