"""Whether mail can be sent to an address."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from digibeoordelen.outbox.queue import refuse_unsendable

from .text import clean_line


def mailable(email: str) -> str:
    """The address as it is kept; raises `ValidationError` when nothing can be sent to it."""
    email = clean_line(email).lower()
    try:  # of what is kept: in lower case an address can be another
        refuse_unsendable(email)
    except ValueError:
        raise ValidationError(_("Aan dit e-mailadres kan geen mail worden gestuurd.")) from None
    return email
