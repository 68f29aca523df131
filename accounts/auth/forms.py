"""Forms for logging in, passwords, e-mail addresses and two-factor login."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.fields import AddressFormField, LineFormField
from accounts.http import UserRequest
from accounts.mail.addresses import mailable, normalise_address
from accounts.models import User

from . import email_change
from . import password as auth_password


class LoginForm(AuthenticationForm):
    """E-mail address, in any case and with surrounding spaces, and password."""

    username = AddressFormField(
        label=gettext_lazy("E-mailadres"),
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Wachtwoord"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": gettext_lazy(
            "Dit e-mailadres en wachtwoord horen niet bij elkaar. Controleer beide en probeer het opnieuw."
        ),
        "inactive": gettext_lazy("Dit account is niet actief. Vraag ernaar bij uw school."),
    }

    def clean_username(self) -> str:
        return normalise_address(self.cleaned_data["username"])


def domain_list(domains: Sequence[str]) -> str:
    """Return '@student.school.nl, @school.nl'."""
    return ", ".join(f"@{domain}" for domain in domains)


class MailableEmail(AddressFormField):
    """An e-mail address, normalised, to which mail can be sent."""

    def __init__(self, **more: Any) -> None:
        more.setdefault("label", gettext_lazy("E-mailadres"))
        more.setdefault("widget", forms.EmailInput(attrs={"autocomplete": "email"}))
        super().__init__(max_length=254, **more)

    def clean(self, value: Any) -> str:
        return mailable(super().clean(value))


class EmailForm(forms.Form):
    """An address to mail to, with or without an account."""

    email = MailableEmail(widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}))


class NewPasswordField(forms.CharField):
    def __init__(self, *, label: Any, help_text: Any = "") -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(label=label, help_text=help_text, strip=False, widget=widget)


class NewPasswordForm(SetPasswordForm):
    """A new password, validated for a user who may be unsaved; it does not save."""

    new_password1 = NewPasswordField(
        label=gettext_lazy("Nieuw wachtwoord"), help_text=password_validators_help_text_html
    )
    new_password2 = NewPasswordField(label=gettext_lazy("Nieuw wachtwoord, nog een keer"))
    error_messages = {"password_mismatch": gettext_lazy("De twee wachtwoorden zijn niet gelijk.")}


class CurrentPasswordForm(forms.Form):
    """Requires the current password of the logged-in user."""

    password = forms.CharField(
        label=gettext_lazy("Uw wachtwoord"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    request: HttpRequest

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not auth_password.is_current_password(self.request, password):
            raise ValidationError(_("Dit is niet uw wachtwoord."))
        return password


class ChangePasswordForm(CurrentPasswordForm, NewPasswordForm):
    field_order = ("password", "new_password1", "new_password2")

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.request = request
        super().__init__(request.user, *args)
        self.fields["password"].label = _("Huidig wachtwoord")


class ChangeEmailForm(CurrentPasswordForm):
    email = MailableEmail(label=gettext_lazy("Nieuw e-mailadres"))
    field_order = ("email", "password")

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.request = request
        super().__init__(*args)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if isinstance(self.request.user, User) and email == self.request.user.email:
            raise ValidationError(_("Dit is uw e-mailadres al."))
        return self._in_domain(email)

    def _in_domain(self, email: str) -> str:
        try:
            email_change.refuse_other_domain(cast(User, self.request.user), email)
        except email_change.OtherDomain as refused:
            text = _("%(school)s laat voor uw account alleen een e-mailadres toe van: %(domains)s.")
            raise ValidationError(text % {"school": refused.school, "domains": domain_list(refused.domains)}) from None
        return email


KEY_SALT = "accounts.second_step.key"
KEY_AGE = 3600  # seconds for which the page's key is valid


class CodeInput(forms.TextInput):
    """Renders empty after an error, as the next code is a different one."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class CodeForm(forms.Form):
    """The app's six digits, with or without spaces."""

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
    """Requires the current password; failures count as failed logins."""

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
    """The first code of an app, and the key shown on the page.

    The page holds the key, signed for this user: it is stored only after a code proves that the app has it.
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
    """Return the key signed for this user within the hour; '' for anything else."""
    try:
        signed_for, key = signing.loads(signed, salt=KEY_SALT, max_age=KEY_AGE)
    except signing.BadSignature:
        return ""
    return str(key) if signed_for == user_id else ""
