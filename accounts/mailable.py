"""Whether mail can be sent to an address."""

from django.core.exceptions import ValidationError
from django.core.mail.message import sanitize_address
from django.utils.translation import gettext as _


def mailable(email: str) -> str:
    """The address as it is kept; raises `ValidationError` when nothing can be sent to it."""
    email = email.strip().lower()
    try:  # what sending will do: a domain must be writable in ASCII
        sanitize_address(email, "utf-8")
    except ValueError:
        raise ValidationError(_("Aan dit e-mailadres kan geen mail worden gestuurd.")) from None
    return email
