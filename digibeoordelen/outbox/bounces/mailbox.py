"""Read what came back from an IMAP mailbox.

By imaplib, not by imap-tools: that fetches whole mails alone, and a server may return ours with all its attachments.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
import time
from typing import Any
from urllib.parse import unquote, urlsplit

from celery import shared_task
from django.conf import settings

from .returned_mail import handle

logger = logging.getLogger(__name__)
MAX_MAILS = 200  # in one run
RUN_SECONDS = 120.0  # after which no other mail is begun
STEP_SECONDS = 20.0  # of a conversation with the server
READ_BYTES = 256 * 1024  # of one mail
IMAP_PORT, IMAPS_PORT = 143, 993
HANDLED, NOT_OURS = r"(\Deleted)", r"(\Flagged)"


@shared_task
def read_bounces() -> None:
    """Read the mails that were sent to an address made of BOUNCE_ADDRESS, oldest first, up to `MAX_MAILS`.

    One with a valid signature is deleted from the mailbox; one without is flagged, and not read again. What is
    addressed otherwise is left alone. Raises `imaplib.IMAP4.error` or OSError when the server refuses or does not
    answer: what was not marked in the mailbox by then is read again, to no further effect.
    """
    if not settings.BOUNCES_IMAP_URL:
        return
    until = time.monotonic() + RUN_SECONDS
    handled = other = 0
    with _connect() as client:
        _open(client)
        for uid in _search(client)[:MAX_MAILS]:
            if time.monotonic() > until:
                break
            is_ours = handle(_fetch(client, uid))
            _command(client, "STORE", uid, "+FLAGS.SILENT", HANDLED if is_ours else NOT_OURS)
            handled, other = handled + is_ours, other + (not is_ours)
        client.expunge()
    if handled or other:
        logger.info("Bounces: %s handled, %s without a valid signature", handled, other)


def _connect() -> imaplib.IMAP4:
    url = urlsplit(settings.BOUNCES_IMAP_URL)
    host = url.hostname or ""
    if url.scheme == "imap":
        return imaplib.IMAP4(host, url.port or IMAP_PORT, timeout=STEP_SECONDS)
    trusted = ssl.create_default_context()  # imaplib's own accepts any certificate
    return imaplib.IMAP4_SSL(host, url.port or IMAPS_PORT, ssl_context=trusted, timeout=STEP_SECONDS)


def _open(client: imaplib.IMAP4) -> None:
    """Log in, and choose the folder."""
    url = urlsplit(settings.BOUNCES_IMAP_URL)
    client.login(unquote(url.username or ""), unquote(url.password or ""))
    status, [answer, *_] = client.select(f'"{unquote(url.path).strip("/") or "INBOX"}"')
    if status != "OK":
        raise imaplib.IMAP4.error(f"SELECT: {answer!r}")


def _search(client: imaplib.IMAP4) -> list[str]:
    local = settings.BOUNCE_ADDRESS.rpartition("@")[0]
    [found, *_] = _command(client, "SEARCH", "UNDELETED", "UNFLAGGED", "TO", f'"{local}+"')
    return found.decode().split() if found else []


def _fetch(client: imaplib.IMAP4, uid: str) -> bytes:
    """Return the first `READ_BYTES` of the mail; b'' when it is gone."""
    answer = _command(client, "FETCH", uid, f"(BODY.PEEK[]<0.{READ_BYTES}>)")
    return next((part[1] for part in answer if isinstance(part, tuple)), b"")


def _command(client: imaplib.IMAP4, name: str, *arguments: str) -> list[Any]:
    status, answer = client.uid(name, *arguments)
    if status != "OK":
        raise imaplib.IMAP4.error(f"{name}: {answer!r}")
    return answer
