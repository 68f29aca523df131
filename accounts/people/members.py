"""The members of a group that Schoolbeheer keeps: people of the school with one role."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Membership, School


def possible_members(school: School, role: str) -> list[Membership]:
    """Return the active people with this role, by last name."""
    memberships = school.memberships.filter(role=role, user__is_active=True)
    return list(memberships.select_related("user").order_by("sort_key", "pk"))


def member_names(school: School, role: str, *, pks: frozenset[int]) -> dict[int, str]:
    """Return the names, by membership id, of those among `pks` who have the role at the school."""
    memberships = school.memberships.filter(role=role, pk__in=pks).select_related("user")
    return {membership.pk: membership.user.full_name for membership in memberships}


def listed_names(names: dict[int, str], pks: frozenset[int]) -> str:
    """Return the names of `pks` as the log has them: 'Anouk van 't Hoff, Bart Timmer'."""
    return ", ".join(sorted(names[pk] for pk in pks if pk in names))


class MembersForm(forms.ModelForm):
    """A form of a named group with the people of `role` as checkboxes; members who are not offered stay."""

    folds_help = True
    role: str

    members = forms.TypedMultipleChoiceField(
        label="Leden", required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, stored_members: frozenset[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:  # noqa: SLF001 - Django's documented API
            self.initial["name"] = ""
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        members: Any = self.fields["members"]
        members.choices = [(one.pk, one.user.full_name) for one in possible_members(self.instance.school, self.role)]
        members.initial = sorted(stored_members)
        self._hidden = stored_members - {pk for pk, _ in members.choices}

    @property
    def member_ids(self) -> frozenset[int]:
        """The members to save."""
        return self._hidden | set(self.cleaned_data["members"])
