from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.files.uploadedfile import UploadedFile


class FileForm(forms.Form):
    """The upload of a list; a kind of import may add fields."""

    file = forms.FileField(
        label="Bestanden kiezen",
        help_text="Excel (.xlsx) of csv, hooguit 10 MB en 20.000 regels",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        error_messages={"required": "Kies eerst een bestand.", "empty": "Dit bestand is leeg."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_file(self) -> UploadedFile:
        """Refuse several files, as dropped on the page."""
        if len(self.files.getlist("file")) > 1:
            raise forms.ValidationError("U koos meer dan één bestand. Kies er één; het volgende importeert u daarna.")
        file: UploadedFile = self.cleaned_data["file"]
        return file
