"""One mail's way from claim to mark; nothing here runs inside a transaction."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from .compose import AttachmentGone, compose
from .links import LinkVoid, hide
from .models import MailState, OutgoingMail
from .transport import Refused, TryLater, carrier, smtp_steps

logger = logging.getLogger(__name__)


def deliver(mail_id: int) -> None:
    """Claims the mail, sends it, and marks what became of it; does nothing when it isn't queued.

    Killed after the server took it and before the mark, it is sent once more when the lease is over,
    with the same Message-ID. An error that is none of the mail's or the server's is raised; the mail
    then waits for the end of its lease, too.
    """
    mail = OutgoingMail.objects.claim(mail_id)
    if mail is None:
        return
    urls: Mapping[str, str] = {}
    try:
        letter = compose(mail)
        urls = letter.urls
        _check_lease(mail)
        carrier.send(letter.message)
    except (Refused, LinkVoid, AttachmentGone) as refusal:
        _give_up(mail, hide(str(refusal), urls))
    except TryLater as pause:
        _wait(mail, hide(str(pause), urls))
    except OSError as error:  # the storage; the transport's own are TryLater
        _wait(mail, f"De bijlagen zijn nu niet te lezen: {error.strerror or error}")
    else:
        logger.info("Mail %s (%s) is sent", mail.pk, mail.kind)
        _mark(mail, state=MailState.SENT, sent_at=timezone.now(), last_error="")


def _check_lease(mail: OutgoingMail) -> None:
    """Sending starts only with enough of the lease left to end within it, however slow the server is."""
    longest = timedelta(seconds=smtp_steps() * (settings.EMAIL_TIMEOUT or 0))
    if mail.lease_until is None or timezone.now() + longest > mail.lease_until:
        raise TryLater("Het lezen van de bijlagen duurde te lang.")


def _wait(mail: OutgoingMail, reason: str) -> None:
    """Until the next attempt; `attempts` counts this one. After the last pause the mail has failed."""
    pauses = settings.OUTBOX_RETRY_SECONDS
    if mail.attempts > len(pauses):
        _give_up(mail, reason)
        return
    logger.warning("Mail %s (%s) waits after attempt %s: %s", mail.pk, mail.kind, mail.attempts, reason)
    due = timezone.now() + timedelta(seconds=pauses[mail.attempts - 1])
    _mark(mail, state=MailState.WAITING, next_attempt_at=due, last_error=reason)


def _give_up(mail: OutgoingMail, reason: str) -> None:
    logger.warning("Mail %s (%s) has failed: %s", mail.pk, mail.kind, reason)
    _mark(mail, state=MailState.FAILED, last_error=reason)


def _mark(mail: OutgoingMail, **values: Any) -> None:
    """Writes what became of the mail at once, and only if the claim is still our own."""
    own = OutgoingMail.objects.filter(pk=mail.pk, claim_id=mail.claim_id)
    values.update(claim_id=None, lease_until=None)
    try:
        marked = own.update(**values)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()  # it broke while the mail server took its time: what it took mustn't go out twice
        marked = own.update(**values)
    if not marked:
        logger.error("Mail %s (%s) was claimed by another before it was marked %s", mail.pk, mail.kind, values["state"])
