"""The forms of 'Bewaren en wissen': the school's terms, a student's dates, a pasted list of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from accounts.models import Membership, School
from accounts.retention_terms import TERMS

from .study_dates import DATES, check_date

MAX_BYTES = 2 * 1024 * 1024


class TermsForm(forms.ModelForm):
    class Meta:
        model = School
        fields = TERMS


class DatesForm(forms.ModelForm):
    """The two dates of one student."""

    class Meta:
        model = Membership
        fields = DATES
        widgets = {name: forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}) for name in fields}
        help_texts = {
            "diploma_on": "Wat tot en met deze dag is begonnen, wordt 18 maanden later gewist.",
            "left_on": "Alleen voor wie zonder diploma is vertrokken.",
        }

    def clean_diploma_on(self) -> date | None:
        return self._checked("diploma_on")

    def clean_left_on(self) -> date | None:
        return self._checked("left_on")

    def _checked(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day:
            check_date(day)
        return day


class ListForm(forms.Form):
    """A list of student numbers and dates: pasted, or a csv file. Which of the two dates it holds."""

    KINDS = [("diploma_on", "Diplomadatum"), ("left_on", "Vertrokken zonder diploma op")]

    which = forms.ChoiceField(
        label="Welke datum staat in de lijst?", choices=KINDS, widget=forms.RadioSelect, initial="diploma_on"
    )
    text = forms.CharField(
        label="Lijst",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text="Op elke regel een studentnummer en een datum, zoals 123456; 10-07-2026. Twee kolommen uit Excel "
        "kopiëren en hier plakken kan ook.",
    )
    file = forms.FileField(
        label="Of een csv-bestand",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
        help_text="Met dezelfde twee kolommen, hooguit 2 MB. In Excel: Opslaan als, CSV.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file is not None and file.size > MAX_BYTES:
            self.add_error("file", "Dit bestand is groter dan 2 MB. Verdeel de lijst.")
        elif file is not None:
            cleaned["text"] = self._decoded(file.read())
        elif not cleaned.get("text", "").strip():
            self.add_error("text", "Plak een lijst of kies een csv-bestand.")
        return cleaned

    def _decoded(self, content: bytes) -> str:
        if content.startswith(b"PK\x03\x04"):
            self.add_error("file", "Dit is een Excelbestand. Sla het op als CSV, of kopieer en plak de twee kolommen.")
            return ""
        try:
            return content.decode("utf-8-sig").replace("\0", "")
        except UnicodeDecodeError:
            return content.decode("cp1252", errors="replace").replace("\0", "")
