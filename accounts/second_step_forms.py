"""What is typed about logging in with a code."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .fields import LineFormField
from .signed_in import UserRequest

KEY_SALT = "accounts.second_step.key"
KEY_AGE = 3600  # seconds that the page of setting up can stand open


class CodeInput(forms.TextInput):
    """Empty again after a refusal: the next code is another one."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class CodeForm(forms.Form):
    """The six digits of the app, with or without the space that it shows in the middle."""

    code = LineFormField(
        label=gettext_lazy("Code van 6 cijfers"),
        max_length=20,
        widget=CodeInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "class": "code-field"}
        ),
    )

    def clean_code(self) -> str:
        code = re.sub(r"\s", "", self.cleaned_data["code"])
        if not re.fullmatch(r"[0-9]{6}", code):
            raise forms.ValidationError(_("De code heeft 6 cijfers."))
        return code


class RecoveryCodeForm(forms.Form):
    code = LineFormField(
        label=gettext_lazy("Herstelcode"),
        max_length=60,
        help_text=gettext_lazy("16 letters en cijfers; streepjes en hoofdletters maken niet uit."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "autofocus": True,
                "class": "code-field",
            }
        ),
    )


class PasswordAgainForm(forms.Form):
    """The own password once more; wrong ones count along with those at the login."""

    password = forms.CharField(
        label=gettext_lazy("Uw wachtwoord"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: UserRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if authenticate(self.request, username=self.request.user.email, password=password) is None:
            raise forms.ValidationError(_("Dit wachtwoord klopt niet."))
        return password


class SetUpForm(PasswordAgainForm, CodeForm):
    """The first code of an app, and the key that the page gave to it.

    The key stands in the page, signed for this person: nothing is kept until a code proves that the app has it.
    """

    key = LineFormField(required=False, widget=forms.HiddenInput)

    field_order = ("password", "code")

    def __init__(self, *args: Any, asks_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_password:
            del self.fields["password"]
        del self.fields["code"].widget.attrs["autofocus"]  # the QR code comes first

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        self.app_key = read_key(self.cleaned_data.get("key", ""), user_id=self.request.user.pk)
        if not self.app_key:
            raise forms.ValidationError(_("Deze pagina stond te lang open. Scan de nieuwe QR-code met de app."))
        return cleaned


def sign_key(key: str, *, user_id: int) -> str:
    return signing.dumps([user_id, key], salt=KEY_SALT)


def read_key(signed: str, *, user_id: int) -> str:
    """The key that was signed for this person within the hour; '' for anything else."""
    try:
        signed_for, key = signing.loads(signed, salt=KEY_SALT, max_age=KEY_AGE)
    except signing.BadSignature:
        return ""
    return str(key) if signed_for == user_id else ""
