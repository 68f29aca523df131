from __future__ import annotations

from datetime import date, timedelta

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from assessments.models import Assessment


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
