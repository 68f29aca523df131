from __future__ import annotations

from django import forms

from accounts.models import School
from accounts.people.forms import InviteForm


class SinceForm(forms.Form):
    """From when on failed mails are counted and sent again."""

    FORMAT = "%Y-%m-%dT%H:%M"

    sinds = forms.DateTimeField(
        label="Mislukt sinds",
        input_formats=[FORMAT],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "form-control"}, format=FORMAT),
        error_messages={"required": "Kies een dag en een tijd.", "invalid": "Kies een dag en een tijd."},
    )


class InviteManagerForm(InviteForm):
    """The name and address of a school's first Schoolbeheer."""

    roles = None  # type: ignore[assignment]


class NewSchoolForm(InviteManagerForm):
    """A school's name, and who manages it."""

    name = School._meta.get_field("name").formfield(label="Naam van de school")  # noqa: SLF001 - documented API

    field_order = ["name", *InviteForm.field_order]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if School.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError("Er is al een school met deze naam.")
        return name
