"""An authenticator app for tests."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from html import unescape

import time_machine
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from tests.factories import PASSWORD

SET_UP = "/profiel/code/aanzetten/"


class App:
    """Generates codes from the key; `later` counts steps of 30 seconds, since a code works once."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    @classmethod
    def of_page(cls, page: str) -> App:
        """Return the key shown by the setup page."""
        [shown] = re.findall(r'<code class="key">([A-Z2-7 ]+)</code>', unescape(page))
        return cls(b32decode(shown.replace(" ", "")))

    def code(self, later: int = 0) -> str:
        totp = TOTP(self.key)
        totp.time = time.time() + 30 * later
        return f"{totp.token():06}"

    def wrong_code(self) -> str:
        """Return a code that is invalid now and in the steps next to it."""
        right = {self.code(step) for step in (-2, -1, 0, 1, 2)}
        return next(code for code in ("123456", "654321", "111222", "222111", "333444", "444333") if code not in right)


def set_up(client: Client, **more: str) -> tuple[App, list[str]]:
    """Switch two-factor login on for the logged-in user; return the app and the recovery codes."""
    page = client.get(SET_UP).content.decode()
    app = App.of_page(page)
    [key] = re.findall(r'name="key" value="([^"]+)"', page)
    # If a 30-second step ended in between, the code would be two steps old.
    with time_machine.travel(timezone.now(), tick=False):
        page = client.post(SET_UP, {"key": key, "code": app.code(-1), **more}).content.decode()
    codes = re.findall(r"<code>([0-9A-Z-]{19})</code>", page)
    assert len(codes) == 10, page
    return app, codes


def app_of(user: User) -> App:
    """Switch two-factor login on for `user` without a session."""
    return App(TOTPDevice.objects.create(user=user, name="app").bin_key)


def password_of(user: User) -> dict[str, str]:
    return {"username": user.email, "password": PASSWORD}
