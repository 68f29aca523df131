"""An authenticator app for tests, and the steps of a login with one."""

from __future__ import annotations

import hmac
import re
import time
from base64 import b32decode
from html import unescape
from typing import Any
from unittest.mock import patch

import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories import PASSWORD

SET_UP = "/profiel/code/aanzetten/"
REAUTHENTICATE = "/profiel/bevestigen/"


class App:
    """Generates codes from the key (RFC 6238); `later` counts steps of 30 seconds, since a code works once."""

    def __init__(self, secret: str) -> None:
        self.key = b32decode(secret)

    @classmethod
    def of_page(cls, page: str) -> App:
        """Return the key shown by the setup page."""
        [shown] = re.findall(r'<code class="key">([A-Z2-7]+)</code>', unescape(page))
        return cls(shown)

    def code(self, later: int = 0) -> str:
        counter = int(time.time()) // 30 + later
        digest = hmac.digest(self.key, counter.to_bytes(8), "sha1")
        start = digest[-1] & 15
        return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 10**6:06}"

    def wrong_code(self) -> str:
        """Return a code that is invalid now and in the steps next to it."""
        right = {self.code(step) for step in (-2, -1, 0, 1, 2)}
        return next(code for code in ("123456", "654321", "111222", "222111", "333444", "444333") if code not in right)


def post(client: Client, url: str, data: dict[str, str] | None = None, **more: Any) -> Any:
    """Post, and run at once what allauth does on commit, which a test's transaction never reaches."""
    with patch("django.db.transaction.on_commit", lambda run, **kwargs: run()):
        return client.post(url, data or {}, **more)


def set_up(client: Client, url: str = SET_UP) -> tuple[App, list[str]]:
    """Switch two-factor login on for the logged-in user; return the app and the recovery codes."""
    app = App.of_page(client.get(url).content.decode())
    # If a 30-second step ended in between, the code would be two steps old.
    with time_machine.travel(timezone.now(), tick=False):
        page = post(client, url, {"code": app.code(-1)}, follow=True).content.decode()
    codes = shown_codes(page)
    assert len(codes) == 10, page
    return app, codes


def shown_codes(page: str) -> list[str]:
    return re.findall(r"<code>([0-9]{8})</code>", page)


def app_of(user: User) -> App:
    """Switch two-factor login on for `user` without a session."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return App(secret)


def steps_of(user: User) -> set[str]:
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def unused_codes(user: User) -> list[str]:
    authenticator = Authenticator.objects.filter(user=user, type="recovery_codes").first()
    return authenticator.wrap().get_unused_codes() if authenticator else []


def reauthenticate(client: Client, password: str = PASSWORD) -> Any:
    return client.post(REAUTHENTICATE, {"password": password})


def password_of(user: User) -> dict[str, str]:
    return {"login": user.email, "password": PASSWORD}
