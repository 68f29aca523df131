from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from assessments.models import Assessment


class HandOverForm(forms.Form):
    """`colleague` is the user that the assessment is handed over to."""

    colleague = forms.TypedChoiceField(
        label="Collega", error_messages=dict.fromkeys(("required", "invalid_choice"), "Kies een collega.")
    )

    def __init__(self, data: QueryDict | None = None, *, colleagues: Sequence[User]) -> None:
        super().__init__(data)
        field: Any = self.fields["colleague"]
        users = {str(user.pk): user for user in colleagues}
        field.choices = [("", "Kies een docent"), *((pk, user.full_name) for pk, user in users.items())]
        field.coerce = users.__getitem__


class PlanForm(forms.ModelForm):
    """Date and place of the exam, as far as known at the start."""

    class Meta:
        model = Assessment
        fields = ["planned_on", "place"]
        widgets = {
            "planned_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "place": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def clean_planned_on(self) -> date | None:
        """Refuse an implausible year; an exam of some weeks ago can still be assessed."""
        planned_on: date | None = self.cleaned_data["planned_on"]
        today = timezone.localdate()
        first, last = today - timedelta(days=365), today + timedelta(days=2 * 365)
        if planned_on and not first <= planned_on <= last:
            between = f"{date_format(first)} en {date_format(last)}"
            raise forms.ValidationError(f"Kies een datum tussen {between}.")
        return planned_on
