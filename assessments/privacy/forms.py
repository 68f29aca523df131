"""The forms of 'Bewaren en wissen': the school's terms, and a student's dates."""

from __future__ import annotations

from datetime import date

from django import forms

from accounts.models import Membership, School
from accounts.models.retention_terms import TERMS

from .study_dates import DATES, check_date


class TermsForm(forms.ModelForm):
    folds_help = True

    class Meta:
        model = School
        fields = TERMS


class DatesForm(forms.ModelForm):
    """The two dates of one student."""

    folds_help = True

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
