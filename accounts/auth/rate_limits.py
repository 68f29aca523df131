"""Rate limits per network address, mailbox or user.

They count in the cache and fail open when it is down. Failed logins per account are counted in the database, by django-
axes.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from accounts.mail.addresses import normalise_address
from accounts.sessions.devices import known_device

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """At most `times` per fixed window of `per`, which starts at the first event."""

    name: str
    times: int
    per: timedelta

    def exceeds(self, key: str) -> bool:
        """Count an event under `key` and return whether it exceeds the limit; False while the cache is down."""
        global _outage_logged
        cache_key = self._cache_key(key)
        try:
            if cache.add(cache_key, 1, self.seconds):
                return False
            count: int = cache.incr(cache_key)
        except ValueError:  # expired between the two calls
            return False
        except Exception:
            if not _outage_logged:
                logger.warning("The cache does not answer; nothing is counted.", exc_info=True)
            _outage_logged = True
            return False
        _outage_logged = False
        return count > self.times

    def _cache_key(self, key: str) -> str:
        return f"limit-{self.name}-{key}"

    @property
    def seconds(self) -> int:
        return int(self.per.total_seconds())


_outage_logged = False  # an outage is logged once per process
# A whole classroom shares an address, and registers within ten minutes.
MAILS_BY_ADDRESS = Limit("account-mail-address", 60, timedelta(minutes=10))
MAILS_BY_EMAIL = Limit("account-mail-email", 5, timedelta(hours=1))  # per form
WRONG_PASSWORDS = Limit("wrong-password", 200, timedelta(minutes=10))  # per network address, for all accounts
WRONG_LINKS = Limit("account-link", 20, timedelta(minutes=10))
CONFIRM_TRIES = Limit("confirm-registration", 10, timedelta(minutes=15))  # per registration: wrong passwords
LISTS_BY_USER = Limit(
    "people-list", 20, timedelta(hours=1)
)  # per uploading user: an import reveals which addresses have accounts


def client_key(request: HttpRequest) -> str:
    """Return the client's IPv4 address, or the /64 network of its IPv6 address, which one subscriber has."""
    try:
        address = ipaddress.ip_address(client_address(request))
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    # A scope ('fe80::1%eth0') is no part of the network.
    return str(ipaddress.IPv6Network((int(address), 64), strict=False).network_address)


def mailbox(email: str) -> str:
    """Return a hash of an e-mail address, so that the cache contains no addresses."""
    return hashlib.sha256(email.encode()).hexdigest()


LENGTH = 255  # of axes' column


def login_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the normalised e-mail address, so that case does not start a new count.

    In a browser with an earlier login the device follows after a space, with a count of its own.
    """
    email = normalise_address((credentials or request.POST).get("username") or "")
    return f"{email} {known_device(request, email)}".strip()[:LENGTH]


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address, behind `TRUSTED_PROXIES` proxies.

    Each proxy appends the address of its client to X-Forwarded-For; earlier entries are untrusted. With the proxy's own
    address all visitors would share one count.
    """
    chain = request.headers.get("X-Forwarded-For", "").split(",")
    proxies: int = settings.TRUSTED_PROXIES
    if 0 < proxies <= len(chain):
        try:
            return str(ipaddress.ip_address(chain[-proxies].strip()))
        except ValueError:
            pass
    return str(request.META.get("REMOTE_ADDR", ""))
