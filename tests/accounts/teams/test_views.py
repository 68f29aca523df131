"""The pages on which Schoolbeheer keeps the teams."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, School, Team, User
from accounts.teams import teams
from tests.factories import member


@pytest.fixture
def manager(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer")


@pytest.fixture
def desk(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


@pytest.fixture
def team(school: School, docent: User, manager: User) -> Team:
    """The team 'Zorg', with `docent`."""
    unsaved = Team(school=school)
    teams.save(team=unsaved, content=teams.Content("Zorg", frozenset(roles_of(docent))), opened="", by=manager)
    return unsaved


def roles_of(*users: User) -> list[int]:
    return [user.memberships.get(role=Role.DOCENT).pk for user in users]


def words(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def page_of(team: Team, name: str = "team") -> str:
    return reverse(f"school:{name}", args=[team.school_id, team.pk])


def form_of(team: Team, **fields: Any) -> dict[str, Any]:
    now = teams.read_content(team)
    return {"name": now.name, "members": list(now.members), "opened": now.fingerprint} | fields


def log(school: School) -> list[tuple[str, str, str]]:
    return [(line.label, line.before, line.after) for line in school.changes.order_by("pk")]


def test_team_is_made_listed_and_logged(desk: Client, school: School, docent: User, colleague: User) -> None:
    listed = reverse("school:teams", args=[school.pk])
    assert "Er is nog geen team." in words(desk.get(listed))
    fields = {"name": "Zorg", "members": roles_of(docent, colleague)}
    answer = words(desk.post(reverse("school:add_team", args=[school.pk]), fields, follow=True))
    assert "Het team ‘Zorg’ is bewaard." in answer
    assert "Cora Collega" in answer
    assert "Teams tellen pas mee als ‘Docenten zien alleen afnames van zichzelf en hun team’ aan staat" in answer
    School.objects.filter(pk=school.pk).update(docents_see_team_only=True)
    assert "Teams tellen pas mee" not in words(desk.get(listed))
    assert log(school) == [("Team", "", "Zorg"), ("Leden van het team (Zorg)", "", "Cora Collega, Dirk Docent")]


def test_edit_is_saved_and_logged_and_repeated_logs_nothing(
    desk: Client, team: Team, school: School, colleague: User
) -> None:
    before = school.changes.count()
    desk.post(page_of(team), form_of(team))
    assert school.changes.count() == before
    desk.post(page_of(team), form_of(team, name="Welzijn", members=roles_of(colleague)))
    assert log(school)[before:] == [
        ("Naam van het team", "Zorg", "Welzijn"),
        ("Leden van het team (Welzijn)", "Dirk Docent", "Cora Collega"),
    ]


def test_concurrent_change_is_shown_and_not_overwritten(
    desk: Client, team: Team, colleague: User, manager: User
) -> None:
    opened = form_of(team, name="Mijn naam")
    now = teams.read_content(team)
    content = teams.Content("Zorg", now.members | set(roles_of(colleague)))
    teams.save(team=Team.objects.get(pk=team.pk), content=content, opened=now.fingerprint, by=manager)
    page = words(desk.post(page_of(team), opened))
    assert "Intussen gewijzigd" in page
    assert "Leden: Cora Collega, Dirk Docent" in page
    team.refresh_from_db()
    assert team.name == "Zorg"
    [shown] = [part.split('"')[0] for part in page.split('name="opened" value="')[1:]]
    assert desk.post(page_of(team), opened | {"opened": shown}).status_code == 302


def test_name_in_use_or_empty_is_refused(desk: Client, team: Team, school: School) -> None:
    add = reverse("school:add_team", args=[school.pk])
    assert teams.NAME_TAKEN in words(desk.post(add, {"name": "ZORG"}))
    assert "Vul de naam van het team in." in words(desk.post(page_of(team), form_of(team, name=" ")))
    assert school.teams.count() == 1


def test_same_name_at_another_school_is_fine(team: Team, other_school: School, manager: User) -> None:
    teams.save(team=Team(school=other_school), content=teams.Content("Zorg"), opened="", by=manager)


def test_only_docents_of_the_school_can_be_members(
    desk: Client, team: Team, stranger: User, committee_member: User
) -> None:
    foreign = [stranger.memberships.get(role=Role.DOCENT).pk, committee_member.memberships.get().pk]
    for pk in foreign:
        assert desk.post(page_of(team), form_of(team, members=[pk])).status_code == 200
    assert [one.user.last_name for one in team.members.all()] == ["Docent"]
    teams.save(
        team=team,
        content=teams.Content("Zorg", frozenset(foreign)),
        opened=teams.read_content(team).fingerprint,
        by=stranger,
    )
    assert not team.members.exists()


def test_deactivated_member_is_kept_when_the_form_is_saved(desk: Client, team: Team, docent: User) -> None:
    User.objects.filter(pk=docent.pk).update(is_active=False)
    assert "Dirk Docent" not in words(desk.get(page_of(team)))
    desk.post(page_of(team), form_of(team, members=[]))
    assert team.members.count() == 1


def test_docent_in_two_teams(desk: Client, team: Team, school: School, docent: User) -> None:
    desk.post(reverse("school:add_team", args=[school.pk]), {"name": "Techniek", "members": roles_of(docent)})
    assert docent.memberships.get().teams.count() == 2


def test_team_is_removed_once(desk: Client, team: Team, school: School) -> None:
    remove = page_of(team, "remove_team")
    assert "Team ‘Zorg’ verwijderen?" in words(desk.get(remove))
    assert "Het team ‘Zorg’ is verwijderd." in words(desk.post(remove, follow=True))
    assert log(school)[-1] == ("Team", "Zorg", "")
    assert desk.post(remove).status_code == 404


@pytest.mark.parametrize("name", ["team", "remove_team"])
def test_team_of_another_school_is_not_found(desk: Client, school: School, other_school: School, name: str) -> None:
    theirs = other_school.teams.create(name="Elders")
    for address in (reverse(f"school:{name}", args=[school.pk, theirs.pk]), page_of(theirs, name)):
        assert desk.get(address).status_code == 404
        assert desk.post(address, {"name": "Ons"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.name == "Elders"


def test_team_deleted_meanwhile_is_not_made_again(team: Team, manager: User) -> None:
    stale, content = Team.objects.get(pk=team.pk), teams.read_content(team)
    teams.delete(team=team, by=manager)
    with pytest.raises(teams.TeamRefused):
        teams.save(team=stale, content=content, opened=content.fingerprint, by=manager)
    assert not Team.objects.exists()
