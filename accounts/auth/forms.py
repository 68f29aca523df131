"""Logging in, and a person's own details."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.fields import AddressFormField, LineFormField
from accounts.http import UserRequest
from accounts.mailable import mailable, normalise_address
from accounts.models import Registration, School, User

from . import email_change
from . import password as auth_password


class LoginForm(AuthenticationForm):
    """E-mail address and password; the address in any case, with or without spaces around it."""

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


def at(domains: Sequence[str]) -> str:
    """'@student.school.nl, @school.nl'."""
    return ", ".join(f"@{domain}" for domain in domains)


class MailableEmail(AddressFormField):
    """An e-mail address as accounts keep it, to which mail can be sent."""

    def __init__(self, **more: Any) -> None:
        more.setdefault("label", gettext_lazy("E-mailadres"))
        more.setdefault("widget", forms.EmailInput(attrs={"autocomplete": "email"}))
        super().__init__(max_length=254, **more)

    def clean(self, value: Any) -> str:
        return mailable(super().clean(value))


class EmailForm(forms.Form):
    """The address to mail to; whether it has an account makes no difference here."""

    email = MailableEmail(widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}))


class NewPasswordField(forms.CharField):
    """A password to choose, or to repeat."""

    def __init__(self, *, label: Any, help_text: Any = "") -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(label=label, help_text=help_text, strip=False, widget=widget)


class RegisterForm(forms.ModelForm):
    """A student who makes an account of their own, at a school that lets them."""

    email = MailableEmail()
    school = forms.ModelChoiceField(
        School.objects.none(), label=gettext_lazy("School"), empty_label=gettext_lazy("Kies uw school")
    )
    password1 = NewPasswordField(label=gettext_lazy("Wachtwoord"), help_text=password_validators_help_text_html)
    password2 = NewPasswordField(label=gettext_lazy("Wachtwoord, nog een keer"))

    class Meta:
        model = Registration
        fields = ("first_name", "infix", "last_name", "email", "school")
        labels = {
            "first_name": gettext_lazy("Voornaam"),
            "infix": gettext_lazy("Tussenvoegsel"),
            "last_name": gettext_lazy("Achternaam"),
        }
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        schools = School.objects.filter(register_on=True)
        self.fields["school"].queryset = schools  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._refuse_another_domain(cleaned.get("school"), cleaned.get("email"))
        self._refuse_weak_password(cleaned)
        return cleaned

    def _refuse_another_domain(self, school: School | None, email: str | None) -> None:
        if school and email and not school.lets_register(email):
            text = _("Bij deze school maakt u een account met uw e-mailadres van school: %(domains)s.")
            self.add_error("email", text % {"domains": at(school.student_domains)})

    def _refuse_weak_password(self, cleaned: dict[str, Any]) -> None:
        password = cleaned.get("password1")
        if not password:
            return
        if cleaned.get("password2") and cleaned["password2"] != password:
            self.add_error("password2", _("De twee wachtwoorden zijn niet gelijk."))
        names = {name: cleaned.get(name) or "" for name in ("first_name", "infix", "last_name", "email")}
        try:
            validate_password(password, User(**names))
        except ValidationError as error:
            self.add_error("password1", error)


class PasswordForm(forms.Form):
    """The password that someone has, or chose before."""

    password = forms.CharField(
        label=gettext_lazy("Wachtwoord"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewPasswordForm(SetPasswordForm):
    """A first password or another one. Django's own, in our words; nothing is saved here, the user may not be yet."""

    new_password1 = NewPasswordField(
        label=gettext_lazy("Nieuw wachtwoord"), help_text=password_validators_help_text_html
    )
    new_password2 = NewPasswordField(label=gettext_lazy("Nieuw wachtwoord, nog een keer"))
    error_messages = {"password_mismatch": gettext_lazy("De twee wachtwoorden zijn niet gelijk.")}


class OwnPassword(forms.Form):
    """Asks for the password once more, of whoever is logged in."""

    password = forms.CharField(
        label=gettext_lazy("Uw wachtwoord"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    request: HttpRequest

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not auth_password.is_own(self.request, password):
            raise ValidationError(_("Dit is niet uw wachtwoord."))
        return password


class ChangePasswordForm(OwnPassword, NewPasswordForm):
    """The old password and the new one."""

    field_order = ("password", "new_password1", "new_password2")

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.request = request
        super().__init__(request.user, *args)
        self.fields["password"].label = _("Huidig wachtwoord")


class ChangeEmailForm(OwnPassword):
    """The new address."""

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
            raise ValidationError(text % {"school": refused.school, "domains": at(refused.domains)}) from None
        return email


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
