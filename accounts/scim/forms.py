from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from accounts.models import DirectoryGroup, Role, ScimKey


class KeyForm(forms.ModelForm):
    """A new key, with what it does for new people."""

    folds_help = True

    class Meta:
        model = ScimKey
        fields = ["name", "mails_now", "students_by_default"]
        help_texts = {"name": "Zoals het systeem heet dat de sleutel krijgt: Entra ID."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False


class GroupRoleForm(forms.ModelForm):
    """The role that the members of a group get."""

    role = forms.ChoiceField(
        label="Rol van wie in deze groep zit", choices=[("", "Geen"), *Role.choices], required=False
    )

    class Meta:
        model = DirectoryGroup
        fields = ["role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
