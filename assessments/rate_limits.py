"""How often one address may try what is wrong, and ask what costs work.

Whoever holds a link or a code that is right is never kept out. A token can't be guessed (it is
signed), nor a document's code (it is random), so what these limits save is work and noise, and an
examiner's mailbox. They count in the cache: one that is empty or gone lets everybody through.
"""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.http import HttpRequest

from accounts.login_name import client_address

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
        where = f"limit-{self.name}-{key}"
        try:
            if cache.add(where, 1, self.seconds):
                return False
            count: int = cache.incr(where)
        except ValueError:  # it expired between the two
            return False
        except Exception:
            if not _is_told:
                logger.warning("The cache does not answer; wrong links are not counted.", exc_info=True)
            _is_told = True
            return False
        _is_told = False
        return count > self.times

    @property
    def seconds(self) -> int:
        return int(self.per.total_seconds())


_is_told = False  # an outage is logged once by each process, not once a request

WRONG = {  # by reason of `links.NoAccess`, and address
    "unknown": Limit("unknown", 20, timedelta(minutes=10)),
    # Whoever has no cookie may have had one: a school's whole classroom shares an address.
    "no_cookie": Limit("no-cookie", 60, timedelta(minutes=10)),
}
WRONG_CODES = Limit("wrong-code", 20, timedelta(minutes=10))
CHECKED_FILES = Limit("checked-file", 60, timedelta(minutes=10))  # uploads, right or wrong: each costs a hash
NEW_LINKS_BY_ADDRESS = Limit("new-link-address", 60, timedelta(minutes=10))
COPIES = Limit("copy", 10, timedelta(minutes=10))  # by invitation: each is a PDF that is made while one waits
NEW_LINKS_BY_INVITATION = Limit("new-link-invitation", 10, timedelta(hours=24))  # mails, not clicks


def asker(request: HttpRequest) -> str:
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
