"""The school's settings on one page: which there are, by section, and the form that changes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from .change_school import marks
from .models import School, SchoolChange

DOMAINS_ROWS, TEXT_ROWS = 2, 5


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
    Section("Kleur", ("colour",)),
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
        if isinstance(field := self.fields.get("colour"), forms.CharField):
            field.widget.attrs |= {"data-colour": "", "spellcheck": "false"}


@dataclass(frozen=True)
class Setting:
    """One field on the page: what it was opened with, and who changed it since, if that is in the way."""

    field: BoundField
    opened: str
    meanwhile: SchoolChange | None = None
    kept: str = ""


@dataclass(frozen=True)
class ShownSection:
    title: str
    settings: list[Setting]


def lay_out(
    form: SchoolSettingsForm, *, school: School, posted: Mapping[str, str], clashing: Collection[str] = ()
) -> Iterator[ShownSection]:
    """The sections with their fields; those that someone else changed meanwhile with what is kept, to be seen.

    A form that is shown again keeps what it was opened with, so that mending an error takes in nothing unseen.
    """
    now = marks(school, NAMES)
    newest = {name: school.changes.filter(name=name).first() for name in clashing}
    for section in SECTIONS:
        settings = []
        for name in section.fields:
            opened = now[name] if name in clashing else posted.get(f"opened-{name}", now[name])
            settings.append(Setting(form[name], opened, newest.get(name), kept(school, name) if name in clashing else ""))
        yield ShownSection(section.title, settings)
