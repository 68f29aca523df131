from __future__ import annotations

from typing import Any

from accounts.models import Role, Team
from accounts.people.members import MembersForm

from .teams import Content, read_content


class TeamForm(MembersForm):
    """Name and members; `content` has what was typed."""

    role = Role.DOCENT

    class Meta:
        model = Team
        fields = ("name",)
        error_messages = {"name": {"required": "Vul de naam van het team in."}}

    def __init__(self, *args: Any, instance: Team, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, stored_members=read_content(instance).members, **kwargs)

    @property
    def content(self) -> Content:
        return Content(self.cleaned_data["name"], self.member_ids)
