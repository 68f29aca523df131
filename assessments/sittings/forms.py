from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import ProseFormField
from assessments.models import Attendance, Participation, Sitting

from .participation import NEEDS

MAX_NEEDS = 20
NEED_LENGTH = 80


class ParticipationForm(forms.ModelForm):
    """What an examiner records; `version` is that of the participation as it was shown."""

    class Meta:
        model = Participation
        fields = ["attendance", "identity_checked", "irregularities"]
        labels = {
            "attendance": _("Aanwezigheid"),
            "identity_checked": _("De identiteit van de student is gecontroleerd"),
            "irregularities": _("Bijzonderheden tijdens de afname"),
        }
        widgets = {"irregularities": forms.Textarea(attrs={"rows": 4})}

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=32767)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["attendance"]
        field.choices = [(value, _(label)) for value, label in Attendance.choices]
        field.required = False
        self.initial["version"] = self.instance.version

    def clean_attendance(self) -> str:
        return self.cleaned_data["attendance"] or Attendance.NOT_KNOWN

    @property
    def values(self) -> dict[str, Any]:
        """The fields of `Participation` by name; valid only after `is_valid()`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class SchoolParticipationForm(ParticipationForm):
    """What the school's people record: also the adaptations granted, one on a line."""

    class Meta(ParticipationForm.Meta):
        fields = [*ParticipationForm.Meta.fields, "extra_minutes"]

    extra_minutes = forms.IntegerField(label="Extra tijd in minuten", min_value=0, max_value=600, required=False)
    needs = ProseFormField(
        label="Toegekende aanpassingen, één per regel", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["needs"] = "\n".join(NEEDS.get(need, need) for need in self.instance.needs)

    def clean_extra_minutes(self) -> int:
        return self.cleaned_data["extra_minutes"] or 0

    def clean_needs(self) -> list[str]:
        codes = {label: code for code, label in NEEDS.items()}
        lines = [" ".join(line.split()) for line in self.cleaned_data["needs"].splitlines()]
        needs = list(dict.fromkeys(codes.get(line, line) for line in lines if line))
        if len(needs) > MAX_NEEDS or any(len(need) > NEED_LENGTH for need in needs):
            raise forms.ValidationError(f"Vul hoogstens {MAX_NEEDS} regels in, elk van hoogstens {NEED_LENGTH} tekens.")
        return needs


class SittingForm(forms.ModelForm):
    """What happened at the sitting as a whole."""

    class Meta:
        model = Sitting
        fields = ["irregularities"]
        labels = {"irregularities": "Bijzonderheden van de zitting"}
        widgets = {"irregularities": forms.Textarea(attrs={"rows": 4})}
