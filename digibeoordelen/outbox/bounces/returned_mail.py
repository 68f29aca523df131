"""Mark a mail as failed that a mail server accepted and returned later."""

from __future__ import annotations

import email
import logging
from datetime import timedelta

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from digibeoordelen.logs import hide
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.smtp import readable

from .address import Sending, read_sending
from .notification import read_failure

logger = logging.getLogger(__name__)
# Sent with `mail`, in the transaction that marks it.
mail_returned = Signal()
LONGEST_QUEUE = timedelta(days=14)  # no server tries longer
MAX_REASON = 300  # characters of a stranger's words


def handle(content: bytes) -> bool:
    """Mark the mail that this notification returns; return whether it came to an address that we signed.

    Does nothing for a temporary failure, an automatic reply, and a mail that is not or no longer counted as sent.
    `content` may be cut off: the report comes before the mail that is returned.
    """
    message = email.message_from_bytes(content)
    sending = read_sending(" ".join(map(str, message.get_all("To", []))))
    if sending is None:
        return False
    words = read_failure(message)
    if words is not None and sending.queued_at > timezone.now() - LONGEST_QUEUE:
        _mark(sending, words)
    return True


def _mark(sending: Sending, words: str) -> None:
    with transaction.atomic():
        mails = OutgoingMail.objects.filter(state=MailState.SENT, dropped_at=None).exclude(html="")  # trimmed
        mail = mails.select_for_update().filter(pk=sending.mail_id).first()
        if mail is None or Sending.of(mail) != sending:
            return
        now = timezone.now()
        mail.state, mail.sent_at, mail.failed_at, mail.returned_at = MailState.FAILED, None, now, now
        mail.last_error = _describe(words)
        mail.save(update_fields=["state", "sent_at", "failed_at", "returned_at", "last_error"])
        mail_returned.send(sender=OutgoingMail, mail=mail)
    logger.info("Returned: mail %s (%s)", mail.pk, mail.kind)


def _describe(words: str) -> str:
    """Return a sentence for the screen, without links that give access, and addresses: a mail may be forwarded."""
    shown = readable(hide(words)[:MAX_REASON])
    return f"De mailserver meldde later: “{shown}”." if shown else "De mailserver gaf geen reden."
