"""What a password must be: Django's own rules, in our words where its Dutch or ours for a field falls short."""

from django.contrib.auth.password_validation import MinimumLengthValidator, UserAttributeSimilarityValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Django 5.2's text has no Dutch translation."""

    def get_error_message(self) -> str:
        return _("Dit wachtwoord is te kort. Kies er een van minstens %(number)d tekens.") % {"number": self.min_length}


class UnlikeOneself(UserAttributeSimilarityValidator):
    """Django's text names the model's field, which has a name in Dutch alone."""

    def get_error_message(self) -> str:
        return _("Dit wachtwoord lijkt te veel op uw naam of e-mailadres.")
