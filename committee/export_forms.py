"""What is asked at a download: in which shape, as what kind of file, and whether all of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from accounts.models import School

from .export_shape import PLAIN, Shape
from .models import Export, ExportProfile

UNKNOWN_PROFILE = "Dit exportprofiel bestaat niet meer. Kies een ander profiel."


class ExportForm(forms.Form):
    """The profile, all or what is new, and (by the button) the kind of file; the school, for who has several.

    `last` and `school` are what is chosen beforehand: the profile of that export, and a school.
    """

    profiel = forms.ChoiceField(label="Exportprofiel", required=False)
    welke = forms.ChoiceField(
        label="Welke resultaten",
        choices=[("alles", "Alles"), ("nieuw", "Alleen nieuw sinds vorige export")],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Kies alles, of alleen wat nieuw is."},
    )
    bestand = forms.ChoiceField(choices=Export.File.choices, error_messages={"invalid_choice": "Kies CSV of Excel."})

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        schools: list[School],
        profiles: list[ExportProfile],
        last: Export | None = None,
        school: School | None = None,
    ) -> None:
        self.schools, self.profiles = schools, profiles
        usual = last.shape["name"] if last else None
        profile = next((str(one.public_id) for one in profiles if one.name == usual), "")
        super().__init__(data, initial={"profiel": profile, "welke": "alles", "bestand": Export.File.CSV})
        self.several = len(schools) > 1
        self.fields["profiel"] = forms.ChoiceField(
            label="Exportprofiel",
            required=False,
            choices=[("", PLAIN.name), *((str(one.public_id), self._name(one)) for one in profiles)],
            error_messages={"invalid_choice": UNKNOWN_PROFILE},
        )
        if self.several:
            self.fields["school"] = forms.ChoiceField(
                label="School",
                choices=[("", "Kies een school"), *((str(one.pk), one.name) for one in schools)],
                initial=str(school.pk) if school else None,
                error_messages={"required": "Kies de school.", "invalid_choice": "Kies een van uw scholen."},
            )

    def _name(self, profile: ExportProfile) -> str:
        if len(self.schools) == 1:
            return profile.name
        school = next(one for one in self.schools if one.pk == profile.school_id)
        return f"{profile.name} ({school.name})"

    @property
    def problems(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]

    @property
    def wishes(self) -> dict[str, Any]:
        """What `remember` is asked for."""
        chosen = self.cleaned_data["profiel"]
        school = self.cleaned_data.get("school", str(self.schools[0].pk))
        return {
            "school": next(one for one in self.schools if str(one.pk) == school),
            "shape": next((one.shape for one in self.profiles if str(one.public_id) == chosen), PLAIN),
            "file": self.cleaned_data["bestand"],
            "only_new": self.cleaned_data["welke"] == "nieuw",
        }


class FileForm(forms.Form):
    """An export's file once more: as it was made, or in another shape or kind of file."""

    profiel = forms.ChoiceField(label="Exportprofiel", required=False)
    bestand = forms.ChoiceField(label="Bestand", required=False, choices=Export.File.choices)

    def __init__(self, data: QueryDict | None = None, *, export: Export, profiles: list[ExportProfile]) -> None:
        self.export, self.profiles = export, profiles
        super().__init__(data, initial={"bestand": export.file})
        own = [(str(one.public_id), one.name) for one in profiles]
        as_it_was = ("", f"Zoals toen ({export.shape['name']})")
        self.fields["profiel"] = forms.ChoiceField(
            label="Exportprofiel", required=False, choices=[as_it_was, ("standaard", PLAIN.name), *own]
        )

    @property
    def shape(self) -> Shape:
        chosen = self.cleaned_data["profiel"]
        if chosen == "standaard":
            return PLAIN
        own = next((one.shape for one in self.profiles if str(one.public_id) == chosen), None)
        return own or Shape.from_json(self.export.shape)

    @property
    def file(self) -> Export.File:
        return Export.File(self.cleaned_data["bestand"] or self.export.file)
