"""Private pages are not stored and name the cookie that a browser needs to show them again."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from accounts.sessions.private_pages import SESSION_COOKIE

pytestmark = pytest.mark.django_db


def test_page_names_the_readable_cookie_of_its_session(client: Client, docent: User) -> None:
    client.force_login(docent)
    page = client.get("/profiel/")
    assert not client.cookies[SESSION_COOKIE]["httponly"]
    assert f'content="{SESSION_COOKIE}={client.cookies[SESSION_COOKIE].value}"' in page.content.decode()
    assert client.cookies[SESSION_COOKIE].value != client.session.session_key


def test_cookie_is_set_once_and_ends_with_the_session(client: Client, docent: User) -> None:
    client.force_login(docent)
    client.get("/profiel/")
    assert SESSION_COOKIE not in client.get("/profiel/").cookies
    client.session.flush()
    assert client.get("/inloggen/").cookies[SESSION_COOKIE].value == ""


def test_new_login_has_another_cookie(client: Client, docent: User, colleague: User) -> None:
    values = []
    for user in (docent, colleague, docent):
        client.force_login(user)
        client.get("/profiel/")
        values.append(client.cookies[SESSION_COOKIE].value)
        client.post("/uitloggen/")
    assert len(set(values)) == 3


def test_unchanged_csrf_cookie_is_not_sent_again(client: Client, docent: User) -> None:
    client.force_login(docent)
    assert settings.CSRF_COOKIE_NAME in client.get("/profiel/bewerken/").cookies
    assert settings.CSRF_COOKIE_NAME not in client.get("/profiel/bewerken/").cookies
    client.cookies[settings.CSRF_COOKIE_NAME] = "x" * 7  # no token
    assert settings.CSRF_COOKIE_NAME in client.get("/profiel/bewerken/").cookies
