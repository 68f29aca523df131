"""Requests to identity providers: addresses that schools type must not reach the server's own network."""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5, 10, 20
MAX_BYTES = 1024 * 1024
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(requests.RequestException):
    """The address is not https, or redirects."""


class AnswerTooLarge(requests.RequestException):
    """The answer is larger than `MAX_BYTES` or takes longer than `TOTAL_SECONDS`."""


def is_public(address: str) -> bool:
    """Return whether an IP address is on the internet, not in a private or reserved network."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if embedded := ip.ipv4_mapped or ip.sixtofour:
            return is_public(str(embedded))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


def is_allowed(url: str) -> bool:
    """Return whether the site may fetch from, or send a browser to, a provider's URL."""
    schemes = ("https", "http") if settings.SSO_ALLOW_LOCAL else ("https",)
    parts = urlsplit(url)
    return parts.scheme in schemes and bool(parts.hostname) and not parts.username


def _refuse_private(connected: socket.socket) -> socket.socket:
    """Close a connection to a private address; checked when connected, as a name may change its address."""
    address = connected.getpeername()[0]
    if settings.SSO_ALLOW_LOCAL or is_public(address):
        return connected
    connected.close()
    raise ConnectionRefusedError("not a public address")


class _HTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _refuse_private(super()._new_conn())


class _HTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _refuse_private(super()._new_conn())


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class ProviderSession(requests.Session):
    """A session for one provider: https to public addresses, no redirects, with limits on time and size."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # neither proxies nor ~/.netrc
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, and return the response with its content read. Raise `requests.RequestException`."""
        if not is_allowed(url):
            raise AddressRefused("not an https address")
        began = time.monotonic()
        kwargs |= {"timeout": (CONNECT_SECONDS, READ_SECONDS), "allow_redirects": False, "stream": True}
        response = super().request(method, url, *args, **kwargs)
        content = bytearray()
        for chunk in response.iter_content(16 * 1024):
            content += chunk
            if len(content) > MAX_BYTES or time.monotonic() - began > TOTAL_SECONDS:
                response.close()
                raise AnswerTooLarge
        response._content = bytes(content)  # noqa: SLF001 - what `requests` itself sets without `stream`
        if response.is_redirect:
            raise AddressRefused("redirects are not followed")
        return response
