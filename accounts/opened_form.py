"""The fields of a form that says what it was opened with, so that it writes over nothing unseen (`change_school`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from .change_school import marks, said
from .models import Membership, School, SchoolChange


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
