"""Calls to a receiver, with a token of its own that is kept until it expires."""

from __future__ import annotations

import base64
import json
import ssl
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from accounts.text import clean_line
from exchange.models import Receiver
from exchange.outgoing import Answer, NoAnswer, send

MERGE_PATCH = "application/merge-patch+json"
TLS = ssl.TLSVersion.TLSv1_3  # asked by OKE 1.0.1
EARLIER = 30  # seconds before its end that a token counts as expired
TOKEN_SECONDS = 300  # of a token that came without its time
MESSAGE_LENGTH = 200
GENERAL = (401, 429, 502, 503, 504)  # these are about the client or the server, not about what was sent

_tokens: dict[tuple[object, ...], tuple[str, float]] = {}  # of this process


class Refused(Exception):
    """The receiver has answered that it does not take this: sending it again changes nothing."""


class TryLater(Exception):
    """It may succeed later, after `pause` if there is one; `is_general` if nothing else would succeed now either."""

    def __init__(self, message: str, pause: timedelta | None = None, *, is_general: bool = True) -> None:
        super().__init__(message)
        self.pause, self.is_general = pause, is_general


def patch(receiver: Receiver, path: str, content: bytes) -> Answer:
    """Send a change to `path` below the receiver's address and return its answer; raise `Refused` or `TryLater`."""
    answer = _sent(receiver, path, content, _token(receiver))
    if answer.status == 401:
        answer = _sent(receiver, path, content, _token(receiver, is_new=True))
    if not answer.is_success:
        raise _failure(answer)
    return answer


def check(receiver: Receiver) -> Answer:
    """Ask for a token and call the root of the service (GET /); return the answer. Raise `Refused` or `TryLater`."""
    token = _token(receiver, is_new=True)
    try:
        return send("GET", f"{receiver.base_url.rstrip('/')}/", content=b"", headers=_bearer(token), minimum_tls=TLS)
    except NoAnswer as error:
        raise TryLater(str(error)) from error


def _sent(receiver: Receiver, path: str, content: bytes, token: str) -> Answer:
    headers = {**_bearer(token), "Content-Type": MERGE_PATCH}
    url = receiver.base_url.rstrip("/") + path
    try:
        return send("PATCH", url, content=content, headers=headers, minimum_tls=TLS)
    except NoAnswer as error:
        raise TryLater(str(error)) from error


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def _token(receiver: Receiver, *, is_new: bool = False) -> str:
    """Return a token of the receiver's authorisation server (OAuth2 client credentials, RFC 6749 4.4)."""
    key = (receiver.token_url, receiver.client_id, receiver.client_secret, receiver.scope)
    token, ends = _tokens.get(key, ("", 0.0))
    if token and not is_new and time.monotonic() < ends:
        return token
    login = f"{quote(receiver.client_id, safe='')}:{quote(receiver.client_secret, safe='')}"
    headers = {
        "Authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    form = urlencode({"grant_type": "client_credentials", "scope": receiver.scope}).encode()
    try:
        answer = send("POST", receiver.token_url, content=form, headers=headers, minimum_tls=TLS)
    except NoAnswer as error:
        raise TryLater(f"Token: {error}") from error
    if not answer.is_success:
        failure = _failure(answer)
        # A wrong client is mended at either side, and then what waits leaves by itself.
        raise TryLater(f"Geen token: {failure}", getattr(failure, "pause", None))
    data = _json(answer)
    token, seconds = str(data.get("access_token") or ""), data.get("expires_in", TOKEN_SECONDS)
    if not token or not token.isascii() or not token.isprintable():
        raise TryLater("Geen token: het antwoord heeft er geen.")
    lifetime = float(seconds) if isinstance(seconds, int | float) else TOKEN_SECONDS
    _tokens[key] = (token, time.monotonic() + lifetime - EARLIER)
    return token


def _failure(answer: Answer) -> Refused | TryLater:
    message = _message(answer)
    if answer.status in (401, 408, 425, 429) or answer.status >= 500:
        return TryLater(message, answer.retry_after, is_general=answer.status in GENERAL)
    return Refused(message)


def _message(answer: Answer) -> str:
    """Return the receiver's words on one line, cut, with the status before them."""
    if answer.is_redirect:
        return f"{answer.status}: het adres verwijst door."
    data = _json(answer)
    detail = next((data[key] for key in ("detail", "title", "error_description", "error") if data.get(key)), "")
    line = " ".join(clean_line(detail).split()) if isinstance(detail, str) else ""
    if len(line) > MESSAGE_LENGTH:
        line = f"{line[: MESSAGE_LENGTH - 1]}…"
    return f"{answer.status}: {line}" if line else f"{answer.status}"


def _json(answer: Answer) -> dict[str, Any]:
    try:
        data = json.loads(answer.content)
    except ValueError:  # UnicodeDecodeError too
        return {}
    return data if isinstance(data, dict) else {}
