"""Makes the message of a queued mail, links filled in: it exists in memory only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email import encoders
from email.mime.base import MIMEBase
from email.utils import format_datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.html import escape

from . import links
from .models import FileGone, MailAttachment, OutgoingMail


@dataclass(frozen=True)
class Letter:
    """A message ready to go, and the URLs in it that nothing else may show."""

    message: EmailMultiAlternatives = field(repr=False)
    urls: Mapping[str, str] = field(repr=False)


class AttachmentGone(Exception):
    """A mail can't be made whole; the message says in Dutch what it lacks."""


def compose(mail: OutgoingMail) -> Letter:
    """The mail as it goes out: text and HTML parts, attachments, the Message-ID it was queued with.

    Raises `LinkVoid` when one of its links may no longer be sent, `AttachmentGone` when a file is
    missing or damaged, OSError when the storage doesn't answer.
    """
    urls = links.resolve(mail.links)
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=links.fill(mail.text, urls),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[mail.to],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={
            "Message-ID": mail.message_id,
            "Date": format_datetime(timezone.localtime()),
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(links.fill(mail.html, {name: escape(url) for name, url in urls.items()}), "text/html")
    for attachment in mail.attachments.select_related("file"):
        message.attach(_part(attachment))
    return Letter(message, urls)


def _part(attachment: MailAttachment) -> MIMEBase:
    """The file as a base64 part: Django would send a text file as text, and its line ends would change."""
    try:
        content = attachment.file.read()
    except FileGone:
        raise AttachmentGone(f"De bijlage '{attachment.filename}' is niet meer te vinden.") from None
    main, sub = attachment.content_type.split("/")
    if main in {"message", "multipart"}:  # these may not be base64
        main, sub = "application", "octet-stream"
    part = MIMEBase(main, sub)
    part.set_payload(content)
    encoders.encode_base64(part)
    name = attachment.filename
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    return part
