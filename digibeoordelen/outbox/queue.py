"""Puts mails in the outbox, the only way a mail leaves this site, and takes them out again."""

import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import getaddresses
from functools import partial
from urllib.parse import urlsplit

from amqp.exceptions import AMQPError
from celery import current_app
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import make_msgid
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Case, F, Q, TextField, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from kombu.exceptions import KombuError

from .kinds import URGENT
from .links import Link as Link
from .links import is_registered, placeholder
from .models import MailAttachment, MailState, OutgoingMail, OutgoingMailQuerySet, StoredFile, announce_grace

logger = logging.getLogger(__name__)
SEND_MAIL = "digibeoordelen.outbox.tasks.send_mail"  # by name: the module of the tasks imports this one
HEADERS = frozenset({"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"})  # those that a caller may add
BROKER_REST = 5.0  # seconds that a broker that is gone isn't tried again: a class of 30 would wait 30 times
DROPPED = "Niet verzonden: wat erin stond klopte intussen niet meer."
BLANKED = "De inhoud is gewist."
_broker_failed_at = -BROKER_REST
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


@dataclass(frozen=True)
class Attachment:
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
    """Queue a mail to one address in the caller's transaction, and start its task on commit.

    `text` and `html` hold `links.placeholder(name)` for each of `links`; `headers`, which may have the names in
    `HEADERS`, can hold it too. The mail comes from the site's address, with `from_name` as the name. Raises ValueError
    for what a form or the programmer should have prevented: a line break in a header, an invalid address, a link that
    is not in the mail or whose kind is not registered.
    """
    links, headers = links or {}, headers or {}
    names = (attachment.filename for attachment in attachments)
    for header in (to, subject, reply_to, to_name, from_name, *headers.values(), *names):
        _refuse_line_breaks(header)
    if unknown := headers.keys() - HEADERS:
        raise ValueError(f"A mail can't have these headers: {sorted(unknown)}")
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
            is_urgent=kind in URGENT,
            links={name: {"kind": link.kind, "data": dict(link.data)} for name, link in links.items()},
            announce_at=timezone.now() + announce_grace(),
        )
        _attach(mail, attachments)
        transaction.on_commit(partial(announce, mail), robust=True)
    return mail


def send_again(mail: OutgoingMail) -> bool:
    """Queue a failed mail again under its own Message-ID, its attempts counted from zero.

    Its last error stays until it is sent: `drop` must know that it was tried before. Returns False, and does nothing,
    when it is no longer failed (another request was first) or was dropped.
    """
    with transaction.atomic():
        queued = OutgoingMail.objects.filter(pk=mail.pk, state=MailState.FAILED, dropped_at=None).update(
            state=MailState.QUEUED,
            attempts=0,
            returned_at=None,
            queued_at=timezone.now(),
            announce_at=timezone.now() + announce_grace(),
        )
        if queued:
            transaction.on_commit(partial(announce, mail), robust=True)
    mail.refresh_from_db()
    return bool(queued)


def _attach(mail: OutgoingMail, attachments: Sequence[Attachment]) -> None:
    for attachment in attachments:
        if not _CONTENT_TYPE.fullmatch(attachment.content_type):
            raise ValueError(f"{attachment.content_type!r} is no content type.")
    MailAttachment.objects.bulk_create(
        MailAttachment(mail=mail, position=position, **vars(attachment))
        for position, attachment in enumerate(attachments)
    )


def refuse_unsendable(address: str) -> None:
    """Raise ValueError for an address that `queue_mail` refuses, for forms that store one."""
    _refuse_bad_address(_with_ascii_local_part(address), at_most=1)


def _refuse_line_breaks(header: str) -> None:
    if len(header.splitlines()) > 1 or header.endswith(("\r", "\n")):
        raise ValueError(f"A mail header can't hold a line break: {header!r}")


def _refuse_bad_address(addresses: str, *, at_most: int) -> None:
    pairs = getaddresses([addresses])
    for name, address in pairs:
        try:
            validate_email(address)
        except ValidationError:
            raise ValueError(f"This is no e-mail address: {addresses!r}") from None
        if address not in addresses:  # the parser closes gaps: 'a b@c.nl' is not ab@c.nl
            raise ValueError(f"This is no e-mail address: {addresses!r}")
        sanitize_address((name, address), "utf-8")  # raises ValueError for what can't be written in a header
    if not 1 <= len(pairs) <= at_most:
        raise ValueError(f"There must be 1 to {at_most} e-mail addresses here: {addresses!r}")


def _with_ascii_local_part(address: str) -> str:
    """Return `address` with 'x' for each letter outside ASCII in its local part.

    `validate_email` refuses such addresses, which RFC 6531 allows.
    """
    local, at, domain = address.rpartition("@")
    return "".join("x" if not c.isascii() and c.isalnum() else c for c in local) + at + domain


def _refuse_bad_links(links: Mapping[str, Link], text: str, html: str) -> None:
    for name, link in links.items():
        if not is_registered(link.kind):
            raise ValueError(f"No resolver is registered for links of kind {link.kind!r}.")
        if placeholder(name) not in text or placeholder(name) not in html:
            raise ValueError(f"The link {name!r} is missing from the mail's text or HTML.")


def announce(mail: OutgoingMail) -> bool:
    """Start the task of a committed mail; return False when the broker is gone: the sweep starts it later."""
    global _broker_failed_at
    if time.monotonic() - _broker_failed_at >= BROKER_REST:
        try:
            priority = settings.FIRST_PRIORITY if mail.is_urgent else settings.CELERY_TASK_DEFAULT_PRIORITY
            current_app.signature(SEND_MAIL, (mail.pk,)).apply_async(priority=priority)
        except (KombuError, AMQPError, OSError) as error:
            logger.warning("The broker is gone (%s); the sweep will announce what is queued", error)
            _broker_failed_at = time.monotonic()
        else:
            return True
    OutgoingMail.objects.filter(pk=mail.pk, state=MailState.QUEUED).update(announce_at=timezone.now())
    return False


def drop(pk: int) -> bool:
    """Prevent further attempts to send the mail; return whether nothing of it can have gone out.

    An attempt that a worker is making now may still arrive. Call it in the transaction that makes the mail untrue.
    """
    with transaction.atomic():
        # Locks the row: from here on no worker claims it.
        OutgoingMail.objects.filter(pk=pk).exclude(state=MailState.SENT).update(dropped_at=timezone.now())
        mail = OutgoingMail.objects.only("attempts", "state", "last_error").get(pk=pk)
        give_up_dropped()
    # A mail that failed once may have arrived: the server's answer can have been lost.
    started = mail.state in {MailState.IN_FLIGHT, MailState.SENT} or mail.attempts > 0 or mail.last_error
    return not started


def give_up_dropped() -> None:
    """Mark the dropped mails that no worker is sending."""
    idle = Q(state__in=[MailState.QUEUED, MailState.WAITING])
    OutgoingMail.objects.filter(idle, dropped_at__isnull=False).update(
        state=MailState.FAILED, failed_at=timezone.now(), last_error=DROPPED, next_attempt_at=None
    )


def delete(mails: OutgoingMailQuerySet) -> int:
    """Delete mails, sent or not, and return their number. `storage.destroy` removes their files."""
    with transaction.atomic():
        ids = _lock(mails)
        OutgoingMail.objects.filter(pk__in=ids).delete()
    return len(ids)


def blank(mails: OutgoingMailQuerySet) -> int:
    """Erase the content of mails, prevent further attempts, and return their number.

    What stays is that they were sent, when and to whom.
    """
    failed = When(state__in=[MailState.WAITING, MailState.FAILED], then=Value(BLANKED, TextField()))
    with transaction.atomic():
        ids = _lock(mails)
        MailAttachment.objects.filter(mail__in=ids).delete()
        return OutgoingMail.objects.filter(pk__in=ids).update(
            subject="",
            text="",
            html="",
            reply_to="",
            links={},
            headers={},
            last_error=Case(failed, default=F("last_error")),
            dropped_at=Coalesce(F("dropped_at"), timezone.now()),
        )


def _lock(mails: OutgoingMailQuerySet) -> list[int]:
    """Lock the rows in the order of their ids, so that two transactions that erase the same mails don't deadlock."""
    locked = OutgoingMail.objects.filter(pk__in=list(mails.values_list("pk", flat=True))).select_for_update()
    return list(locked.order_by("pk").values_list("pk", flat=True))
