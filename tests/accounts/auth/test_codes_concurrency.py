"""Concurrent use of one code by two browsers, on real connections."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from tests.accounts.mailed import start_counting
from tests.concurrency import at_once
from tests.factories import UserFactory

from .codes import SET_UP, App, app_of, password_of, steps_of, unused_codes

pytestmark = pytest.mark.django_db(transaction=True)
CODE = "/inloggen/code/"


@pytest.fixture(autouse=True)
def _announce_nothing(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    start_counting(settings)


@pytest.fixture
def someone() -> User:
    return UserFactory()


def browsers(user: User, count: int) -> list[Client]:
    """Return browsers after the password step."""
    clients = [Client() for _ in range(count)]
    for client in clients:
        client.post("/inloggen/", password_of(user))
    return clients


def use_at_once(clients: list[Client], code: str) -> list[int]:
    """Return the status of each: 302 for a login."""
    results = at_once(*[lambda client=client: client.post(CODE, {"code": code}).status_code for client in clients])
    return sorted(results)


def test_code_used_twice_at_once_works_once(someone: User) -> None:
    app = app_of(someone)
    assert use_at_once(browsers(someone, 4), app.code()) == [200, 200, 200, 302]


def test_concurrent_guesses_all_count(someone: User) -> None:
    app = app_of(someone)
    clients = browsers(someone, 4)
    for _ in range(3):
        use_at_once(clients, app.wrong_code())
    assert clients[0].post(CODE, {"code": app.code()}).status_code == 200, "over the limit of ten"


def test_recovery_code_used_twice_at_once_works_once(someone: User) -> None:
    app_of(someone)
    [code, *_] = unused_codes(someone)
    assert use_at_once(browsers(someone, 3), code) == [200, 200, 302]
    assert len(unused_codes(someone)) == 9


def test_switching_on_twice_at_once_works_once(someone: User) -> None:
    clients = browsers(someone, 2)
    apps = [App.of_page(client.get(SET_UP).content.decode()) for client in clients]
    steps = zip(clients, apps, strict=True)
    at_once(*[lambda client=client, app=app: client.post(SET_UP, {"code": app.code()}) for client, app in steps])
    assert steps_of(someone) == {"totp", "recovery_codes"}
    assert Authenticator.objects.count() == 2
    assert sorted(client.get("/profiel/").status_code for client in clients) == [200, 302]
