"""Makes the message of a queued mail, links filled in: it exists in memory only.

The bytes are put together here, since the standard library's generator takes as long for them as sending does.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import forbid_multi_line_headers
from django.utils import timezone
from django.utils.encoding import punycode
from django.utils.html import escape

from . import links
from .models import FileGone, MailAttachment, OutgoingMail

# Some programs that look for a header's URL on the line of its name don't unfold; RFC 5322 allows 998.
HEADER_LINE = 500
TEXT_LINE = 990
# What most are, and needs neither parsing nor encoding.
_PLAIN_ADDRESS = re.compile(r"[a-zA-Z0-9_+-]+(\.[a-zA-Z0-9_+-]+)*@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+")
_PLAIN_NAME = re.compile(r"[ -~]{0,200}")


@dataclass(frozen=True)
class Letter:
    """A message ready to go, and the URLs in it that nothing else may show.

    `content` is all 7-bit with CRLF at each line's end, unless the address `to` is not ASCII.
    """

    sender: str
    to: str
    content: bytes = field(repr=False)
    urls: Mapping[str, str] = field(repr=False)

    @property
    def needs_utf8(self) -> bool:
        """Whether only a server with SMTPUTF8 (RFC 6531) can take it."""
        return not self.to.isascii()

    def as_message(self) -> EmailMessage:
        """The same for Django's other ways of sending."""
        return _Message(self)


class _Message(EmailMessage):
    def __init__(self, letter: Letter) -> None:
        super().__init__(from_email=letter.sender, to=[letter.to])
        self._content = letter.content

    def message(self, *args: Any, **kwargs: Any) -> Any:
        return message_from_bytes(self._content)


class AttachmentGone(Exception):
    """A mail can't be made whole; the message says in Dutch what it lacks."""


def compose(
    mail: OutgoingMail,
    urls: Mapping[str, str] | None = None,
    attachments: Sequence[MailAttachment] | None = None,
) -> Letter:
    """The mail as it goes out: text and HTML parts, attachments, the Message-ID it was queued with.

    `urls` are what its links resolve to, and `attachments` its own, where these are known. Raises
    `LinkVoid` when one of the links may no longer be sent, `AttachmentGone` when a file is missing or
    damaged, OSError when the storage doesn't answer.
    """
    if urls is None:
        urls = links.resolve(mail.links)
    to = _address(mail.to)
    bodies = [
        _text("plain", links.fill(mail.text, urls)),
        _html(links.fill(mail.html, {name: escape(url) for name, url in urls.items()})),
    ]
    whole = _multipart("alternative", bodies)
    if parts := [_part(attachment) for attachment in (mail.attachments.all() if attachments is None else attachments)]:
        whole = _multipart("mixed", [whole, *parts])
    headers = [
        _header("Subject", mail.subject),
        _header("From", _sender(mail.from_name)),
        _to(mail),
        _header("Reply-To", mail.reply_to) if mail.reply_to else "",
        f"Message-ID: {mail.message_id}",
        f"Date: {format_datetime(timezone.localtime())}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",  # Exchange heeds this one
        *(_header(name, links.fill(value, urls)) for name, value in mail.headers.items()),
        "MIME-Version: 1.0",
    ]
    head = "\n".join(header for header in headers if header)
    content = (head.encode() + b"\n" + whole).replace(b"\n", b"\r\n")
    return Letter(_address(settings.DEFAULT_FROM_EMAIL), to, content, urls)


def _sender(name: str) -> str:
    """The site's own address, the one its mail server may use, under the name that the mail goes out in."""
    if not name:
        return settings.DEFAULT_FROM_EMAIL
    return formataddr((name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _to(mail: OutgoingMail) -> str:
    to = _address(mail.to)
    if not to.isascii():
        return f"To: {to}"
    recipient = formataddr((mail.to_name, to)) if mail.to_name else mail.to
    if _PLAIN_ADDRESS.fullmatch(mail.to) and _PLAIN_NAME.fullmatch(mail.to_name):
        return f"To: {recipient}"  # as Django would write it; to find that out it reads it letter by letter
    return _header("To", recipient)


@lru_cache(maxsize=256)
def _address(written: str) -> str:
    """The bare address, its domain as ASCII."""
    if _PLAIN_ADDRESS.fullmatch(written):
        return written
    local, _, domain = parseaddr(written)[1].rpartition("@")
    return f"{local}@{punycode(domain)}"


@lru_cache(maxsize=256)  # most of a batch are from one school, and about one exam
def _header(name: str, value: str) -> str:
    """'Name: value' as it goes over the line; raises ValueError for what can't be a header."""
    _, encoded = forbid_multi_line_headers(name, value, "utf-8")
    if len(name) + len(encoded) + 2 > HEADER_LINE and "\n" not in encoded:
        encoded = Header(encoded, header_name=name).encode(maxlinelen=HEADER_LINE)
    return f"{name}: {encoded}"


def _html(html: str) -> bytes:
    """With letters outside of ASCII as character references: any server takes them, and they need no encoding.

    Not in the head, whose style sheet knows no references.
    """
    head, end, body = html.rpartition("</head>")
    return _text("html", head + end + body.encode("ascii", "xmlcharrefreplace").decode())


def _text(subtype: str, text: str) -> bytes:
    content = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    encoding = "7bit"
    if not content.isascii() or max(map(len, content.split(b"\n"))) > TEXT_LINE:
        encoding = "quoted-printable"
        content = binascii.b2a_qp(content, istext=True)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\nContent-Transfer-Encoding: {encoding}\n\n'
    return head.encode() + content


def _multipart(subtype: str, parts: list[bytes]) -> bytes:
    boundary = f"=_{uuid.uuid4().hex}"
    opening = f"\n--{boundary}\n".encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n'.encode()
    return head + opening + opening.join(parts) + f"\n--{boundary}--\n".encode()


def _part(attachment: MailAttachment) -> bytes:
    """The file as a base64 part: sent as text, a text file's line ends would change."""
    try:
        content = attachment.file.read()
    except FileGone:
        raise AttachmentGone(f"De bijlage '{attachment.filename}' is niet meer te vinden.") from None
    main, sub = attachment.content_type.split("/")
    if main in {"message", "multipart"}:  # these may not be base64
        main, sub = "application", "octet-stream"
    part: Message = MIMEBase(main, sub)
    del part["MIME-Version"]  # the whole has it
    part["Content-Transfer-Encoding"] = "base64"
    name = attachment.filename
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    return part.as_bytes() + base64.encodebytes(content)
