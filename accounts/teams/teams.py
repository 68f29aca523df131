"""Save and delete a school's teams; each change is logged for the school."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Prefetch, QuerySet

from accounts.models import Membership, Role, School, Team, User
from accounts.people.members import listed_names, member_names
from accounts.people.roles import locked
from accounts.school.changes import ChangedMeanwhile, fingerprint, log_change

NAME_TAKEN = "Er is al een team met deze naam."


class TeamRefused(Exception):
    """The team can't be saved; the message (Dutch) explains it."""


@dataclass(frozen=True)
class Content:
    """What a form changes: the name, and the ids of the members' roles."""

    name: str = ""
    members: frozenset[int] = frozenset()

    @property
    def fingerprint(self) -> str:
        return fingerprint(repr((self.name, sorted(self.members))))


def read_content(team: Team) -> Content:
    if team._state.adding:  # noqa: SLF001 - Django's documented API
        return Content()
    return Content(team.name, frozenset(team.members.order_by().values_list("pk", flat=True)))


def with_members(school: School) -> QuerySet[Team]:
    """Return the teams by name, each with its active docenten in `members`."""
    docents = Membership.objects.filter(role=Role.DOCENT, user__is_active=True).select_related("user")
    return school.teams.prefetch_related(Prefetch("members", docents.order_by("sort_key", "pk")))


def save(*, team: Team, content: Content, opened: str, by: User) -> None:
    """Save a new or changed team, and log it; only docenten of the school become members.

    Raise `ChangedMeanwhile` when the stored content no longer has the fingerprint `opened`, and `TeamRefused` when the
    name is taken or the team was deleted.
    """
    school = team.school
    with locked(school):
        stored = school.teams.filter(pk=team.pk).first() if team.pk else None
        if team.pk and stored is None:
            raise TeamRefused("Dit team is intussen verwijderd.")
        before = read_content(stored or team)
        if stored and before.fingerprint != opened:
            raise ChangedMeanwhile
        team.name = content.name
        try:
            with transaction.atomic():
                team.save()
        except IntegrityError as error:
            raise TeamRefused(NAME_TAKEN) from error
        _log(team, "teams", "Naam van het team" if stored else "Team", before.name, team.name, by=by)
        names = member_names(school, Role.DOCENT, pks=before.members | content.members)
        team.members.set(pk for pk in content.members if pk in names)
        was, now = listed_names(names, before.members), listed_names(names, content.members)
        _log(team, "team_members", f"Leden van het team ({team.name})", was, now, by=by)


def delete(*, team: Team, by: User) -> None:
    """Delete the team, and log it. Does nothing twice."""
    with locked(team.school):
        if (stored := team.school.teams.filter(pk=team.pk).first()) is None:
            return
        name = stored.name
        stored.delete()
        _log(team, "teams", "Team", name, "", by=by)


def _log(team: Team, name: str, label: str, before: str, after: str, *, by: User) -> None:
    if before != after:
        log_change(school=team.school, name=name, label=label, before=before, after=after, by=by)
