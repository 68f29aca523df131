"""The school's settings on one page: which there are, by section, and the form that changes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages

from .change_school import ChangedMeanwhile, change_settings
from .models import School
from .opened_form import Setting, opened_with, settings_of
from .signed_in import UserRequest

TEXT_ROWS = 5


@dataclass(frozen=True)
class Section:
    """A heading and the settings under it, as `School`'s fields have them: label, help and checks are the field's."""

    title: str
    fields: tuple[str, ...]


# A new setting is a field of School, and its name here.
SECTIONS = (
    Section("Uitnodigen en herinneren", ("link_days", "reminders_on", "confirm_proposals")),
    Section("Vaststellen en verzenden", ("four_eyes", "mail_domains")),
    Section("Bezwaar", ("appeal_days", "appeal_text")),
    Section("Studentnummers", ("number_forms",)),
    Section("Inloggen en accounts", ("second_factor_for_committee", "register_on", "register_domains")),
    Section("Huisstijl", ("colour",)),
)
NAMES = [name for section in SECTIONS for name in section.fields]


class SchoolSettingsForm(forms.ModelForm):
    class Meta:
        model = School
        fields = NAMES

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
class ShownSection:
    title: str
    settings: list[Setting]


def lay_out(
    form: SchoolSettingsForm, *, school: School, posted: Mapping[str, str], clashes: Collection[str] = ()
) -> list[ShownSection]:
    """The sections with their fields."""
    return [
        ShownSection(section.title, settings_of(form, section.fields, kept=school, posted=posted, clashes=clashes))
        for section in SECTIONS
    ]


def keep_settings(
    request: UserRequest, *, school: School, form: forms.ModelForm[School], is_all: bool = True
) -> tuple[str, ...]:
    """Writes what was typed into a valid form, and says so; without `is_all` the page kept something else already.

    Returns what someone else changed meanwhile, if anything: then nothing is written, and `school` is read again.
    """
    names = list(form.fields)
    typed = {name: getattr(form.instance, name) for name in names}
    try:
        changed = change_settings(school=school, typed=typed, opened=opened_with(request.POST, names), by=request.user)
    except ChangedMeanwhile as refused:
        school.refresh_from_db()
        return refused.names
    if changed:
        messages.success(request, f"Bewaard: {', '.join(line.label for line in changed)}.")
    elif is_all:
        messages.info(request, "Er is niets veranderd.")
    return ()
