"""Requests to addresses that schools type: they must not reach the server's own network."""

from __future__ import annotations

import functools
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.sso.http import is_public

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5, 10, 30
MAX_BYTES = 64 * 1024  # of an answer; what comes after is not read
LONGEST_PAUSE = timedelta(days=1)


class NoAnswer(Exception):
    """No whole answer came: it is unknown whether the request arrived. The message is Dutch, for Schoolbeheer."""


class AddressRefused(NoAnswer):
    """The site may not connect to this address."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status < 400

    @property
    def retry_after(self) -> timedelta | None:
        """Return the pause that the other side asks for, at most a day (RFC 9110 10.2.3)."""
        value = self.headers.get("Retry-After", "").strip()
        if not value:
            return None
        if value.isascii() and value.isdigit():
            return min(timedelta(seconds=int(value[:9])), LONGEST_PAUSE)
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(timedelta(0), min(at - datetime.now(UTC), LONGEST_PAUSE))


def check_url(url: str) -> None:
    """Raise `ValidationError` unless `url` is https, to a name or a public address, and without a login in it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValidationError("Dit is geen webadres.") from None
    if parts.scheme not in (("https", "http") if settings.EXCHANGE_ALLOW_LOCAL else ("https",)) or not host:
        raise ValidationError("Het adres moet met https:// beginnen.")
    if parts.username or parts.password or parts.fragment:
        raise ValidationError("Zet geen gebruikersnaam, wachtwoord of # in het adres.")
    try:
        is_private = not is_public(host)
    except ValueError:  # a name, whose addresses are checked at each connection
        is_private = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
    if is_private and not settings.EXCHANGE_ALLOW_LOCAL:
        raise ValidationError("Dit adres ligt in een eigen netwerk en is van buiten niet bereikbaar.")


class _Guard(httpcore.SyncBackend):
    """Connects to the public addresses of a name alone, by the address that was checked."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not settings.EXCHANGE_ALLOW_LOCAL and not all(is_public(address) for address in addresses):
            raise _Private
        for address in addresses[:-1]:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return super().connect_tcp(addresses[-1], port, timeout, local_address, socket_options)


class _Private(Exception):
    """A name resolves to an address that is not public."""


@functools.cache
def _client(minimum_tls: ssl.TLSVersion) -> httpx.Client:
    """Return this process's client: it keeps connections, and neither follows redirects nor reads the environment."""
    context = ssl.create_default_context()
    context.minimum_version = minimum_tls
    limits = httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=30)
    transport = httpx.HTTPTransport(verify=context, trust_env=False, limits=limits)
    transport._pool._network_backend = _Guard()  # noqa: SLF001 - httpx has no parameter for it
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    return httpx.Client(transport=transport, timeout=timeout, trust_env=False, follow_redirects=False)


def send(
    method: str,
    url: str,
    *,
    content: bytes,
    headers: Mapping[str, str],
    minimum_tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
) -> Answer:
    """Send a request and return the answer, whatever its status. Raise `NoAnswer`."""
    try:
        check_url(url)
    except ValidationError as error:
        raise AddressRefused(error.message) from None
    began = time.monotonic()
    received = bytearray()
    try:
        with _client(minimum_tls).stream(method, url, content=content, headers=dict(headers)) as response:
            for chunk in response.iter_raw():
                received += chunk
                if len(received) > MAX_BYTES:
                    break
                if time.monotonic() - began > TOTAL_SECONDS:
                    raise NoAnswer("Het antwoord duurde te lang.")
    except _Private:
        raise AddressRefused("Dit adres ligt in een eigen netwerk en is van buiten niet bereikbaar.") from None
    except httpx.TimeoutException:
        raise NoAnswer("Er kwam geen antwoord binnen de tijd.") from None
    except (httpx.ConnectError, httpx.InvalidURL, UnicodeError):
        raise NoAnswer("Er kon geen verbinding worden gemaakt.") from None
    except httpx.HTTPError:
        raise NoAnswer("De verbinding brak af.") from None
    return Answer(response.status_code, response.headers, bytes(received[:MAX_BYTES]))
