from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from accounts.importing.forms import FileForm
from accounts.language import Language
from accounts.mail.addresses import mailable
from accounts.models import PeopleImport, Role, SchoolInvitation


class InviteForm(forms.ModelForm):
    """Name, address and roles of an invitation; in Dutch by default."""

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


class PeopleFileForm(FileForm):
    """A list of students and staff, with the choices to mail new people at once, and to end who is not listed."""

    mails_now = forms.TypedChoiceField(
        label="Mails met een link om een wachtwoord te kiezen",
        choices=[("ja", "Meteen na het importeren"), ("nee", "Later, vanaf ‘Uitnodigingen’")],
        coerce=lambda value: value == "ja",
        initial="ja",
        widget=forms.RadioSelect,
    )
    ends = forms.ChoiceField(label="Wie niet in de lijst staat", choices=PeopleImport.Ends.choices, required=False)
