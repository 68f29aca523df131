"""The school's settings on one page: which there are, by section, and the form that changes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from .change_school import marks, said
from .models import School, SchoolChange

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
class Setting:
    """One field on the page, and the mark of what it was opened with.

    Where someone else changed it meanwhile into something else than was typed, `kept` is what they made of it, and
    `meanwhile` the line that says who.
    """

    field: BoundField
    opened: str
    is_clash: bool = False
    kept: str = ""
    meanwhile: SchoolChange | None = None


@dataclass(frozen=True)
class ShownSection:
    title: str
    settings: list[Setting]


def lay_out(
    form: SchoolSettingsForm, *, school: School, posted: Mapping[str, str], clashes: Collection[str] = ()
) -> list[ShownSection]:
    """The sections with their fields. A form that is shown again keeps what it was opened with.

    So mending an error takes in nothing unseen; only of a clash, which shows what is kept now, the base is now.
    """
    now = marks(school, NAMES)

    def setting(name: str) -> Setting:
        if name not in clashes:
            return Setting(form[name], posted.get(f"opened-{name}", now[name]))
        meanwhile = school.changes.filter(name=name).select_related("by").first()
        return Setting(form[name], now[name], is_clash=True, kept=said(getattr(school, name)), meanwhile=meanwhile)

    return [ShownSection(section.title, [setting(name) for name in section.fields]) for section in SECTIONS]
