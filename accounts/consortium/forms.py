from __future__ import annotations

from django import forms

from accounts.models import School
from accounts.people.forms import InviteForm


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
