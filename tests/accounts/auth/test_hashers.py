"""Passwords are hashed with Argon2id; a hash of before is replaced at the next log-in."""

from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.test import Client
from django.urls import reverse

from accounts.models import User
from digibeoordelen import settings as product
from tests.factories import PASSWORD, UserFactory

ARGON2ID = "argon2$argon2id$v=19$m=19456,t=3,p=1$"


@pytest.fixture(autouse=True)
def hashers(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's hashers; PBKDF2 with few rounds, which a hash names itself."""
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 10)


@pytest.fixture
def someone(db: None) -> User:
    user = UserFactory(email="sam@school.test")
    user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    user.save()
    return user


def log_in(password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/inloggen/", {"login": "sam@school.test", "password": password})
    return client


def test_new_password_is_hashed_with_argon2id() -> None:
    assert make_password(PASSWORD).startswith(ARGON2ID)


def test_login_replaces_an_older_hash(someone: User) -> None:
    log_in("verkeerd-woord")
    assert User.objects.get().password.startswith("pbkdf2_sha256$")
    client = log_in()
    assert User.objects.get().password.startswith(ARGON2ID)
    assert client.get("/profiel/").status_code == 200
    assert log_in().get("/profiel/").status_code == 200


def test_session_outlives_the_replacement_of_its_hash(someone: User) -> None:
    client = Client()
    client.force_login(someone)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert User.objects.get().password.startswith(ARGON2ID)
    assert client.get("/profiel/").status_code == 200
