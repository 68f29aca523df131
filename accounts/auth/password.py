"""Links to choose a new password; the outbox stores no token, but a digest that tells whether it is still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.http import base36_to_int

from accounts.models import User
from digibeoordelen.outbox.links import Link, LinkVoid

LINK_KIND = "new_password"


class ResetTokenGenerator(PasswordResetTokenGenerator):
    """Tokens that are void after a login, and a change of password, address or `is_active`."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}"

    def made_at(self, user: User, timestamp: str) -> str:
        """Return the token that was made at `timestamp`, its first part, for the user as they are now."""
        return self._make_token_with_timestamp(user, base36_to_int(timestamp), self.secret)


_tokens = ResetTokenGenerator()


def password_link(*, user: User, language: str) -> Link:
    """Return the outbox's placeholder for a link that works once, for `PASSWORD_RESET_TIMEOUT`."""
    token = _tokens.make_token(user)
    data = {"user": user.pk, "at": token.split("-")[0], "digest": _digest(token), "language": language}
    return Link(LINK_KIND, data)


def resolve_password_link(data: Mapping[str, Any]) -> str:
    """Return the URL for the mail being sent; raise `LinkVoid`."""
    user = User.objects.filter(pk=data["user"]).first()
    token = _tokens.made_at(user, data["at"]) if user and "at" in data else ""
    if not token or _digest(token) != data["digest"] or not _tokens.check_token(user, token):
        raise LinkVoid("De link is intussen verlopen, of het wachtwoord is al gewijzigd.")
    path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), token])
    return f"{settings.SITE_URL}{path}?{urlencode({'taal': data['language']})}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
