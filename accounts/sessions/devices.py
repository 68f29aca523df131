"""The browsers where someone logged in before, by a signed cookie (OWASP: 'device cookies').

Wrong passwords are counted there apart, so that whoever types them elsewhere doesn't lock such a browser out. An entry
is void once the password changed.
"""

from __future__ import annotations

from secrets import token_hex

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User

COOKIE = "apparaat"
ACCOUNTS = 5  # of one browser, the last ones: computers at school are shared
AGE = 365 * 24 * 3600  # seconds
SALT = "accounts.devices"
Entry = tuple[int, str, str]  # account, device, proof


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Set the cookie that makes this a browser where `user` logged in."""
    device = token_hex(4)
    others = [entry for entry in _entries(request) if entry[0] != user.pk]
    value = signing.dumps([(user.pk, device, _proof(user, device)), *others][:ACCOUNTS], salt=SALT)
    response.set_cookie(COOKIE, value, max_age=AGE, httponly=True, secure=settings.HTTPS, samesite="Lax")


def known_device(request: HttpRequest, email: str) -> str:
    """The device on which `email` logged in with its present password; '' in any other browser."""
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
