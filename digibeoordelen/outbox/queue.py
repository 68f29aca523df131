"""Puts a mail in the outbox: the one way a mail leaves this site."""

import logging
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import getaddresses
from functools import partial
from urllib.parse import urlsplit

from amqp.exceptions import AMQPError
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import make_msgid
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import KombuError

from .links import Link as Link
from .links import is_registered, placeholder
from .models import MailAttachment, MailState, OutgoingMail, StoredFile, announce_grace

HEADERS = frozenset({"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"})  # what a mail may have of its own
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


@dataclass(frozen=True)
class Attachment:
    """A file to send along, under this name."""

    filename: str
    content_type: str
    file: StoredFile


def queue_mail(
    *,
    kind: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    attachments: Sequence[Attachment] = (),
    links: Mapping[str, Link] | None = None,
    reply_to: str = "",
    to_name: str = "",
    from_name: str = "",
    headers: Mapping[str, str] | None = None,
) -> OutgoingMail:
    """Writes a mail to one address in the caller's transaction, and has a worker told on commit.

    `text` and `html` hold `links.placeholder(name)` for each of `links`; `headers`, of the names in
    `HEADERS`, may hold it too. `from_name` stands before the site's own address. Raises ValueError
    for what a form or the programmer should have prevented: a line break in a header, an address
    that is none, a link that is not in the mail or that nobody resolves.
    """
    links, headers = links or {}, headers or {}
    names = (attachment.filename for attachment in attachments)
    for header in (to, subject, reply_to, to_name, from_name, *headers.values(), *names):
        _refuse_line_breaks(header)
    if unknown := headers.keys() - HEADERS:
        raise ValueError(f"A mail has no headers of its own such as {sorted(unknown)}.")
    refuse_unsendable(to)
    if reply_to:
        _refuse_bad_address(reply_to, at_most=5)
    _refuse_bad_links(links, text, html)
    with transaction.atomic():
        mail = OutgoingMail.objects.create(
            kind=kind,
            to=to,
            subject=subject,
            text=text,
            html=html,
            reply_to=reply_to,
            to_name=to_name,
            from_name=from_name,
            headers=dict(headers),
            message_id=make_msgid(domain=urlsplit(settings.SITE_URL).hostname),
            links={name: {"kind": link.kind, "data": dict(link.data)} for name, link in links.items()},
            announce_at=timezone.now() + announce_grace(),
        )
        _attach(mail, attachments)
        others = together()
        transaction.on_commit(lambda: others.is_due() and announce(mail.pk), robust=True)
    return mail


def send_again(mail: OutgoingMail) -> bool:
    """Puts a failed mail back in the queue under its own Message-ID, its attempts counted anew.

    Its last error stays until it is sent: that one was tried before is not forgotten.

    False, and nothing done, if it is no longer failed (someone else was first), or was dropped.
    """
    with transaction.atomic():
        back = OutgoingMail.objects.filter(pk=mail.pk, state=MailState.FAILED, dropped_at=None).update(
            state=MailState.QUEUED, attempts=0, announce_at=timezone.now() + announce_grace()
        )
        if back:
            transaction.on_commit(partial(announce, mail.pk), robust=True)
    mail.refresh_from_db()
    return bool(back)


def _attach(mail: OutgoingMail, attachments: Sequence[Attachment]) -> None:
    for attachment in attachments:
        if not _CONTENT_TYPE.fullmatch(attachment.content_type):
            raise ValueError(f"{attachment.content_type!r} is no content type.")
    MailAttachment.objects.bulk_create(
        MailAttachment(
            mail=mail,
            position=position,
            filename=attachment.filename,
            content_type=attachment.content_type,
            file=attachment.file,
        )
        for position, attachment in enumerate(attachments)
    )


def refuse_unsendable(address: str) -> None:
    """Raises ValueError for what `queue_mail` takes for no address: a form that keeps one asks here first."""
    _refuse_bad_address(_with_ascii_local_part(address), at_most=1)


def _refuse_line_breaks(header: str) -> None:
    if len(header.splitlines()) > 1 or header.endswith(("\r", "\n")):
        raise ValueError(f"A mail header can't hold a line break: {header!r}")


def _refuse_bad_address(addresses: str, *, at_most: int) -> None:
    found = getaddresses([addresses])
    for name, address in found:
        try:
            validate_email(address)
        except ValidationError:
            raise ValueError(f"This is no e-mail address: {addresses!r}") from None
        if address not in addresses:  # the parser closes gaps: 'a b@c.nl' is not ab@c.nl
            raise ValueError(f"This is no e-mail address: {addresses!r}")
        sanitize_address((name, address), "utf-8")  # raises ValueError for what can't be written in a header
    if not 1 <= len(found) <= at_most:
        raise ValueError(f"There must be 1 to {at_most} e-mail addresses here: {addresses!r}")


def _with_ascii_local_part(address: str) -> str:
    """`address` with its local part's letters outside of ASCII as 'x': what is left to check are its form and domain.

    Such addresses exist (RFC 6531) and `validate_email` knows them not.
    """
    local, at, domain = address.rpartition("@")
    return "".join("x" if not c.isascii() and c.isalnum() else c for c in local) + at + domain


def _refuse_bad_links(links: Mapping[str, Link], text: str, html: str) -> None:
    for name, link in links.items():
        if not is_registered(link.kind):
            raise ValueError(f"Nobody resolves links of kind {link.kind!r}.")
        if placeholder(name) not in text or placeholder(name) not in html:
            raise ValueError(f"The link {name!r} is missing from the mail's text or HTML.")


logger = logging.getLogger(__name__)
MAILS_A_TASK = 20  # each task goes on with what else is queued; several, so that several workers take part
BROKER_REST = 5.0  # seconds that a broker that was gone isn't asked again: a class of 30 would wait 30 times
_asked_in_vain_at = -BROKER_REST
_open = threading.local()


class Together:
    """The mails of one transaction, which need no task each."""

    def __init__(self) -> None:
        self._committed = 0

    def is_due(self) -> bool:
        """Called on commit, once for each of them: whether this one is to be announced."""
        if _open.__dict__.get("together") is self:
            del _open.together  # what is queued from now on is of another transaction
        self._committed += 1
        return self._committed % MAILS_A_TASK == 1


def together() -> Together:
    """Those that this thread's transaction has queued.

    After one that was rolled back the next goes on with its object, of which nothing was counted.
    """
    found: Together = _open.__dict__.setdefault("together", Together())
    return found


def announce(mail_id: int) -> bool:
    """Starts the task of a mail that is committed; False when the broker is gone, which the sweep mends.

    The caller's own work is done by then, and doesn't fail for this.
    """
    global _asked_in_vain_at
    from .tasks import send_mail  # tasks.sweep announces, too

    if time.monotonic() - _asked_in_vain_at >= BROKER_REST:
        try:
            send_mail.delay(mail_id)
        except (KombuError, AMQPError, OSError) as error:
            logger.warning("The broker is gone (%s); the sweep will announce what is queued", error)
            _asked_in_vain_at = time.monotonic()
        else:
            return True
    OutgoingMail.objects.filter(pk=mail_id, state=MailState.QUEUED).update(announce_at=timezone.now())
    return False
