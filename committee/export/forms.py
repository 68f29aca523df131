"""The forms of a download and of an export profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models.functions import Lower
from django.forms import BoundField
from django.http import QueryDict

from accounts.fields import LineFormField
from accounts.models import School
from committee.export_format import (
    COLUMNS,
    PLAIN,
    PLAIN_COLUMNS,
    Column,
    DateForm,
    DecimalSign,
    Encoding,
    Separator,
    Shape,
)
from committee.models import WORD_LENGTH, Export, ExportProfile

UNKNOWN_PROFILE = "Dit exportprofiel bestaat niet meer. Kies een ander profiel."


def _school_field(schools: list[School], *first: tuple[str, str], initial: str | None = None) -> forms.ChoiceField:
    return forms.ChoiceField(
        label="School",
        choices=[*first, *((str(school.pk), school.name) for school in schools)],
        initial=initial,
        error_messages={"required": "Kies de school.", "invalid_choice": "Kies een van uw scholen."},
    )


class ExportForm(forms.Form):
    """`last` (the profile of that export) and `school` are the initial choices.

    `bestand` is the button's value; there is a school field when `schools` has several.
    """

    profiel = forms.ChoiceField(
        label="Exportprofiel", required=False, error_messages={"invalid_choice": UNKNOWN_PROFILE}
    )
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
        profile = next((str(profile.public_id) for profile in profiles if profile.name == usual), "")
        super().__init__(data, initial={"profiel": profile, "welke": "alles", "bestand": Export.File.CSV})
        self.several = len(schools) > 1
        names = {school.pk: f" ({school.name})" if self.several else "" for school in schools}
        choices = ((str(p.public_id), p.name + names[p.school_id]) for p in profiles)
        fields: dict[str, Any] = self.fields
        fields["profiel"].choices = [("", PLAIN.name), *choices]
        if self.several:
            fields["school"] = _school_field(
                schools, ("", "Kies een school"), initial=str(school.pk) if school else None
            )

    @property
    def problems(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]

    @property
    def options(self) -> dict[str, Any]:
        """The keyword arguments of `create_export`."""
        profile = self.cleaned_data["profiel"]
        school = self.cleaned_data.get("school", str(self.schools[0].pk))
        return {
            "school": next(s for s in self.schools if str(s.pk) == school),
            "shape": next((p.shape for p in self.profiles if str(p.public_id) == profile), PLAIN),
            "file": self.cleaned_data["bestand"],
            "only_new": self.cleaned_data["welke"] == "nieuw",
        }


class FileForm(forms.Form):
    """The file of an earlier export: as it was, or in another shape or kind of file."""

    profiel = forms.ChoiceField(label="Exportprofiel", required=False)
    bestand = forms.ChoiceField(label="Bestand", required=False, choices=Export.File.choices)

    def __init__(self, data: QueryDict | None = None, *, export: Export, profiles: list[ExportProfile]) -> None:
        self.export, self.profiles = export, profiles
        super().__init__(data, initial={"bestand": export.file})
        choices = [("", f"Zoals toen ({export.shape['name']})"), ("standaard", PLAIN.name)]
        choices += [(str(profile.public_id), profile.name) for profile in profiles]
        fields: dict[str, Any] = self.fields
        fields["profiel"].choices = choices

    @property
    def shape(self) -> Shape:
        chosen = self.cleaned_data["profiel"]
        if chosen == "standaard":
            return PLAIN
        profile = next((p for p in self.profiles if str(p.public_id) == chosen), None)
        return profile.shape if profile else Shape.from_json(self.export.shape)

    @property
    def file(self) -> Export.File:
        return Export.File(self.cleaned_data["bestand"] or self.export.file)


HEADER_LENGTH = 60
NAME_TAKEN = "Er is al een exportprofiel met deze naam."
SAME_HEADER = "‘{}’ is ook de kop van een andere kolom. Geef elke kolom een eigen kop."
NO_PLACE = "Dit is geen plaats. Vul een getal in, zoals 1."
# The closed list shows its choice whole on a phone.
SHORT_ENCODINGS = [
    (Encoding.UTF8_BOM.value, "UTF-8 met BOM"),
    (Encoding.UTF8.value, "UTF-8 zonder BOM"),
    (Encoding.WINDOWS_1252.value, "Windows-1252"),
]
CHOICES = {"separator": Separator, "decimal_sign": DecimalSign, "date_form": DateForm, "encoding": Encoding}


def _line(label: str, missing: str, *, most: int, **more: Any) -> LineFormField:
    messages = {"required": missing, "max_length": f"Dit mag {most} tekens lang zijn."}
    return LineFormField(label=label, max_length=most, error_messages=messages, **more)


class ExportProfileForm(forms.ModelForm):
    """Each column has a place (empty: left out) and a header (empty: the default); `version` is the shown one."""

    folds_help = True

    name = _line("Naam van het profiel", "Vul in hoe dit profiel heet.", most=60)
    word_o = _line("O wordt", "Vul in hoe een O in het bestand komt.", most=WORD_LENGTH)
    word_v = _line("V wordt", "Vul in hoe een V in het bestand komt.", most=WORD_LENGTH)
    word_g = _line("G wordt", "Vul in hoe een G in het bestand komt.", most=WORD_LENGTH)
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = ExportProfile
        fields = ["name", "separator", "decimal_sign", "date_form", "encoding", "has_headers"]
        fields += ["word_o", "word_v", "word_g"]
        help_texts = {
            "encoding": "Excel herkent UTF-8 met BOM. Wat niet in Windows-1252 past, wordt een vraagteken.",
        }
        error_messages = dict.fromkeys(
            CHOICES, dict.fromkeys(("invalid_choice", "required"), "Kies een van de mogelijkheden.")
        )

    def __init__(self, data: QueryDict | None = None, *, profile: ExportProfile, schools: list[School]) -> None:
        super().__init__(data, instance=profile, initial={"version": profile.version})
        self.fields["encoding"].choices = SHORT_ENCODINGS  # type: ignore[attr-defined]
        columns = profile.columns or [[column.key, column.header] for column in PLAIN_COLUMNS]
        places = {key: (place, header) for place, (key, header) in enumerate(columns, 1)}
        for column in COLUMNS:
            place, header = places.get(column.key, (None, column.header))
            self.fields[f"place_{column.key}"] = forms.IntegerField(
                label=f"Plaats van {column.header}",
                required=False,
                min_value=1,
                max_value=99,
                initial=place,
                error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), NO_PLACE),
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
            self.fields[f"header_{column.key}"] = _line(
                f"Kop van {column.header}", "", most=HEADER_LENGTH, required=False, initial=header
            )
        self.schools = schools
        self.is_new = profile._state.adding  # noqa: SLF001 - Django's documented API
        if self.is_new and len(schools) > 1:
            self.fields["school"] = _school_field(schools)

    @property
    def column_rows(self) -> Iterator[tuple[Column, BoundField, BoundField]]:
        """Each column with its two fields."""
        return ((column, self[f"place_{column.key}"], self[f"header_{column.key}"]) for column in COLUMNS)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._choose_school(cleaned)
        self._refuse_same_name(cleaned)
        self._refuse_same_words(cleaned)
        self._read_columns(cleaned)
        return cleaned

    def _choose_school(self, cleaned: dict[str, Any]) -> None:
        if self.is_new and "school" not in self.errors:
            chosen = cleaned.get("school", str(self.schools[0].pk))
            self.instance.school = next(school for school in self.schools if str(school.pk) == chosen)

    def _refuse_same_name(self, cleaned: dict[str, Any]) -> None:
        name = cleaned.get("name", "")
        if name.lower() == "standaard":
            self.add_error("name", "‘Standaard’ is het profiel dat er altijd is. Kies een andere naam.")
        elif name and self.instance.school_id is not None:
            others = ExportProfile.objects.filter(school=self.instance.school_id).exclude(pk=self.instance.pk)
            if others.alias(lower=Lower("name")).filter(lower=name.lower()).exists():
                self.add_error("name", NAME_TAKEN)

    def _refuse_same_words(self, cleaned: dict[str, Any]) -> None:
        seen: dict[str, str] = {}
        for letter in "ovg":
            word = cleaned.get(f"word_{letter}", "").casefold()
            if word and word in seen:
                self.add_error(f"word_{letter}", f"Dit staat ook bij {seen[word]}; dan zijn ze niet te onderscheiden.")
            elif word:
                seen[word] = letter.upper()

    def _read_columns(self, cleaned: dict[str, Any]) -> None:
        by_place: dict[int, list[str]] = {}
        headers: dict[str, str] = {}
        for column in COLUMNS:
            place = cleaned.get(f"place_{column.key}")
            if place and place in by_place:
                other = by_place[place][1]
                self.add_error(
                    f"place_{column.key}", f"Op plaats {place} staat ook ‘{other}’. Geef elke een eigen plaats."
                )
            elif place:
                header = cleaned.get(f"header_{column.key}") or column.header
                by_place[place] = [column.key, header]
                same = header.casefold()
                if same in headers:
                    self.add_error(f"header_{column.key}", SAME_HEADER.format(headers[same]))
                headers.setdefault(same, header)
        if not by_place and not any(name.startswith("place_") for name in self.errors):
            self.add_error(f"place_{COLUMNS[0].key}", "Geef ten minste één kolom een plaats.")
        self.instance.columns = [by_place[place] for place in sorted(by_place)]

    def accept_version(self, now: ExportProfile) -> None:
        """Let the next save overwrite the current version."""
        self.data = {**self.data.dict(), "version": str(now.version)} if isinstance(self.data, QueryDict) else self.data

    def differences(self, now: ExportProfile) -> list[tuple[str, str, str]]:
        """Return (label, current value, typed value) of the fields that differ."""
        pairs = [
            (str(self.fields[name].label), _shown(now, name), _shown(self.instance, name)) for name in self.Meta.fields
        ]
        pairs.append(("Kolommen", _listed(now), _listed(self.instance)))
        return [pair for pair in pairs if pair[1] != pair[2]]


def _shown(profile: ExportProfile, name: str) -> str:
    if name == "has_headers":
        return "ja" if profile.has_headers else "nee"
    return str(CHOICES[name](getattr(profile, name)).label if name in CHOICES else getattr(profile, name))


def _listed(profile: ExportProfile) -> str:
    return ", ".join(header for _, header in profile.columns)
