"""Forms for logging in, passwords, addresses and the second step, most of them django-allauth's in our words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.account.fields import SetPasswordField
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.fields import AddressFormField, LineFormField
from accounts.mail.addresses import mailable, normalise_address
from accounts.models import User

from . import email_change, mails
from .links import LinkGone
from .refusals import link_gone, too_many_mails


class CurrentPasswordField(forms.CharField):
    def __init__(self, *, label: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
        super().__init__(label=label, strip=False, widget=widget)


class LoginForm(account.LoginForm):
    """E-mail address, in any case and with surrounding spaces, and password."""

    password = CurrentPasswordField(label=gettext_lazy("Wachtwoord"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = AddressFormField(
            label=_("E-mailadres"), widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"})
        )

    def clean_login(self) -> str:
        return normalise_address(self.cleaned_data["login"])


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


class ForgottenPasswordForm(account.ResetPasswordForm):
    email = MailableEmail(widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}))

    def clean_email(self) -> str:
        """Look in the accounts alone; allauth's finds an address in its own table first, which may be a former one."""
        email: str = self.cleaned_data["email"]
        self.users = list(User.objects.filter(email=email, is_active=True))
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Mail a link, or that there is no account; the answer is the same."""
        email: str = self.cleaned_data["email"]
        if refused := too_many_mails(request, form="password", email=email):
            raise ImmediateHttpResponse(refused)
        if self.users:
            super().save(request, **kwargs)
        else:
            mails.queue_no_account(to=email, language=get_language() or "")
        return email


class NewPasswordField(forms.CharField):
    def __init__(self, *, label: Any, help_text: Any = "") -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(label=label, help_text=help_text, strip=False, widget=widget)


class ValidatedPasswordField(SetPasswordField):
    """A new password, which allauth's forms validate for their user."""

    def __init__(self, *, label: Any) -> None:
        super().__init__(label=label)
        del self.widget.attrs["placeholder"]


_Form: Any = forms.Form  # allauth's forms take other arguments


class _Twice(account.PasswordVerificationMixin, _Form):
    """A new password, typed twice."""

    password1 = ValidatedPasswordField(label=gettext_lazy("Nieuw wachtwoord"))
    password2 = NewPasswordField(label=gettext_lazy("Nieuw wachtwoord, nog een keer"))

    def clean(self) -> dict[str, Any]:
        cleaned = forms.Form.clean(self) or {}  # not allauth's, which has other words
        if {"password1", "password2"} <= cleaned.keys() and cleaned["password1"] != cleaned["password2"]:
            self.add_error("password2", _("De twee wachtwoorden zijn niet gelijk."))
        return cleaned


class NewPasswordForm(_Twice, account.SetPasswordForm):
    """A new password, validated for a user who may be unsaved."""


class NewPasswordByLinkForm(_Twice, account.ResetPasswordKeyForm):
    @transaction.atomic
    def save(self) -> None:
        """Set the password, unless the link was used at the same time."""
        user = User.objects.select_for_update(no_key=True).get(pk=self.user.pk)
        if not account.default_token_generator.check_token(user, self.temp_key):
            gone = link_gone(context.request, LinkGone("used"), again="account_reset_password")
            raise ImmediateHttpResponse(gone)
        super().save()


class ChangePasswordForm(_Twice, account.ChangePasswordForm):
    oldpassword = CurrentPasswordField(label=gettext_lazy("Huidig wachtwoord"))
    field_order = ("oldpassword", "password1", "password2")

    def clean_oldpassword(self) -> str:
        """Refuse a wrong password, which counts as a failed login."""
        password: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("incorrect_password")
        return password


class ReauthenticateForm(account.ReauthenticateForm):
    password = CurrentPasswordField(label=gettext_lazy("Uw wachtwoord"))


class ChangeEmailForm(ReauthenticateForm):
    email = MailableEmail(label=gettext_lazy("Nieuw e-mailadres"))
    field_order = ("email", "password")

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.request = request
        super().__init__(*args, user=request.user)

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


class CodeInput(forms.TextInput):
    """Renders empty after an error, as the next code is a different one."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class CodeField(LineFormField):
    def __init__(self, *, label: Any, autofocus: bool = True) -> None:
        attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": autofocus, "class": "code-field"}
        super().__init__(label=label, max_length=20, widget=CodeInput(attrs=attrs))

    def clean(self, value: Any) -> str:
        """Return the digits; a mistyped code is not counted as wrong."""
        code = re.sub(r"[\s-]", "", super().clean(value))
        if not re.fullmatch(r"[0-9]{6}|[0-9]{8}", code):
            raise ValidationError(_("De code heeft 6 cijfers, een herstelcode 8."))
        return code


class AskCodeForm(mfa.AuthenticateForm):
    code = CodeField(label=gettext_lazy("Code van 6 cijfers, of een herstelcode"))


class ReauthenticateByCodeForm(mfa.ReauthenticateForm):
    code = CodeField(label=gettext_lazy("Code van 6 cijfers, of een herstelcode"))


class TurnOnForm(totp.ActivateTOTPForm):
    code = CodeField(label=gettext_lazy("Code van 6 cijfers"), autofocus=False)  # the QR code comes first


class LoginByPasskeyForm(webauthn.LoginWebAuthnForm):
    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()
        except ValidationError:
            raise ValidationError(_("Met deze passkey kunt u hier niet inloggen.")) from None


class PasskeyForm(webauthn.AddWebAuthnForm):
    """A passkey, which logs in without the password and is the second step after it."""

    name = LineFormField(label=gettext_lazy("Naam"), max_length=60, required=False)
    passwordless = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput)
