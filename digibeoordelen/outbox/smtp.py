"""Sends messages by Django's mail backend, over one SMTP connection that each worker process keeps."""

from __future__ import annotations

import contextlib
import email
import re
import smtplib
import threading
import time
from email.policy import SMTPUTF8
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

IDLE_SECONDS = 60.0  # an unused connection is closed then; servers do it themselves after a few minutes
OK = 250
SERVICE_CLOSING = 421  # about this connection, not about the mail
# Which permanent refusals are final: those of the recipient, and of a message that is too large. All others concern the
# sender or the server, and may be over at the next attempt.
_ENHANCED = re.compile(r"5\.(\d{1,3})\.(\d{1,3})\b")  # RFC 3463, by subject: X.1 is the address, X.2 the mailbox
_ADDRESS, _MAILBOX = "1", "2"
_TOO_LARGE = {(_MAILBOX, "3"), ("3", "4")}  # 'useful only as a permanent error'
# The sender's own address, and a full mailbox, which 'should be used as a persistent transient failure'.
_NOT_THE_RECIPIENT = {(_ADDRESS, "7"), (_ADDRESS, "8"), (_MAILBOX, "2")}
# The system, the protocol and policy: Postfix answers RCPT with 5.7.1 for a client or sender that it refuses. The basic
# code decides about the others, as Exchange Online answers an unknown recipient with 550 5.4.1.
_SERVER_OR_SENDER = {"3", "5", "7"}
# What RFC 5321 (4.2.2, 4.3.2) and RFC 7504 have RCPT answer about an address. Not 552, which 4.5.3.1.10 calls
# temporary, nor 554, with which servers refuse clients.
_ADDRESS_REFUSED = {501, 550, 551, 553, 556}


class NotSent(Exception):
    """The mail did not go out; the message is a Dutch sentence for the screen that quotes the server's answer."""


class Refused(NotSent):
    """Permanently, because of the recipient or the message: another attempt would be refused too."""


class TryLater(NotSent):
    """Temporarily."""


class _Closing(TryLater):
    """The server is ending this connection."""


def smtp_steps() -> int:
    """Return how many times sending one mail may wait for EMAIL_TIMEOUT; the lease must outlast them all.

    Worst case: a kept connection answers each command at the last moment, the message itself with 421, and a new
    connection does the same.
    """
    kept = 6  # RSET, MAIL, RCPT, DATA, the message, its answer
    new = 11  # connect (two addresses), banner, EHLO, HELO, MAIL, RCPT, DATA, the message, its answer, RSET
    tls = 3 if settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL else 0
    login = 8 if settings.EMAIL_HOST_USER else 0  # up to three ways of logging in are tried
    return kept + new + tls + login


class Carrier:
    """Sends through `settings.OUTBOX_TRANSPORT`; an SMTP connection stays open between mails."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._backend: EmailBackend | None = None
        self._last_used = 0.0  # of `time.monotonic`
        self._idle: threading.Timer | None = None  # one for all mails: each is a thread

    def send(self, message: EmailMessage) -> None:
        """Send a message with one recipient; return when the server has accepted it, else raise `NotSent`.

        A kept connection that is broken, or that the server ends with 421, is replaced within the same attempt.
        """
        with self._lock:
            kept = self._take_kept()
            try:
                self._hand_over(kept or _open(), message)
            except _Closing:
                if kept is None:
                    raise
                self._hand_over(_open(), message)

    def close(self) -> None:
        """End the kept connection, if there is one."""
        with self._lock:
            if self._idle is not None:
                self._idle.cancel()
            self._close()

    def _close(self) -> None:
        self._idle = None
        backend, self._backend = self._backend, None
        if backend is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                backend.close()

    def _take_kept(self) -> EmailBackend | None:
        """Return the kept backend if its server still answers. RSET also clears what a refused mail left there."""
        backend, self._backend = self._backend, None
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if backend is not None and backend.connection is not None and backend.connection.rset()[0] == OK:
                return backend
        return None

    def _hand_over(self, backend: BaseEmailBackend, message: EmailMessage) -> None:
        failure: NotSent | None = None
        try:
            if not _send(backend, message):
                failure = TryLater("De mail is niet aangenomen.")
        except smtplib.SMTPNotSupportedError:
            failure = Refused(
                "De mailserver kan niet mailen naar een adres met letters als é of ü vóór het apenstaartje. "
                "Vraag de ontvanger om een ander adres."
            )
        except (smtplib.SMTPException, OSError) as error:
            failure = _failure(error)
        except ValueError:  # a header or address that can't be written: `queue_mail` refuses these
            failure = Refused("Het e-mailadres of het onderwerp kan niet in een mail staan.")
        # Not after any other exception: the next mail would get the answers to this one.
        if isinstance(backend, EmailBackend):
            self._keep(backend)
        if failure:
            raise failure

    def _keep(self, backend: EmailBackend) -> None:
        self._backend, self._last_used = backend, time.monotonic()
        if self._idle is None:
            self._watch(IDLE_SECONDS)

    def _watch(self, seconds: float) -> None:
        self._idle = threading.Timer(seconds, self._close_if_idle)
        self._idle.daemon = True
        self._idle.start()

    def _close_if_idle(self) -> None:
        with self._lock:
            left = self._last_used + IDLE_SECONDS - time.monotonic()
            if left > 0:
                self._watch(left)
            else:
                self._close()


carrier = Carrier()


def _open() -> BaseEmailBackend:
    backend: BaseEmailBackend = get_connection(settings.OUTBOX_TRANSPORT)
    try:
        backend.open()
        if isinstance(backend, EmailBackend) and backend.connection is not None:
            backend.connection.ehlo_or_helo_if_needed()
    except (smtplib.SMTPException, OSError) as error:
        # A permanent refusal too, of our password for example: that is not about this mail.
        raise TryLater(str(_failure(error))) from None
    return backend


def _send(backend: BaseEmailBackend, message: EmailMessage) -> int:
    """Return the number of messages sent. Raises SMTPNotSupportedError when the server lacks SMTPUTF8 (RFC 6531)."""
    address = parseaddr(message.to[0])[1]
    if address.isascii() or not isinstance(backend, EmailBackend) or backend.connection is None:
        return backend.send_messages([message])
    # Django writes the local part as an encoded word, which is no address.
    content = email.message_from_bytes(message.message().as_bytes(), policy=SMTPUTF8)
    content.replace_header("To", address)
    backend.connection.send_message(content, parseaddr(message.from_email)[1], [address])
    return 1


def _failure(error: Exception) -> NotSent:
    answer: tuple[int, bytes | str]
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [answer] = error.recipients.values()
    elif isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_code, error.smtp_error
    else:
        return TryLater(with_cause("Er was geen verbinding met de mailserver.", str(error)))
    code, words = answer[0], readable(answer[1])
    sentence = f"De mailserver antwoordde: “{code} {words}”."
    if code == SERVICE_CLOSING:
        return _Closing(sentence)
    return Refused(sentence) if _is_final(error, code, words) else TryLater(sentence)


def _is_final(error: Exception, code: int, words: str) -> bool:
    """Return whether a server's answer would be the same at each attempt."""
    if not 500 <= code < 600:
        return False
    is_to_rcpt = isinstance(error, smtplib.SMTPRecipientsRefused)
    if enhanced := _ENHANCED.match(words):
        subject, detail = enhanced.groups()
        if (subject, detail) in _TOO_LARGE:
            return True
        if subject in (_ADDRESS, _MAILBOX):
            is_about_mail = is_to_rcpt or isinstance(error, smtplib.SMTPDataError)
            return is_about_mail and (subject, detail) not in _NOT_THE_RECIPIENT
        if subject in _SERVER_OR_SENDER:
            return False
    return is_to_rcpt and code in _ADDRESS_REFUSED


def with_cause(sentence: str, cause: str) -> str:
    """Return `sentence`, followed by the text of an exception, mostly English, as a quotation."""
    words = readable(cause)
    return f"{sentence} De foutmelding was: “{words}”." if words else sentence


def readable(words: bytes | str) -> str:
    """Return the words of a server, in whatever encoding, as one line of text."""
    raw = words.encode() if isinstance(words, str) else words
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:1000]
