"""The fields of a form that says what it was opened with, so that it writes over nothing unseen (`change_school`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.forms.boundfield import BoundField

from accounts.http import UserRequest
from accounts.models import Membership, School, SchoolChange

from .changes import ChangedMeanwhile, change_settings, marks, said


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


def opened_with(posted: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The marks that came back with a form."""
    return {name: posted.get(f"opened-{name}", "") for name in names}


def settings_of(
    form: forms.ModelForm[Any],
    names: Iterable[str],
    *,
    kept: School | Membership,
    posted: Mapping[str, str],
    clashes: Collection[str] = (),
) -> list[Setting]:
    """The fields as the page has them. A form that is shown again keeps what it was opened with.

    So mending an error takes in nothing unseen; only of a clash, which shows what is kept now, the base is now.
    """
    names = list(names)
    now = marks(kept, names)

    def setting(name: str) -> Setting:
        if name not in clashes:
            return Setting(form[name], posted.get(f"opened-{name}", now[name]))
        meanwhile = kept.changes.filter(name=name).select_related("by").first()
        return Setting(form[name], now[name], is_clash=True, kept=said(getattr(kept, name)), meanwhile=meanwhile)

    return [setting(name) for name in names]


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
