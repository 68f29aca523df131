"""Form and model fields for text from users; all remove the characters that `text` refuses.

Model fields also clean values written or looked up without a form. Migrations use Django's own fields, as the columns
are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cryptography.fernet import InvalidToken
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from .encryption import cipher
from .text import clean_line, clean_text


def refuse_web_address(name: str) -> None:
    """Raise `ValidationError` for a name that holds a web address: mails print it above the reader's own link."""
    if "://" in name:
        raise ValidationError(_("Vul hier een naam in, geen webadres."), code="web_address")


class LineFormField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        return super().to_python(clean_line(value) if isinstance(value, str) else value)


class NameFormField(LineFormField):
    """The name of a person, a function or an organisation."""

    default_validators = [refuse_web_address]


class AddressFormField(LineFormField, forms.EmailField):
    """An e-mail address."""


class ProseFormField(forms.CharField):
    """Several lines of text."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        return super().to_python(clean_text(value) if isinstance(value, str) else value)


class _Cleaned(models.Field):
    """Cleans in validation, saving, bulk operations, updates and lookups."""

    clean_string: ClassVar[Callable[[str], str]]
    form_class: ClassVar[type[forms.Field]]
    django_class: ClassVar[type[models.Field]]

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return type(self).clean_string(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):  # not an expression
            value = self.to_python(value)
            setattr(model_instance, self.attname, value)
        return value

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": self.form_class, **kwargs})

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{self.django_class.__name__}", args, kwargs


class LineField(_Cleaned, models.CharField):
    clean_string, form_class, django_class = clean_line, LineFormField, models.CharField


class NameField(LineField):
    """The name of a person, a function or an organisation."""

    default_validators = [refuse_web_address]
    form_class = NameFormField


class AddressField(_Cleaned, models.EmailField):
    clean_string, form_class, django_class = clean_line, AddressFormField, models.EmailField


class ProseField(_Cleaned, models.TextField):
    clean_string, form_class, django_class = clean_text, ProseFormField, models.TextField


class EncryptedField(ProseField):
    """Text that is stored encrypted with the site's secret key, under `purpose`; '' stays ''.

    Unreadable text is read as ''. `accounts.tasks.encrypt_client_secrets` encrypts each such field again.
    """

    def __init__(self, *args: Any, purpose: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purpose = purpose

    def get_prep_value(self, value: Any) -> Any:
        return cipher(self.purpose).encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: str | None, *args: object) -> str:
        try:
            return cipher(self.purpose).decrypt(value).decode() if value else ""
        except InvalidToken:  # the key was replaced without a fallback
            return ""
