"""Rate limits per network address, mailbox or user, counted in the cache.

django-allauth counts failed logins and wrong codes (`ACCOUNT_RATE_LIMITS`).
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


@dataclass(frozen=True)
class Limit:
    """At most `times` per fixed window of `per`, which starts at the first event."""

    name: str
    times: int
    per: timedelta

    def exceeds(self, key: str) -> bool:
        """Count an event under `key` and return whether it exceeds the limit; False while the cache is down."""
        return self.count(key) > self.times

    def count(self, key: str) -> int:
        """Count an event under `key` and return which one of the window it is."""
        cache_key = f"limit-{self.name}-{key}"
        if cache.add(cache_key, 1, self.seconds):
            return 1
        try:
            return int(cache.incr(cache_key))
        except ValueError:  # expired between the two calls
            return 1

    @property
    def seconds(self) -> int:
        return int(self.per.total_seconds())


# A whole classroom shares an address, and registers within ten minutes.
MAILS_BY_ADDRESS = Limit("account-mail-address", 60, timedelta(minutes=10))
MAILS_BY_EMAIL = Limit("account-mail-email", 5, timedelta(hours=1))  # per form
WRONG_PASSWORDS = Limit("wrong-password", 200, timedelta(minutes=10))  # per network address, for all accounts
WRONG_CODES = Limit("wrong-code", 10, timedelta(minutes=15))  # per user, to warn the owner
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
