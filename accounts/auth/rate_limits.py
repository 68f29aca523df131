"""How often one address may try what is wrong, and ask for mail.

They count in the cache: one that is empty or gone lets everybody through. What a wrong password costs an account is
counted in the database, by django-axes; what it costs an address, trying one account after another, is counted here.
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

from accounts.mailable import normalise_address
from accounts.sessions.devices import known_device

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """At most `times` in `per`, counted from the first one on."""

    name: str
    times: int
    per: timedelta

    def exceeds(self, key: str) -> bool:
        """Counts one more under `key`, and whether that is one too many; never while the cache is gone."""
        global _is_told
        where = self._where(key)
        try:
            if cache.add(where, 1, self.seconds):
                return False
            count: int = cache.incr(where)
        except ValueError:  # it expired between the two
            return False
        except Exception:
            if not _is_told:
                logger.warning("The cache does not answer; nothing is counted.", exc_info=True)
            _is_told = True
            return False
        _is_told = False
        return count > self.times

    def _where(self, key: str) -> str:
        return f"limit-{self.name}-{key}"

    @property
    def seconds(self) -> int:
        return int(self.per.total_seconds())


_is_told = False  # an outage is logged once by each process, not once a request
# A school's whole classroom shares an address, and registers within the same ten minutes.
MAILS_BY_ADDRESS = Limit("account-mail-address", 60, timedelta(minutes=10))
MAILS_BY_EMAIL = Limit("account-mail-email", 5, timedelta(hours=1))  # by form: the one can't use up the other's
WRONG_PASSWORDS = Limit("wrong-password", 200, timedelta(minutes=10))  # by address, for whichever accounts
WRONG_LINKS = Limit("account-link", 20, timedelta(minutes=10))
CONFIRM_TRIES = Limit("confirm-registration", 10, timedelta(minutes=15))  # by registration: wrong passwords
LISTS_BY_USER = Limit("people-list", 20, timedelta(hours=1))  # by who hands them in: what one says of many addresses


def client_key(request: HttpRequest) -> str:
    """What stands for who asks: the IPv4 address, or the IPv6 network of 64 bits that one subscriber has."""
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
    """What stands for an e-mail address in the cache, which keeps none."""
    return hashlib.sha256(email.encode()).hexdigest()


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
