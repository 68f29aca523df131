from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role, School, User
from tests.factories import member


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tasks in the queue: there is no broker."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture
def manager(school: School) -> User:
    """The only user with the role Schoolbeheer."""
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")


@pytest.fixture
def second_manager(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER, first_name="Bas", last_name="Beheer", email="bas@hier.test")


@pytest.fixture
def browser(client: Client, manager: User) -> Client:
    """A browser logged in as `manager`."""
    client.force_login(manager)
    return client
