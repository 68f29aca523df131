"""The form of a committee."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import ExamCommittee

from .organisation import Content, Programme, possible_members, read_content


class CommitteeForm(forms.ModelForm):
    """Name, programmes (not of the default committee), members and four eyes; `content` has what was typed."""

    folds_help = True

    members = forms.TypedMultipleChoiceField(
        label="Leden", required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    programmes = forms.MultipleChoiceField(label="Opleidingen", required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ExamCommittee
        fields = ("name", "four_eyes", "reminder_text")
        error_messages = {"name": {"required": "Vul de naam van de examencommissie in."}}

    def __init__(self, *args: Any, programmes: list[Programme], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        committee, fields = self.instance, self.fields
        stored = read_content(committee)
        fields["reminder_text"].widget.attrs["rows"] = 3
        if committee._state.adding:  # noqa: SLF001
            self.initial["name"] = ""
        fields["name"].widget.attrs["autocomplete"] = "off"
        members: Any = fields["members"]
        members.choices = [(one.pk, one.user.full_name) for one in possible_members(committee.school)]
        members.initial = sorted(stored.members)
        if committee.is_default:
            members.help_text = "Wie de rol Examencommissie heeft en in geen commissie zit, is vanzelf lid van deze."
            del fields["programmes"]
        else:
            of_programmes: Any = fields["programmes"]
            of_programmes.choices = [(one.code, self._label(one)) for one in programmes]
            of_programmes.initial = sorted(stored.codes)

    def _label(self, programme: Programme) -> str:
        other = programme.committee if programme.committee != self.instance else None
        return f"{programme} (nu bij {other})" if other else str(programme)

    @property
    def content(self) -> Content:
        """The content to save; members and programmes that are not offered stay as they are."""
        stored, data = read_content(self.instance), self.cleaned_data
        offered: Any = self.fields["members"]
        hidden = stored.members - {pk for pk, _ in offered.choices}
        members = hidden | set(data["members"])
        return Content(
            name=data["name"],
            four_eyes=data["four_eyes"],
            reminder_text=data["reminder_text"],
            members=members,
            codes=frozenset(data.get("programmes", ())),
        )
