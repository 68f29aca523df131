"""Forms of the login with a school account."""

from __future__ import annotations

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.forms import CodeInput, MailableEmail
from accounts.fields import LineFormField


class FindSchoolForm(forms.Form):
    """An e-mail address of a school, or the domain alone."""

    address = LineFormField(
        label=gettext_lazy("E-mailadres van uw school"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "email", "inputmode": "email", "autofocus": True}),
    )


class AddressForm(forms.Form):
    email = MailableEmail()


class ProofForm(forms.Form):
    code = LineFormField(
        label=gettext_lazy("Code uit de mail"),
        max_length=20,
        widget=CodeInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "class": "code-field"}
        ),
    )

    def clean_code(self) -> str:
        code = re.sub(r"[\s-]", "", self.cleaned_data["code"])
        if not re.fullmatch("[0-9]{6}", code):
            raise ValidationError(_("De code heeft 6 cijfers."))
        return code
