from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.importing.forms import FileForm
from accounts.models import School


class ImportForm(FileForm):
    """A file to import; with several `schools` the form asks which."""

    school = forms.ModelChoiceField(label="School", queryset=School.objects.none(), empty_label="Kies een school")
    field_order = ["school", "file"]

    def __init__(self, *args: Any, schools: QuerySet[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(schools) == 1:
            del self.fields["school"]
        else:
            self.fields["school"].queryset = schools  # type: ignore[attr-defined]
