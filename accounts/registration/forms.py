"""Forms of self-registration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.forms import MailableEmail, NewPasswordField, domain_list
from accounts.models import Registration, School, User


class RegisterForm(forms.ModelForm):
    """Registration of a student, at a school that allows it."""

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
        if school and email and not school.accepts_registration(email):
            text = _("Bij deze school maakt u een account met uw e-mailadres van school: %(domains)s.")
            self.add_error("email", text % {"domains": domain_list(school.student_domains)})

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
    password = forms.CharField(
        label=gettext_lazy("Wachtwoord"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
