"""Login through the page's labels, or by a session on the test's own site."""

from __future__ import annotations

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from accounts.models import User
from tests.factories import PASSWORD


def give_password(page: Page, user: User) -> None:
    """Fill in and submit the login page; the caller checks the page that follows."""
    page.get_by_label("E-mailadres").fill(user.email)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()


def add_session(page: Page, site: str, user: User) -> None:
    """Log the browser in at `site`, without its login page."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
