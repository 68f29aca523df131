"""Normalisation of e-mail addresses, and whether mail can be sent to them."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.encoding import punycode
from django.utils.translation import gettext as _

from accounts.text import clean_line
from digibeoordelen.outbox.queue import refuse_unsendable

MAX_LOCAL_PART, MAX_ADDRESS = 64, 254  # RFC 5321, 4.5.3.1; bytes
# IDNA 2003, which `punycode` follows, takes ‘ß’ for ‘ss’; since IDNA 2008 these are different domains (UTS 46).
DEVIATIONS = frozenset("ßς\u200c\u200d")


def normalise_address(email: str) -> str:
    """Return the address in lower case, the domain in ASCII (IDNA), as it is stored and looked up.

    An invalid domain stays as it is; `mailable` refuses it.
    >>> normalise_address(" Bo@Bücher.example ")
    'bo@xn--bcher-kva.example'
    """
    email = clean_line(email).lower()
    local, at, domain = email.rpartition("@")
    return local + at + ascii_domain(domain)


def ascii_domain(domain: str) -> str:
    """Return the domain in ASCII, or unchanged if it is invalid."""
    if domain.isascii() or not DEVIATIONS.isdisjoint(domain):
        return domain
    try:
        return punycode(domain).lower()
    except UnicodeError:
        return domain


def searchable(email: str) -> str:
    """Return the stored address, followed by its international form if that differs."""
    local, at, domain = email.rpartition("@")
    if "xn--" not in domain:
        return email
    try:
        return f"{email} {local}{at}{domain.encode().decode('idna')}"
    except UnicodeError:
        return email


def mailable(email: str) -> str:
    """Return the normalised address; raise `ValidationError` if no mail can be sent to it."""
    email = normalise_address(email)  # first: lower-casing can change validity
    if not _can_get_mail(email):
        raise ValidationError(_("Aan dit e-mailadres kan geen mail worden gestuurd."))
    return email


def _can_get_mail(email: str) -> bool:
    local, _at, domain = email.rpartition("@")
    if len(local.encode()) > MAX_LOCAL_PART or len(email.encode()) > MAX_ADDRESS:
        return False
    if not domain.isascii() or domain.startswith("["):
        return False
    try:
        if email.isascii() and '"' not in email:
            validate_email(email)  # sufficient here and faster, as a list has thousands
        else:
            refuse_unsendable(email)
    except (ValidationError, ValueError):
        return False
    return True
