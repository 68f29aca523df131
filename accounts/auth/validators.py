"""Django's password validators with messages of our own."""

from django.contrib.auth.password_validation import MinimumLengthValidator, UserAttributeSimilarityValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Django 5.2's message lacks a Dutch translation."""

    def get_error_message(self) -> str:
        return _("Dit wachtwoord is te kort. Kies er een van minstens %(number)d tekens.") % {"number": self.min_length}


class UnlikeOneself(UserAttributeSimilarityValidator):
    """Django's message contains the field's name, which is Dutch only."""

    def get_error_message(self) -> str:
        return _("Dit wachtwoord lijkt te veel op uw naam of e-mailadres.")
