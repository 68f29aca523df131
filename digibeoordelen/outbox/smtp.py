"""Hands messages to the mail server over one connection that each worker process keeps."""

from __future__ import annotations

import contextlib
import select
import smtplib
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from .message import Letter

IDLE_SECONDS = 60.0  # an unused connection is closed then; servers do it themselves after a few minutes
FRESH_SECONDS = 1.0  # used this short ago it isn't asked whether it lives: that costs a round trip a mail
OK, OK_WILL_FORWARD, GO_ON = 250, 251, 354
SERVICE_CLOSING = 421  # 'closing transmission channel': about this connection, not about the mail


class NotSent(Exception):
    """The mail did not go out; the message is for the screen: a Dutch sentence that quotes what the server answered."""

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


def _nothing() -> None:
    pass


class _Talk:
    """The conversation that hands over one letter, over as many connections as it takes."""

    def __init__(self, letter: Letter, ready: Callable[[], object], meanwhile: Callable[[], object]) -> None:
        self.letter = letter
        self._ready = ready
        self._meanwhile = meanwhile
        self._is_ready = False

    def get_ready(self) -> None:
        if not self._is_ready:
            self._is_ready = True
            self._ready()

    def hold(self, connection: smtplib.SMTP) -> None:
        """Raises SMTPResponseException with what the server said no with; other errors are the connection's."""
        opening = self._opening(connection)
        at_once = connection.has_extn("pipelining")
        # Getting ready takes a query, and the server its time to answer: both at the same time.
        connection.send(b"".join(opening) if at_once else opening[0])
        self.get_ready()
        refusal = None
        for number, command in enumerate(opening):
            if number and not at_once:
                connection.send(command)
            code, words = connection.getreply()
            if refusal is None and code not in (OK, OK_WILL_FORWARD, GO_ON):
                refusal = smtplib.SMTPResponseException(code, words)
            if refusal and (code == SERVICE_CLOSING or not at_once):
                raise refusal
        if refusal:
            if code == GO_ON:  # it was asked for the content before it said no: nobody gets nothing (RFC 2920, 3.1)
                connection.send(b".\r\n")
                connection.getreply()
            raise refusal
        connection.send(self.letter.content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        self._meanwhile()
        code, words = connection.getreply()
        if code != OK:
            raise smtplib.SMTPResponseException(code, words)

    def _opening(self, connection: smtplib.SMTP) -> list[bytes]:
        options = f" SIZE={len(self.letter.content)}" if connection.has_extn("size") else ""
        if self.letter.needs_utf8:
            if not connection.has_extn("smtputf8"):
                raise Refused(
                    "De mailserver kan niet mailen naar een adres met letters als é of ü vóór het apenstaartje. "
                    "Vraag de ontvanger om een ander adres."
                )
            options += " SMTPUTF8 BODY=8BITMIME"  # a server with the one has the other
        commands = (f"MAIL FROM:<{self.letter.sender}>{options}", f"RCPT TO:<{self.letter.to}>", "DATA")
        return [f"{command}\r\n".encode() for command in commands]


class Carrier:
    """Sends through `settings.OUTBOX_TRANSPORT`; keeps its connection open between mails."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._backend: BaseEmailBackend | None = None
        self._opened_for: tuple[object, ...] = ()
        self._used_at = 0.0

    def send(
        self, letter: Letter, *, ready: Callable[[], object] = _nothing, meanwhile: Callable[[], object] = _nothing
    ) -> None:
        """Returns when the server took the letter; raises `Refused` or `TryLater`.

        A kept connection that broke, or that the server wants to end, is replaced: that is no attempt.
        `ready` is called once, before any of the letter's content goes and before anything that may
        take long; what it raises stops the letter. `meanwhile` is called when the server has the
        letter and hasn't answered, if that can be told; it must be quick and raise nothing.
        """
        with self._lock:
            talk = _Talk(letter, ready, meanwhile)
            kept = self._usable()
            if kept is None:
                talk.get_ready()
            try:
                self._hand_over(kept or self._open(), talk)
            except TryLater as verdict:
                if not (kept and verdict.code == SERVICE_CLOSING):
                    raise
                self._hand_over(self._open(), talk)

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
            connection = getattr(backend, "connection", None)
            if isinstance(connection, smtplib.SMTP):
                connection.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, OSError) as error:
            # Also where the server says no for good, to our password say: that is not about this mail.
            raise TryLater(_words(error)) from None
        self._backend, self._opened_for, self._used_at = backend, _target(), time.monotonic()
        threading.Thread(target=self._close_when_idle, args=[backend], daemon=True).start()
        return backend

    def _hand_over(self, backend: BaseEmailBackend, talk: _Talk) -> None:
        connection = getattr(backend, "connection", None)
        try:
            if isinstance(connection, smtplib.SMTP):
                talk.hold(connection)
                taken = 1
            else:
                talk.get_ready()
                taken = backend.send_messages([talk.letter.as_message()])
        except (smtplib.SMTPException, OSError) as error:
            if not (isinstance(connection, smtplib.SMTP) and _goes_on_after(error, connection)):
                self._backend = None  # dropped without QUIT, which a server in trouble would not answer either
            talk.get_ready()
            raise _verdict(error) from None
        except ValueError:  # a header or address that can't be written: `queue_mail` refuses these
            raise Refused("Het e-mailadres of het onderwerp kan niet in een mail staan.") from None
        except BaseException:  # halfway: what comes next over this connection would be taken for this letter's
            self._backend = None
            raise
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


def _goes_on_after(error: Exception, connection: smtplib.SMTP) -> bool:
    """Whether the server said no to one letter only, and is ready for the next."""
    if not isinstance(error, smtplib.SMTPResponseException) or error.smtp_code == SERVICE_CLOSING:
        return False
    try:
        return connection.rset()[0] == OK
    except (smtplib.SMTPException, OSError):
        return False


def _verdict(error: Exception) -> NotSent:
    """Whether `error` is for good or for now."""
    if isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error
    else:
        return TryLater(_words(error))
    kind = Refused if 500 <= code < 600 else TryLater
    return kind(_answered(code, words), code)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, error.smtp_error)
    return with_cause("Er was geen verbinding met de mailserver.", str(error))


def _answered(code: int, words: bytes | str) -> str:
    return f"De mailserver antwoordde: “{code} {_readable(words)}”."


def with_cause(sentence: str, cause: str) -> str:
    """`sentence`, then the words of an exception, mostly English, quoted as such."""
    readable = _readable(cause)
    return f"{sentence} De foutmelding was: “{readable}”." if readable else sentence


def _readable(words: bytes | str) -> str:
    """What a server said, as one line of text, whatever bytes it used."""
    text = words if isinstance(words, str) else _decode(words)
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:1000]


def _decode(words: bytes) -> str:
    try:
        return words.decode()
    except UnicodeDecodeError:
        return words.decode("latin-1")
