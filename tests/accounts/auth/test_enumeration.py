"""Responses and costs do not reveal which addresses have an account.

Costs are queries, password hashes and mails, as seconds differ per machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.auth import rate_limits
from accounts.models import School, User
from accounts.sessions import devices
from digibeoordelen.outbox.models import OutgoingMail
from tests.accounts.mailed import mailed, start_counting
from tests.factories import PASSWORD, RegistrationFactory, UserFactory

KNOWN, UNKNOWN, OFF, HALF = "sam@school.test", "niemand@school.test", "uit@school.test", "half@school.test"
STATES = [KNOWN, UNKNOWN, OFF, HALF]


@dataclass(frozen=True)
class Work:
    """The cost of one request; `queries` without their values."""

    status: int
    page: str
    queries: list[str]
    hashes: int
    mails: int
    cookies: list[str]


@pytest.fixture
def people(school: School) -> None:
    """An active account, an inactive one and an unconfirmed registration."""
    school.register_on = True
    school.save()
    UserFactory(email=KNOWN)
    UserFactory(email=OFF, is_active=False)
    RegistrationFactory(email=HALF, school=school)


@pytest.fixture
def work(people: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Work]:
    """Return `work(path, data)`, which posts a form and returns its cost."""
    hashed: list[int] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, *args: Any, **kwargs: Any) -> str:
        hashed.append(1)
        return encode(self, *args, **kwargs)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    def post(path: str, email: str, cookies: dict[str, str] | None = None, **data: Any) -> Work:
        hashed.clear()
        before = OutgoingMail.objects.count()
        client = Client()
        client.cookies.load(cookies or {})
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = client.post(path, {"email": email, "login": email, **data})
        page = response.content.decode().replace(email, "…")
        return Work(
            status=response.status_code,
            page=re.sub(r'value="\w{64}"', "", page),  # the form's token
            queries=[re.sub(r"'[^']*'|\d+", "?", query["sql"])[:60] for query in queries.captured_queries],
            hashes=len(hashed),
            mails=OutgoingMail.objects.count() - before,
            cookies=sorted(client.cookies),
        )

    return post


def alike(items: list[Work]) -> Work:
    """Return the cost if it is the same each time."""
    assert all(work == items[0] for work in items[1:])
    return items[0]


def registration(school: School) -> dict[str, Any]:
    names = {"first_name": "Noa", "infix": "", "last_name": "Wit"}
    return {**names, "school": school.pk, "password1": PASSWORD, "password2": PASSWORD}


def test_registering_costs_the_same_with_or_without_account(work: Callable[..., Work], school: School) -> None:
    path = reverse("accounts:register")
    result = alike([work(path, email, **registration(school)) for email in STATES])
    assert (result.status, result.hashes, result.mails) == (200, 1, 1)
    assert [kind for kind, _ in mailed()] == [
        "has_account",
        "confirm_registration",
        "has_account",
        "confirm_registration",
    ]


def test_requesting_the_mail_again_mails_without_hashing(work: Callable[..., Work]) -> None:
    result = alike([work(reverse("accounts:confirm_again"), email) for email in STATES])
    assert (result.status, result.hashes, result.mails) == (200, 0, 1)
    assert [kind for kind, _ in mailed()] == ["has_account", "no_account", "has_account", "confirm_registration"]


def test_a_forgotten_password_mails_once_and_hashes_nothing(work: Callable[..., Work]) -> None:
    result = alike([work(reverse("account_reset_password"), email) for email in STATES])
    assert (result.status, result.hashes, result.mails) == (200, 0, 1)
    assert [kind for kind, _ in mailed()] == ["new_password", "no_account", "no_account", "no_account"]


def test_logging_in_hashes_once_and_mails_nothing(work: Callable[..., Work]) -> None:
    User.objects.create(email="zonder@school.test", password="!")  # an account without a password
    addresses = [*STATES, "zonder@school.test"]
    result = alike([work("/inloggen/", email, password="verkeerd-woord") for email in addresses])
    assert (result.status, result.hashes, result.mails) == (200, 1, 0)


def test_known_device_does_not_affect_another_address(work: Callable[..., Work]) -> None:
    device = Client()
    device.post("/inloggen/", {"login": KNOWN, "password": PASSWORD})
    UserFactory(email="ander@school.test")
    for cookies in ({}, {devices.COOKIE: device.cookies[devices.COOKIE].value}):
        emails = ["ander@school.test", UNKNOWN, HALF, OFF]
        alike([work("/inloggen/", email, cookies, password="verkeerd-woord") for email in emails])


def test_inactive_account_answers_like_a_wrong_password(work: Callable[..., Work]) -> None:
    alike([work("/inloggen/", email, password=PASSWORD) for email in (OFF, UNKNOWN, HALF)])


def test_lockout_is_the_same_with_or_without_account(work: Callable[..., Work], settings: Any) -> None:
    start_counting(settings)
    for number in range(11):
        answers = [work("/inloggen/", email, password="verkeerd") for email in (KNOWN, UNKNOWN, OFF, HALF)]
        assert alike(answers).status == (200 if number < 9 else 429)


@pytest.mark.parametrize("name", ["accounts:register", "accounts:confirm_again", "account_reset_password"])
def test_answers_over_the_limit_are_alike(work: Callable[..., Work], school: School, settings: Any, name: str) -> None:
    start_counting(settings)
    last = []
    for email in (KNOWN, UNKNOWN):
        for _ in range(rate_limits.MAILS_BY_EMAIL.times + 1):
            answer = work(reverse(name), email, **registration(school))
        last.append(answer)
    assert (alike(last).status, alike(last).mails) == (429, 0)


# --- Brute force and session fixation ---------------------------------------------------------------------
def test_right_password_works_from_a_locked_network_address(people: None, settings: Any) -> None:
    start_counting(settings)
    times = rate_limits.WRONG_PASSWORDS.times

    def attempt(email: str, password: str, visitor: str) -> int:
        words = {"login": email, "password": password}
        return Client(REMOTE_ADDR=visitor).post("/inloggen/", words).status_code

    answers = [attempt(f"p{number}@school.test", "welkom2026", "192.0.2.1") for number in range(times + 1)]
    assert answers == [200] * times + [429]
    assert attempt(KNOWN, "verkeerd", "192.0.2.1") == attempt(UNKNOWN, "verkeerd", "192.0.2.1") == 429
    assert attempt(KNOWN, "verkeerd", "192.0.2.2") == 200
    assert attempt(KNOWN, PASSWORD, "192.0.2.1") == 302


def test_successful_logins_are_not_counted(people: None, settings: Any) -> None:
    start_counting(settings)
    for _ in range(rate_limits.WRONG_PASSWORDS.times + 1):
        answer = Client().post("/inloggen/", {"login": KNOWN, "password": PASSWORD})
    assert answer.status_code == 302


def test_login_invalidates_a_planted_session(client: Client, people: None) -> None:
    session = client.session
    session["planted"] = "x"
    session.save()
    planted = session.session_key or ""
    client.cookies["sessionid"] = planted
    client.post("/inloggen/", {"login": KNOWN, "password": PASSWORD})
    assert client.session.session_key != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/profiel/").url.startswith("/inloggen/")


def test_unknown_session_key_is_not_adopted(client: Client, people: None) -> None:
    client.cookies["sessionid"] = "abcdefghijklmnopqrstuvwxyz012345"
    client.post("/inloggen/", {"login": KNOWN, "password": PASSWORD})
    assert client.cookies["sessionid"].value != "abcdefghijklmnopqrstuvwxyz012345"
