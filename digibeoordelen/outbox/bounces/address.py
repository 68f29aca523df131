"""The envelope sender of a mail (VERP): BOUNCE_ADDRESS with the mail's id, when it was queued, and a signature.

A server that accepted a mail and can't deliver it returns it to this address, which nothing but the mail discloses. A
mail that is queued again has another one, so that a notification of the earlier sending does not count for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from digibeoordelen.outbox.models import OutgoingMail

LONGEST_LOCAL_PART = 22  # the rest takes up to 42 of the 64 characters that RFC 5321 allows
_SALT = "digibeoordelen.outbox.bounces"
_SIGNATURE_LENGTH = 20  # hexadecimal digits: 80 bits


@dataclass(frozen=True)
class Sending:
    """A mail, and the second at which it was queued for this sending."""

    mail_id: int
    queued_second: int

    @classmethod
    def of(cls, mail: OutgoingMail) -> Sending:
        return cls(mail.pk, int(mail.queued_at.timestamp()))

    @property
    def queued_at(self) -> datetime:
        return datetime.fromtimestamp(self.queued_second, UTC)


def address_of(mail: OutgoingMail) -> str:
    """Return the envelope sender of this sending of `mail`; '' without BOUNCE_ADDRESS."""
    if not settings.BOUNCE_ADDRESS:
        return ""
    local, _, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    sending = Sending.of(mail)
    signed = f"{sending.mail_id}-{sending.queued_second:x}"
    return f"{local}+{signed}-{_sign(signed, settings.SECRET_KEY)}@{domain}"


def read_sending(recipients: str) -> Sending | None:
    """Return the sending of the signed address among `recipients`; None without a valid signature.

    Servers may change the case of an address.
    """
    local, _, domain = settings.BOUNCE_ADDRESS.lower().rpartition("@")
    signed = rf"(([0-9]{{1,18}})-([0-9a-f]{{8}}))-([0-9a-f]{{{_SIGNATURE_LENGTH}}})"
    for match in re.finditer(rf"{re.escape(local)}\+{signed}@{re.escape(domain)}", recipients.lower()):
        text, mail_id, second, signature = match.groups()
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        if any([constant_time_compare(_sign(text, key), signature) for key in keys]):
            return Sending(int(mail_id), int(second, 16))
    return None


def _sign(text: str, key: str) -> str:
    return salted_hmac(_SALT, text, secret=key, algorithm="sha256").hexdigest()[:_SIGNATURE_LENGTH]
