from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.language import Language
from accounts.mailable import mailable
from accounts.models import Role, SchoolInvitation


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


class PeopleFileForm(forms.Form):
    """A list of students and staff, and whether those who are new get their mail at once."""

    file = forms.FileField(
        label="Bestanden kiezen",
        help_text="Eén bestand tegelijk: Excel (.xlsx) of csv, hooguit 10 MB en 20.000 regels. Slepen kan ook.",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        error_messages={"required": "Kies eerst een bestand.", "empty": "Dit bestand is leeg."},
    )
    mails_now = forms.TypedChoiceField(
        label="Mails met een link om een wachtwoord te kiezen",
        choices=[("ja", "Meteen na het importeren"), ("nee", "Later, vanaf ‘Uitnodigingen’")],
        coerce=lambda value: value == "ja",
        initial="ja",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_file(self) -> UploadedFile:
        """One at a time: dropping several into the page hands them all in."""
        if len(self.files.getlist("file")) > 1:
            raise forms.ValidationError(
                "Dit zijn meer bestanden. Kies er één, en doe het volgende als dit is geïmporteerd."
            )
        file: UploadedFile = self.cleaned_data["file"]
        return file
