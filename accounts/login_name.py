"""What wrong passwords are counted under."""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from .devices import known_device
from .mailable import normalise_address

LENGTH = 255  # of axes' column


def login_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The e-mail address as an account is looked up by it, so that capitals do not start a new count.

    In a browser where one logged in before, the device follows after a space: it has a count of its own.
    """
    email = normalise_address((credentials or request.POST).get("username") or "")
    return f"{email} {known_device(request, email)}".strip()[:LENGTH]


def client_address(request: HttpRequest) -> str:
    """The address that a login came from, behind as many proxies as `TRUSTED_PROXIES` says.

    Each of them wrote at the end of X-Forwarded-For whom it was asked by; what stands before that is
    the client's own word. Without this all visitors would be the proxy, and anyone could lock out
    anyone.
    """
    chain = request.headers.get("X-Forwarded-For", "").split(",")
    proxies: int = settings.TRUSTED_PROXIES
    if 0 < proxies <= len(chain):
        try:
            return str(ipaddress.ip_address(chain[-proxies].strip()))
        except ValueError:
            pass
    return str(request.META.get("REMOTE_ADDR", ""))
