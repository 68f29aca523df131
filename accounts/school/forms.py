"""Form fields that carry a fingerprint of the value they were opened with, to detect concurrent changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.forms.boundfield import BoundField

from accounts.http import UserRequest
from accounts.models import Membership, School, SchoolChange

from .changes import ChangedMeanwhile, change_settings, display_value, fingerprints


@dataclass(frozen=True)
class BoundSetting:
    """A field on the page and its fingerprint at opening.

    On a clash `stored` is the value of the other change, and `meanwhile` its log entry.
    """

    field: BoundField
    opened: str
    is_clash: bool = False
    stored: str = ""
    meanwhile: SchoolChange | None = None


def opened_fingerprints(posted: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return the fingerprints posted with a form."""
    return {name: posted.get(f"opened-{name}", "") for name in names}


def bound_settings(
    form: forms.ModelForm[Any],
    names: Iterable[str],
    *,
    stored: School | Membership,
    posted: Mapping[str, str],
    clashes: Collection[str] = (),
) -> list[BoundSetting]:
    """Return the fields for the page, with the fingerprints that were posted.

    After a clash the page shows the stored value, and only then its fingerprint replaces the posted one.
    """
    names = list(names)
    now = fingerprints(stored, names)

    def setting(name: str) -> BoundSetting:
        if name not in clashes:
            return BoundSetting(form[name], posted.get(f"opened-{name}", now[name]))
        meanwhile = stored.changes.filter(name=name).select_related("by").first()
        return BoundSetting(
            form[name], now[name], is_clash=True, stored=display_value(getattr(stored, name)), meanwhile=meanwhile
        )

    return [setting(name) for name in names]


TEXT_ROWS = 5


@dataclass(frozen=True)
class Section:
    """A heading and the names of `School` fields under it; label, help text and validation are the field's."""

    title: str
    fields: tuple[str, ...]


# A new setting is a field of School, and its name here.
SECTIONS = (
    Section("Docenten", ("docents_see_team_only",)),
    Section("Uitnodigen en herinneren", ("link_days", "reminders_on", "confirm_proposals")),
    Section("Vaststellen en verzenden", ("mail_domains",)),
    Section("Bezwaar", ("appeal_days", "appeal_text")),
    Section("Studentnummers", ("number_forms",)),
    Section("Inloggen en accounts", ("second_factor_for_committee", "register_on", "register_domains")),
    Section("Huisstijl", ("colour",)),
)
FIELD_NAMES = [name for section in SECTIONS for name in section.fields]


class SchoolSettingsForm(forms.ModelForm):
    folds_help = True  # see bootstrap5/layout/help_text.html

    class Meta:
        model = School
        fields = FIELD_NAMES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = TEXT_ROWS
            if isinstance(field.widget, forms.NumberInput):
                field.widget.attrs["class"] = "short-input"
        if colour := self.fields.get("colour"):
            colour.widget.attrs |= {"data-colour": "", "spellcheck": "false", "class": "short-input"}


@dataclass(frozen=True)
class BoundSection:
    title: str
    settings: list[BoundSetting]


def bound_sections(
    form: SchoolSettingsForm, *, school: School, posted: Mapping[str, str], clashes: Collection[str] = ()
) -> list[BoundSection]:
    return [
        BoundSection(section.title, bound_settings(form, section.fields, stored=school, posted=posted, clashes=clashes))
        for section in SECTIONS
    ]


def save_settings(
    request: UserRequest, *, school: School, form: forms.ModelForm[School], is_all: bool = True
) -> tuple[str, ...]:
    """Save a valid form and add a message; pass `is_all=False` if the page saved something else as well.

    Return the fields that someone else changed meanwhile: then nothing is saved, and `school` is reloaded.
    """
    names = list(form.fields)
    typed = {name: getattr(form.instance, name) for name in names}
    try:
        changed = change_settings(
            school=school, typed=typed, opened=opened_fingerprints(request.POST, names), by=request.user
        )
    except ChangedMeanwhile as refused:
        school.refresh_from_db()
        return refused.names
    if changed:
        messages.success(request, f"Bewaard: {', '.join(line.label for line in changed)}.")
    elif is_all:
        messages.info(request, "Er is niets veranderd.")
    return ()
