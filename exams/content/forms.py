from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.importing.reading import MAX_BYTES


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Bestand",
        help_text="YAML (.yaml, hooguit 1 MB) of Excel (.xlsx, hooguit 10 MB).",
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.xlsx"}),
        error_messages={"required": "Kies eerst een bestand."},
        allow_empty_file=True,  # reported as a fault of the file, with its name
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError("Dit bestand is groter dan 10 MB; zo groot is geen examen.")
        return file
