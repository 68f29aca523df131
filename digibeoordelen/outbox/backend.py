"""Queues what Django sends by its own mail API."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Sequence
from email.message import Message
from email.mime.base import MIMEBase
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils.html import linebreaks, strip_tags, urlize

from .queue import Attachment, queue_mail
from .storage import keep

KIND = "site"
SUBJECT_LENGTH = 255  # what the column holds; PostgreSQL refuses more


class OutboxBackend(BaseEmailBackend):
    """Queue one `OutgoingMail` per recipient, To, Cc and Bcc alike; the site's `EMAIL_BACKEND`.

    The site sends as DEFAULT_FROM_EMAIL, the only address its mail server may use: another sender becomes the Reply-To.
    Extra headers other than Reply-To are left out.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Return the number of messages queued; raise ValueError for an invalid one, unless `fail_silently`."""
        queued = 0
        for message in email_messages:
            try:
                queued += _queue(message)
            except ValueError:
                if not self.fail_silently:
                    raise
        return queued


def _queue(message: EmailMessage) -> bool:
    recipients = message.recipients()
    text, html = _bodies(message)
    with transaction.atomic():
        attachments = list(_attachments(message))
        for recipient in recipients:
            queue_mail(
                kind=KIND,
                to=recipient,
                subject=str(message.subject)[:SUBJECT_LENGTH],
                text=text,
                html=html,
                attachments=attachments,
                reply_to=_reply_to(message),
            )
    return bool(recipients)


def _bodies(message: EmailMessage) -> tuple[str, str]:
    """Return text and HTML, the missing one made from the other."""
    body = str(message.body or "")
    if message.content_subtype == "html":
        return strip_tags(body), body
    for content, mimetype in message.alternatives if isinstance(message, EmailMultiAlternatives) else ():
        if mimetype == "text/html":
            return body, str(content)
    return body, linebreaks(urlize(body, autoescape=True))


def _reply_to(message: EmailMessage) -> str:
    reply_to = ", ".join(message.reply_to) or message.extra_headers.get("Reply-To", "")
    ours = {parseaddr(address)[1] for address in (settings.DEFAULT_FROM_EMAIL, settings.SERVER_EMAIL)}
    if reply_to or parseaddr(message.from_email)[1] in ours:
        return str(reply_to)
    return message.from_email


def _attachments(message: EmailMessage) -> Iterator[Attachment]:
    for position, attached in enumerate(message.attachments, start=1):
        if isinstance(attached, MIMEBase):
            name, content_type = attached.get_filename(), attached.get_content_type()
            content: str | bytes | Message = attached.get_payload(decode=True) or b""
        else:
            name, content, content_type = attached
        if isinstance(content, EmailMessage):
            content = content.message()
        yield Attachment(
            filename=name or f"bijlage-{position}",
            content_type=content_type or mimetypes.guess_type(name or "")[0] or "application/octet-stream",
            file=keep(_as_bytes(content)),
        )


def _as_bytes(content: str | bytes | Message) -> bytes:
    if isinstance(content, Message):
        return content.as_bytes()
    return content.encode() if isinstance(content, str) else content
