"""The form of a committee."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import ExamCommittee, Role
from accounts.people.members import MembersForm

from .organisation import Content, Programme, read_content


class CommitteeForm(MembersForm):
    """Name, programmes (not of the default committee), members and four eyes; `content` has what was typed."""

    role = Role.EXAMENCOMMISSIE

    programmes = forms.MultipleChoiceField(label="Opleidingen", required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ExamCommittee
        fields = ("name", "four_eyes", "reminder_text")
        error_messages = {"name": {"required": "Vul de naam van de examencommissie in."}}

    def __init__(self, *args: Any, instance: ExamCommittee, programmes: list[Programme], **kwargs: Any) -> None:
        stored = read_content(instance)
        super().__init__(*args, instance=instance, stored_members=stored.members, **kwargs)
        committee, fields = self.instance, self.fields
        fields["reminder_text"].widget.attrs["rows"] = 3
        if committee.is_default:
            fields[
                "members"
            ].help_text = "Wie de rol Examencommissie heeft en in geen commissie zit, is vanzelf lid van deze."
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
        data = self.cleaned_data
        return Content(
            name=data["name"],
            four_eyes=data["four_eyes"],
            reminder_text=data["reminder_text"],
            members=self.member_ids,
            codes=frozenset(data.get("programmes", ())),
        )
