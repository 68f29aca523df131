"""Hands messages to the mail server over one connection that each worker process keeps."""

from __future__ import annotations

import contextlib
import select
import smtplib
import threading
import time

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

IDLE_SECONDS = 60.0  # an unused connection is closed then; servers do it themselves after a few minutes
FRESH_SECONDS = 1.0  # used this short ago it isn't asked whether it lives: that costs a round trip a mail
SERVICE_CLOSING = 421  # 'closing transmission channel': about this connection, not about the mail


class NotSent(Exception):
    """The mail did not go out; the message is for the screen: the server's own words where it spoke."""

    def __init__(self, words: str, code: int = 0) -> None:
        super().__init__(words)
        self.code = code


class Refused(NotSent):
    """For good: trying again would be refused again."""


class TryLater(NotSent):
    """For now."""


def smtp_steps() -> int:
    """How many times sending one mail may have to wait EMAIL_TIMEOUT, for the lease to outlast them all.

    Worst case: a kept connection is being closed by another thread, or answers NOOP, MAIL, RCPT and DATA as
    slowly as it may, the last with 421; then all begins anew on a fresh one.
    """
    kept = 5
    fresh = 9  # connect (two addresses), banner, EHLO, MAIL, RCPT, DATA, the message, the answer to it
    tls = 3 if settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL else 0
    login = 8 if settings.EMAIL_HOST_USER else 0  # up to three ways of logging in are tried
    return kept + fresh + tls + login


class Carrier:
    """Sends through `settings.OUTBOX_TRANSPORT`; keeps its connection open between mails."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._backend: BaseEmailBackend | None = None
        self._opened_for: tuple[object, ...] = ()
        self._used_at = 0.0

    def send(self, message: EmailMessage) -> None:
        """Returns when the server took the message; raises `Refused` or `TryLater`.

        A kept connection that broke, or that the server wants to end, is replaced: that is no attempt.
        """
        with self._lock:
            kept = self._usable()
            try:
                self._hand_over(kept or self._open(), message)
            except TryLater as verdict:
                if not (kept and verdict.code == SERVICE_CLOSING):
                    raise
                self._hand_over(self._open(), message)

    def close(self) -> None:
        """Takes leave of the server, if there is a connection."""
        with self._lock:
            backend, self._backend = self._backend, None
            if backend is not None:
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    backend.close()

    def _usable(self) -> BaseEmailBackend | None:
        """The kept connection, unless it is broken, or kept for other settings."""
        if self._backend is not None and self._opened_for == _target():
            connection = getattr(self._backend, "connection", None)
            if not isinstance(connection, smtplib.SMTP):
                return self._backend
            if _lives(connection, ask=time.monotonic() - self._used_at > FRESH_SECONDS):
                return self._backend
        self._backend = None
        return None

    def _open(self) -> BaseEmailBackend:
        backend: BaseEmailBackend = get_connection(settings.OUTBOX_TRANSPORT)
        try:
            backend.open()
        except (smtplib.SMTPException, OSError) as error:
            # Also where the server says no for good, to our password say: that is not about this mail.
            raise TryLater(_words(error)) from None
        self._backend, self._opened_for, self._used_at = backend, _target(), time.monotonic()
        threading.Thread(target=self._close_when_idle, args=[backend], daemon=True).start()
        return backend

    def _hand_over(self, backend: BaseEmailBackend, message: EmailMessage) -> None:
        try:
            taken = backend.send_messages([message])
        except (smtplib.SMTPException, OSError) as error:
            self._backend = None  # dropped without QUIT, which a server in trouble would not answer either
            raise _verdict(error) from None
        except ValueError:  # a header or address that can't be written: `queue_mail` refuses these
            raise Refused("Het e-mailadres of het onderwerp kan niet in een mail staan.") from None
        if taken == 0:
            raise TryLater("De mail is niet aangenomen.")
        self._used_at = time.monotonic()

    def _close_when_idle(self, backend: BaseEmailBackend) -> None:
        while True:
            time.sleep(IDLE_SECONDS)
            with self._lock:
                if self._backend is not backend:
                    return
                if time.monotonic() - self._used_at >= IDLE_SECONDS:
                    self.close()
                    return


carrier = Carrier()


def _target() -> tuple[object, ...]:
    return settings.OUTBOX_TRANSPORT, settings.EMAIL_HOST, settings.EMAIL_PORT


def _lives(connection: smtplib.SMTP, *, ask: bool) -> bool:
    """Whether the server still holds its end; with `ask` it has to say so."""
    if connection.sock is None:
        return False
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    if poll.poll(0):  # nobody asked anything, so what came is the end, or a 421 announcing it
        return False
    try:
        return not ask or connection.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _verdict(error: Exception) -> NotSent:
    """Whether `error` is for good or for now; the one recipient's answer counts as the server's."""
    words: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error
    else:
        return TryLater(_words(error))
    kind = Refused if 500 <= code < 600 else TryLater
    return kind(f"{code} {_readable(words)}", code)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_readable(error.smtp_error)}"
    return f"Geen verbinding met de mailserver: {_readable(str(error))}"


def _readable(words: bytes | str) -> str:
    """What a server said, as one line of text, whatever bytes it used."""
    text = words if isinstance(words, str) else _decode(words)
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:1000]


def _decode(words: bytes) -> str:
    try:
        return words.decode()
    except UnicodeDecodeError:
        return words.decode("latin-1")
