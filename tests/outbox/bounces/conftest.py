"""A sent mail, and notifications that mail servers send about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from digibeoordelen.outbox.bounces.address import address_of
from digibeoordelen.outbox.models import MailState, OutgoingMail

NOTIFICATIONS = Path(__file__).parent / "notifications"


@pytest.fixture(autouse=True)
def bounce_address(settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = "Bounces@school.test"


@pytest.fixture
def sent(mail: OutgoingMail) -> OutgoingMail:
    mail.state, mail.sent_at, mail.attempts = MailState.SENT, timezone.now(), 1
    mail.save()
    return mail


def notification(name: str, mail: OutgoingMail | str) -> bytes:
    """Return the file as a mailbox gives it, about `mail` or to an address."""
    to = mail if isinstance(mail, str) else address_of(mail)
    text = (NOTIFICATIONS / f"{name}.eml").read_text().replace("RETURN_PATH", to)
    return text.replace("\n", "\r\n").encode()
