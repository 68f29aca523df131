"""Of django-allauth's pages only those in use have an address, and none is shown in its own look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse

from accounts.auth import urls as own
from accounts.models import User
from tests.factories import UserFactory

from .codes import app_of, password_of, reauthenticate, set_up


def names_of(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield str(pattern.name)


OWN = set(names_of(own.urlpatterns))
ELSEWHERE = {"account_logout"}  # logging out of the school's account too: accounts/sso
ALLAUTH = {name for app in ("account", "mfa") for name in names_of(import_module(f"allauth.{app}.urls").urlpatterns)}
# Without parameters, and shown to someone who is logged in with a second step.
LOGGED_IN = sorted(name for name in OWN if name.startswith(("account_change", "account_rea", "mfa_")))


def test_addresses_are_those_that_allauth_asks_for() -> None:
    assert OWN <= ALLAUTH


@pytest.mark.parametrize("name", sorted(ALLAUTH - OWN - ELSEWHERE))
def test_unused_page_has_no_address(name: str) -> None:
    for args in ([], [1], ["a"], ["1", "a"]):
        with pytest.raises(NoReverseMatch):
            reverse(name, args=args)


@pytest.mark.parametrize("path", ["login", "signup", "email", "password/reset", "inactive", "2fa", "mfa", "sessions"])
def test_allauths_own_addresses_do_not_exist(client: Client, db: None, path: str) -> None:
    for start in ("", "accounts/", "account/"):
        assert client.get(f"/{start}{path}/").status_code == 404


def check(response: Any) -> None:
    """Check that a page, if it is one, is ours: our base, and nothing inline that the CSP would refuse."""
    if response.status_code != 200 or "text/html" not in response["Content-Type"]:
        return
    page = response.content.decode()
    assert "css/base.css" in page
    assert not re.search(r"<style|\son[a-z]+=|\sstyle=", page)
    assert not [tag for tag in re.findall(r"<script[^>]*>", page) if " src=" not in tag and "json" not in tag]
    files = {template.origin.name for template in response.templates}
    assert not [name for name in files if "allauth" in name], files


@pytest.fixture
def someone(db: None) -> User:
    return UserFactory()


def test_pages_before_the_login_are_ours(client: Client, someone: User) -> None:
    app_of(someone)
    for name in ("account_login", "account_reset_password"):
        check(client.get(reverse(name)))
        check(client.post(reverse(name), {"login": "x", "email": "x"}))
    client.post("/inloggen/", password_of(someone))
    for answer in (client.get("/inloggen/code/"), client.post("/inloggen/code/", {"code": "x"})):
        assert answer.status_code == 200
        check(answer)


@pytest.mark.parametrize("name", LOGGED_IN)
def test_pages_after_the_login_are_ours(client: Client, someone: User, name: str) -> None:
    client.post("/inloggen/", password_of(someone))
    set_up(client)
    reauthenticate(client)
    try:
        path = reverse(name)
    except NoReverseMatch:
        path = reverse(name, args=[1])
    check(client.get(path))
    check(client.post(path))
