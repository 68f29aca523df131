from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.formats import date_format

from .attachments import LIMITS, check_files
from .models import Assessment


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Any number of files, checked one by one and together; cleans to a list."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(SeveralFilesField, self).clean(file, initial) for file in data or []]
        check_files(files)
        return files


class MessageForm(forms.Form):
    """What goes along with an invitation (source text: 'Plaats eventueel een opmerking')."""

    remark = forms.CharField(
        label="Opmerking",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Staat in de mail boven de groene knop ‘Start beoordeling’.",
    )
    attachments = SeveralFilesField(label="Bijlagen", required=False, help_text=LIMITS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False


class PlanForm(forms.ModelForm):
    """When and where the exam is taken, as far as that is known when one starts."""

    class Meta:
        model = Assessment
        fields = ["planned_on", "place"]
        widgets = {
            "planned_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "place": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def clean_planned_on(self) -> date | None:
        """Refuses a year that was mistyped; one that was taken some weeks ago can still be assessed."""
        planned_on: date | None = self.cleaned_data["planned_on"]
        today = timezone.localdate()
        first, last = today - timedelta(days=365), today + timedelta(days=2 * 365)
        if planned_on and not first <= planned_on <= last:
            between = f"{date_format(first)} en {date_format(last)}"
            raise forms.ValidationError(f"Kies een datum tussen {between}.")
        return planned_on
