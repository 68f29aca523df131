"""Signed cookies for browsers with an earlier login (OWASP 'device cookies').

Failed logins there are counted separately, so that failures elsewhere don't lock the owner out. An entry is void after
a change of password.
"""

from __future__ import annotations

from secrets import token_hex

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User

COOKIE = "apparaat"
ACCOUNTS = 5  # most recent ones per browser: school computers are shared
AGE = 365 * 24 * 3600  # seconds
SALT = "accounts.devices"
Entry = tuple[int, str, str]  # account, device, proof


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Set the cookie that marks this browser as known for `user`."""
    device = token_hex(4)
    others = [entry for entry in _entries(request) if entry[0] != user.pk]
    value = signing.dumps([(user.pk, device, _proof(user, device)), *others][:ACCOUNTS], salt=SALT)
    response.set_cookie(COOKIE, value, max_age=AGE, httponly=True, secure=settings.HTTPS, samesite="Lax")


def known_device(request: HttpRequest, email: str) -> str:
    """Return the device on which `email` logged in with its present password, or ''."""
    entries = {pk: (device, proof) for pk, device, proof in _entries(request)}
    if not entries:
        return ""
    user = User.objects.filter(email=email, pk__in=entries).first()
    device, proof = entries[user.pk] if user else ("", "")
    return device if user and constant_time_compare(proof, _proof(user, device)) else ""


def _entries(request: HttpRequest) -> list[Entry]:
    try:
        entries: list[Entry] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=AGE)
    except signing.BadSignature:
        return []
    return entries


def _proof(user: User, device: str) -> str:
    value = f"{user.pk} {device} {user.password}"
    return salted_hmac("accounts.sessions.devices.proof", value, algorithm="sha256").hexdigest()[:32]
