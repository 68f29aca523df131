"""Logging in as people do, by the labels they read."""

from __future__ import annotations

from playwright.sync_api import Page

from accounts.models import User
from tests.factories import PASSWORD


def give_password(page: Page, user: User) -> None:
    """Types who it is and the password on the login page; what comes after it the caller expects."""
    page.get_by_label("E-mailadres").fill(user.email)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()
