"""The demo's mailbox: a mail backend that writes to a folder, and functions that read it."""

from __future__ import annotations

import email
import email.policy
import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage as DjangoMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


def folder() -> Path:
    return Path(settings.VAR_DIR) / "postvak"


class MailboxBackend(BaseEmailBackend):
    """Writes each mail as an .eml file, named by its Message-ID."""

    def send_messages(self, email_messages: Sequence[DjangoMessage]) -> int:
        folder().mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            _write(message.message().as_bytes())
        return len(email_messages)


def _write(content: bytes) -> None:
    message_id = email.message_from_bytes(content)["Message-ID"]
    name = hashlib.sha256(message_id.encode()).hexdigest()[:24]
    with tempfile.NamedTemporaryFile(dir=folder(), prefix=".", delete=False) as part:
        part.write(content)
    Path(part.name).replace(folder() / f"{name}.eml")  # atomically


@dataclass(frozen=True)
class MailFile:
    """A mail in the folder, read on access."""

    name: str
    received_at: datetime

    @property
    def message(self) -> EmailMessage:
        """The parsed mail; raises FileNotFoundError if it was removed."""
        content = (folder() / f"{self.name}.eml").read_bytes()
        return email.message_from_bytes(content, policy=email.policy.default)

    @property
    def head(self) -> dict[str, str]:
        """Subject, sender, recipient and reply address, decoded."""
        message = self.message
        return {name: str(message[header] or "") for name, header in _HEADERS.items()}


_HEADERS = {"subject": "Subject", "sender": "From", "to": "To", "reply_to": "Reply-To"}


def mails() -> list[MailFile]:
    """Return all mails, newest first."""
    try:
        files = [(entry.stat().st_mtime, entry.name) for entry in os.scandir(folder()) if entry.name.endswith(".eml")]
    except FileNotFoundError:  # no mail yet
        return []
    return [_mail_file(name, modified) for modified, name in sorted(files, reverse=True)]


def get_mail(name: str) -> MailFile | None:
    """Return the mail with this name, which the URL pattern has validated; None if it does not exist."""
    try:
        return _mail_file(f"{name}.eml", (folder() / f"{name}.eml").stat().st_mtime)
    except FileNotFoundError:
        return None


def _mail_file(filename: str, modified: float) -> MailFile:
    moment = datetime.fromtimestamp(modified, tz=timezone.get_current_timezone())
    return MailFile(name=filename.removesuffix(".eml"), received_at=moment)
