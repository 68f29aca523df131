"""System checks of settings that would lose or repeat mail."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - its name in Django
from django.core.mail.backends.smtp import EmailBackend
from django.utils.module_loading import import_string

from .backend import OutboxBackend
from .bounces.address import LONGEST_LOCAL_PART
from .smtp import smtp_steps
from .worker import FRESH_SECONDS

_BOUNCE_ADDRESS = re.compile(rf"[A-Za-z0-9._-]{{1,{LONGEST_LOCAL_PART}}}@[A-Za-z0-9.-]+")
_MAILBOX = re.compile(r"imaps?://[^/?#@:\s]+:[^/?#@\s]+@[^/?#@:\s]+(:\d+)?(/[^?#\s]*)?")
_GOES_NOWHERE = ("console", "dummy", "filebased", "locmem")


@register
def check_outbox(**kwargs: Any) -> list[CheckMessage]:
    try:
        transport = import_string(settings.OUTBOX_TRANSPORT)
    except ImportError as error:
        return [
            Error(
                f"OUTBOX_TRANSPORT can't be imported: {error}",
                hint="Set EMAIL_URL, such as smtp://user:password@host:587/?tls=True.",
                id="digibeoordelen.outbox.E006",
            )
        ]
    messages = _check_lease() if issubclass(transport, EmailBackend) else []
    if issubclass(transport, OutboxBackend):
        messages.append(
            Error(
                "OUTBOX_TRANSPORT is the outbox itself: no mail would leave it.",
                hint="OUTBOX_TRANSPORT carries mail to the world; EMAIL_BACKEND is the outbox.",
                id="digibeoordelen.outbox.E002",
            )
        )
    return messages + _check_pauses() + _check_production(transport) + _check_bounces()


def _check_lease() -> list[CheckMessage]:
    timeout = settings.EMAIL_TIMEOUT
    longest = FRESH_SECONDS + smtp_steps() * (timeout or 0)
    if timeout and longest < settings.OUTBOX_LEASE_SECONDS:
        return []
    return [
        Error(
            f"OUTBOX_LEASE_SECONDS ({settings.OUTBOX_LEASE_SECONDS}) must outlast a whole conversation with the mail "
            f"server: {smtp_steps()} steps of EMAIL_TIMEOUT ({timeout}). Else a mail that is still being sent is sent "
            "by a second worker.",
            hint=f"Raise OUTBOX_LEASE_SECONDS above {longest:.0f}." if timeout else "Set EMAIL_TIMEOUT.",
            id="digibeoordelen.outbox.E001",
        )
    ]


def _check_pauses() -> list[CheckMessage]:
    if all(pause > 0 for pause in settings.OUTBOX_RETRY_SECONDS):
        return []
    return [
        Error(
            f"OUTBOX_RETRY_SECONDS {settings.OUTBOX_RETRY_SECONDS} holds a pause of 0 seconds or less.",
            hint="Give positive numbers of seconds; an empty list means that a mail is tried once.",
            id="digibeoordelen.outbox.E004",
        )
    ]


def _check_production(transport: type) -> list[CheckMessage]:
    if settings.DEBUG or settings.DEMO:
        return []
    messages: list[CheckMessage] = []
    if any(transport.__module__ == f"django.core.mail.backends.{name}" for name in _GOES_NOWHERE):
        messages.append(
            Warning(
                f"Mails are marked as sent, but {settings.OUTBOX_TRANSPORT} sends none.",
                hint="Set EMAIL_URL, such as smtp://user:password@host:587/?tls=True.",
                id="digibeoordelen.outbox.W003",
            )
        )
    sender = settings.DEFAULT_FROM_EMAIL.rstrip("> ").rpartition("@")[2]
    if sender in {"localhost", ""} and urlsplit(settings.SITE_URL).hostname not in {"localhost", "127.0.0.1"}:
        messages.append(
            Warning(
                f"DEFAULT_FROM_EMAIL ({settings.DEFAULT_FROM_EMAIL}) is an address that most servers refuse.",
                hint="Set DEFAULT_FROM_EMAIL to an address of your own domain.",
                id="digibeoordelen.outbox.W005",
            )
        )
    return messages


def _check_bounces() -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if settings.BOUNCES_IMAP_URL and not _MAILBOX.fullmatch(settings.BOUNCES_IMAP_URL):
        hint = (
            "Set BOUNCES_IMAP_URL to imaps://user:password@host/INBOX, with @ : / ? # in user and password as "
            "%40 %3A %2F %3F %23."
        )
        messages.append(Error("BOUNCES_IMAP_URL is no mailbox.", hint=hint, id="digibeoordelen.outbox.E007"))
    is_used = settings.BOUNCE_ADDRESS or settings.BOUNCES_IMAP_URL
    if is_used and not _BOUNCE_ADDRESS.fullmatch(settings.BOUNCE_ADDRESS):
        hint = (
            "Set BOUNCE_ADDRESS to the address of that mailbox, such as bounces@school.example: letters, digits, dots "
            f"and dashes, at most {LONGEST_LOCAL_PART} of them before the @."
        )
        messages.append(Error("No mail can come back to BOUNCE_ADDRESS.", hint=hint, id="digibeoordelen.outbox.E008"))
    return messages
