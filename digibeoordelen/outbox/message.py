"""Builds the message of a queued mail, links filled in; it exists in memory only."""

from __future__ import annotations

from collections.abc import Mapping
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.encoding import punycode
from django.utils.html import escape

from . import links
from .bounces.address import address_of
from .models import FileGone, MailAttachment, OutgoingMail

# Some mail programs that look for the URL of a List-Unsubscribe don't unfold headers. The limit of RFC 5322.
HEADER_LINE = 998


class AttachmentGone(Exception):
    """A file of the mail is missing or damaged; the message names it, in Dutch."""


class Message(EmailMultiAlternatives):
    """A message ready to send. `urls` are the links in it, which no log or screen may show."""

    def __init__(self, *args: Any, urls: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.urls = urls

    def message(self, *args: Any, **kwargs: Any) -> Any:
        message: Any = super().message(*args, **kwargs)
        message.policy = message.policy.clone(max_line_length=HEADER_LINE)
        return message


def compose(mail: OutgoingMail, urls: Mapping[str, str] | links.LinkVoid | None = None) -> Message:
    """Build the message of `mail`: text, HTML and attachments, with the Message-ID it was queued with.

    `urls` is what `links.resolve_many` returned for it, if that was called already. Raises `LinkVoid` when one of the
    links may no longer be sent, `AttachmentGone` when a file is missing or damaged, `StorageDown` when the storage
    doesn't answer.
    """
    if isinstance(urls, links.LinkVoid):
        raise urls
    if urls is None:
        urls = links.resolve(mail.links)
    sender = _sender(mail.from_name)
    message = Message(
        subject=mail.subject,
        body=links.fill(mail.text, urls),
        from_email=address_of(mail) or sender,  # of the envelope
        to=[_recipient(mail)],
        reply_to=[mail.reply_to] if mail.reply_to else [],
        headers={
            "From": sender,
            "Message-ID": mail.message_id,
            "Date": format_datetime(timezone.localtime()),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",  # for Exchange
            **{name: links.fill(value, urls) for name, value in mail.headers.items()},
        },
        attachments=[_part(attachment) for attachment in mail.attachments.all()],
        urls=urls,
    )
    message.attach_alternative(links.fill(mail.html, {name: escape(url) for name, url in urls.items()}), "text/html")
    return message


def _sender(name: str) -> str:
    """Return the site's own address, the only one its mail server may use, under the name of the sender."""
    if not name:
        return settings.DEFAULT_FROM_EMAIL
    return formataddr((name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _recipient(mail: OutgoingMail) -> str:
    name, address = parseaddr(mail.to)
    local, _, domain = address.rpartition("@")
    address = f"{local}@{punycode(domain)}"
    return formataddr((mail.to_name or name, address)) if address.isascii() else address


def _part(attachment: MailAttachment) -> MIMEBase:
    """Return the file as a base64 part; Django would send a text file as text, with other line ends."""
    try:
        content = attachment.file.read()
    except FileGone:
        raise AttachmentGone(f"De bijlage '{attachment.filename}' is niet meer te vinden.") from None
    main, sub = attachment.content_type.split("/")
    if main in {"message", "multipart"}:  # these may not be base64
        main, sub = "application", "octet-stream"
    part = MIMEBase(main, sub)
    part.set_payload(content)
    encode_base64(part)
    name = attachment.filename
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    return part
