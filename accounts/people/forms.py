from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.importing.forms import FileForm
from accounts.language import Language
from accounts.mailable import mailable
from accounts.models import Role, SchoolInvitation, User


class InviteForm(forms.ModelForm):
    """Name, address and roles of someone who is asked to join; Dutch, unless chosen otherwise."""

    roles = forms.MultipleChoiceField(
        label="Rollen",
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Kies ten minste één rol."},
    )

    class Meta:
        model = SchoolInvitation
        fields = ["first_name", "infix", "last_name", "email", "language"]
        widgets = {"language": forms.RadioSelect(choices=Language.choices)}

    field_order = ["first_name", "infix", "last_name", "email", "roles", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].required = False
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_email(self) -> str:
        return mailable(self.cleaned_data["email"])

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or Language.DUTCH


class InviteManagerForm(InviteForm):
    """The Consortium's: for the role Schoolbeheer alone."""

    roles = None  # type: ignore[assignment]


class FirstPasswordForm(forms.Form):
    """Twice the same, and one that will do for this person."""

    password = forms.CharField(
        label=gettext_lazy("Wachtwoord"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("Wachtwoord nog een keer"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = password_validators_help_text_html()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        password, again = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if password and again and password != again:
            self.add_error("again", _("Dit is niet hetzelfde wachtwoord."))
        elif password:
            try:
                validate_password(password, self.user)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class PeopleFileForm(FileForm):
    """A list of students and staff, and whether those who are new get their mail at once."""

    mails_now = forms.TypedChoiceField(
        label="Mails met een link om een wachtwoord te kiezen",
        choices=[("ja", "Meteen na het importeren"), ("nee", "Later, vanaf ‘Uitnodigingen’")],
        coerce=lambda value: value == "ja",
        initial="ja",
        widget=forms.RadioSelect,
    )
