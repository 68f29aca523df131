from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet

from accounts.models import School


class ImportForm(forms.Form):
    """A file to import; which school it is for is asked of who is Docent at several."""

    school = forms.ModelChoiceField(label="School", queryset=School.objects.none(), empty_label="Kies een school")
    file = forms.FileField(
        label="Bestanden kiezen",
        help_text="Eén bestand tegelijk: Excel (.xlsx) of csv, hooguit 10 MB en 20.000 regels. Slepen kan ook.",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        error_messages={"required": "Kies eerst een bestand.", "empty": "Dit bestand is leeg."},
    )

    def __init__(self, *args: Any, schools: QuerySet[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(schools) == 1:
            del self.fields["school"]
        else:
            self.fields["school"] = forms.ModelChoiceField(
                label="School", queryset=schools, empty_label="Kies een school"
            )
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
