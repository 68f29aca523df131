from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.fields import ProseFormField

from .attachments import LIMITS, check_files


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Any number of files, validated together; cleans to a list."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(SeveralFilesField, self).clean(file, initial) for file in data or []]
        check_files(files)
        return files


class MessageForm(forms.Form):
    """Remark and attachments of an invitation (source text: 'Plaats eventueel een opmerking'); one mail by default."""

    ONE, EACH = "een", "elk"

    remark = ProseFormField(
        label="Opmerking",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Staat in de mail boven de groene knop ‘Start beoordeling’.",
    )
    attachments = SeveralFilesField(label="Bijlagen", required=False, help_text=LIMITS)
    mails = forms.ChoiceField(
        label="Aantal mails",
        required=False,
        initial=ONE,
        choices=[
            (ONE, "Eén mail per examinator, met al zijn studenten"),
            (EACH, "Een mail per student"),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    @property
    def one_mail(self) -> bool:
        """Return whether an examiner of several students gets a single mail; valid only after `is_valid()`."""
        return bool(self.cleaned_data["mails"] != self.EACH)


class WithdrawForm(forms.Form):
    """The reason to withdraw an invitation, for colleagues."""

    reason = ProseFormField(
        label="Reden",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Staat in de geschiedenis, voor u en uw collega's.",
    )
