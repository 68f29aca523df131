"""Logging in: as people do, by the labels they read, or by a session of the test's own site."""

from __future__ import annotations

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from accounts.models import User
from tests.factories import PASSWORD


def give_password(page: Page, user: User) -> None:
    """Types who it is and the password on the login page; what comes after it the caller expects."""
    page.get_by_label("E-mailadres").fill(user.email)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()


def add_session(page: Page, site: str, user: User) -> None:
    """Log the browser in at `site`, without its login page."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
