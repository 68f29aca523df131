"""The page 'Workflow'."""

import re

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Role, School, User
from assessments.models import Status
from exams.workflow import Actor, participants, steps
from tests.factories import MembershipFactory, UserFactory


def test_steps_are_the_statuses_in_order() -> None:
    states = [(value, word) for value, word in Status.choices if value != Status.CANCELLED]
    assert [(step.status, step.label) for step in steps()] == states


def test_every_actor_has_an_action_and_a_row() -> None:
    assert {action.actor for step in steps() for action in step.actions} == set(Actor)
    assert [part.actor for part in participants()] == list(Actor)


@pytest.mark.parametrize(
    ("role", "actors"),
    [
        (Role.STUDENT, {"Student"}),
        (Role.DOCENT, {"Initiator"}),
        (Role.PRAKTIJKOPLEIDER, {"Examinator"}),
        (Role.EXAMENCOMMISSIE, {"Examencommissie"}),
        (Role.SCHOOLBEHEER, set()),
    ],
)
def test_actions_of_the_users_role_are_marked(client: Client, school: School, role: str, actors: set[str]) -> None:
    client.force_login(MembershipFactory(school=school, role=role).user)
    page = client.get("/workflow/").content.decode()
    assert set(re.findall(r'(\w+)\s*<span class="workflow-you">uw rol</span>', page)) == actors


def test_without_a_role_nothing_is_marked(client: Client, db: None) -> None:
    client.force_login(UserFactory())
    page = client.get("/workflow/").content.decode()
    assert "workflow-own" not in page


def test_every_page_links_to_the_workflow(client: Client, docent: User) -> None:
    client.force_login(docent)
    for path, links in {"/adresboek/": 1, "/mijn-digibib/": 2}.items():
        assert client.get(path).content.decode().count('href="/workflow/"') == links


def test_login_page_does_not_link_to_the_workflow(client: Client, db: None) -> None:
    assert "/workflow/" not in client.get("/inloggen/").content.decode()


def test_workflow_is_available_in_english(client: Client, docent: User) -> None:
    client.force_login(docent)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get("/workflow/").content.decode()
    assert "Chooses the exam, the student and the examiners" in page
    assert "your role" in page


def test_page_takes_only_the_headers_queries(client: Client, docent: User, django_assert_num_queries) -> None:
    client.force_login(docent)
    with django_assert_num_queries(3):  # session, user, roles
        client.get("/workflow/")
