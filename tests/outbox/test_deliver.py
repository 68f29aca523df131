"""Delivery of a mail from claim to mark: the message at the server and the effect of its replies."""

import logging
import smtplib
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from digibeoordelen.outbox import smtp
from digibeoordelen.outbox.links import Link, LinkVoid, placeholder
from digibeoordelen.outbox.message import Message
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import Attachment, queue_mail
from digibeoordelen.outbox.smtp import carrier
from digibeoordelen.outbox.storage import keep
from digibeoordelen.outbox.worker import claim, deliver
from tests.processes import wait_until
from tests.smtp import DROP, SILENCE, SmtpSink

from .conftest import URL

CSV = "naam;cijfer\r\nZoë;7,5\n".encode("utf-8-sig")


def delivered(mail: OutgoingMail) -> OutgoingMail:
    deliver(mail.pk)
    mail.refresh_from_db()
    return mail


def with_link(**changes: Any) -> OutgoingMail:
    fields = {
        "kind": "test",
        "to": "erik@bedrijf.test",
        "subject": "Start",
        "text": f"Open {placeholder('start')}",
        "html": f'<a href="{placeholder("start")}">Start beoordeling</a>',
        "links": {"start": Link(kind="test", data={"invitation": 7})},
    }
    return queue_mail(**{**fields, **changes})


def test_a_mail_goes_out_whole(mail: OutgoingMail, server: SmtpSink) -> None:
    assert delivered(mail).state == MailState.SENT
    assert mail.sent_at is not None

    (received,) = server.received
    assert received.to == "erik@bedrijf.test"
    assert received.message_id == mail.message_id
    assert received.text.strip() == "Beste Erik"
    assert received.html.strip() == "<p>Erik</p>"
    assert received.message["Auto-Submitted"] == "auto-generated"
    assert received.message["Date"].datetime - timezone.now() < timedelta(minutes=1)


def test_reply_to_header_is_set(db: None, server: SmtpSink) -> None:
    delivered(
        queue_mail(kind="test", to="Zoë <zoe@b.test>", subject="é", text="é", html="é", reply_to="docent@hier.test")
    )

    message = server.received[0].message
    assert message["Reply-To"] == "docent@hier.test"
    assert message["To"] == "Zoë <zoe@b.test>"
    assert message["Subject"] == "é"


def test_attachments_arrive_byte_for_byte(db: None, server: SmtpSink) -> None:
    files = [("Résultaten 'Zoë'.csv", "text/csv", CSV), ("oud.eml", "message/rfc822", b"Subject: x\n\ny")]
    mail = queue_mail(
        kind="test",
        to="a@b.test",
        subject="Bijlagen",
        text="-",
        html="-",
        attachments=[Attachment(filename=n, content_type=t, file=keep(content)) for n, t, content in files],
    )

    assert delivered(mail).state == MailState.SENT
    parts = list(server.received[0].message.iter_attachments())
    assert [part.get_filename() for part in parts] == ["Résultaten 'Zoë'.csv", "oud.eml"]
    assert [part.get_payload(decode=True) for part in parts] == [CSV, b"Subject: x\n\ny"]


def test_link_is_only_in_the_sent_mail(
    db: None, server: SmtpSink, resolve_links: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mail = delivered(with_link())

    assert server.received[0].links == [URL]
    assert f'href="{URL}"' in server.received[0].html
    assert "eyJ0" not in str(OutgoingMail.objects.values().get())
    assert "eyJ0" not in caplog.text
    assert mail.state == MailState.SENT


def test_a_link_is_escaped_in_the_html_alone(
    db: None, server: SmtpSink, resolve_links: Callable[[Callable[[Mapping[str, Any]], str]], None]
) -> None:
    resolve_links(lambda data: f"https://site.test/?a={data['invitation']}&b=2")
    delivered(with_link())

    assert server.received[0].links == ["https://site.test/?a=7&b=2"]
    assert 'href="https://site.test/?a=7&amp;b=2"' in server.received[0].html


def test_typed_placeholder_stays(db: None, server: SmtpSink, resolve_links: Any) -> None:
    delivered(with_link(text=f"{placeholder('start')} [[link:anders]]"))

    assert server.received[0].text.split() == [URL, "[[link:anders]]"]


def test_a_void_link_fails_with_its_reason_and_sends_nothing(
    db: None, server: SmtpSink, resolve_links: Callable[[Callable[[Mapping[str, Any]], str]], None]
) -> None:
    def void(data: Mapping[str, Any]) -> str:
        raise LinkVoid("De uitnodiging is ingetrokken.")

    resolve_links(void)
    mail = delivered(with_link())

    assert (mail.state, mail.last_error) == (MailState.FAILED, "De uitnodiging is ingetrokken.")
    assert server.received == []


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"iets anders")])
def test_a_missing_or_damaged_file_fails_and_is_named(
    db: None, server: SmtpSink, damage: Callable[[Path], object]
) -> None:
    stored = keep(b"een bijlage die straks weg is")
    attachment = Attachment(filename="verslag.pdf", content_type="application/pdf", file=stored)
    mail = queue_mail(kind="test", to="a@b.test", subject="-", text="-", html="-", attachments=[attachment])
    damage(Path(default_storage.path(str(stored.file.name))))

    assert delivered(mail).state == MailState.FAILED
    assert mail.last_error == "De bijlage 'verslag.pdf' is niet meer te vinden."
    assert server.received == []


def test_permanent_refusal_fails_with_the_server_reply(mail: OutgoingMail, server: SmtpSink) -> None:
    server.answer("RCPT", "550-5.1.1 Gebruiker onbekend\r\n550 5.1.1 Zoë bestaat niet")

    assert delivered(mail).state == MailState.FAILED
    assert mail.last_error == "De mailserver antwoordde: “550 5.1.1 Gebruiker onbekend 5.1.1 Zoë bestaat niet”."


def test_mail_waits_as_long_as_its_attachment_cannot_be_read(
    db: None, server: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    attachment = Attachment(filename="verslag.pdf", content_type="application/pdf", file=keep(b"een bijlage"))
    mail = queue_mail(kind="test", to="a@b.test", subject="-", text="-", html="-", attachments=[attachment])

    def fail(*args: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://opslag.test/emmer")

    with monkeypatch.context() as down:
        down.setattr(default_storage, "open", fail)
        assert delivered(mail).state == MailState.WAITING
    assert mail.last_error.startswith("De opslag van bestanden is nu niet bereikbaar. De foutmelding was: “Could not")
    OutgoingMail.objects.update(state=MailState.QUEUED, next_attempt_at=None)

    assert delivered(mail).state == MailState.SENT


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("RCPT", "550 Geen gebruiker met deze naam"),
        ("RCPT", "550 5.1.1 Onbekend"),
        ("RCPT", "556 5.1.10 Dit domein ontvangt geen mail"),
        ("RCPT", "550 5.2.1 Postvak gesloten"),
        ("RCPT", "550 5.4.1 Recipient address rejected: Access denied"),  # Exchange Online: unknown
        ("RCPT", "553 5.6.7 Geen letters als é"),
        ("DATA", "550 5.1.1 Onbekend"),
    ],
)
def test_refusal_of_the_recipient_is_final(mail: OutgoingMail, server: SmtpSink, step: str, answer: str) -> None:
    server.answer(step, answer)

    assert delivered(mail).state == MailState.FAILED
    assert mail.failed_at is not None


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("MAIL", "550 5.7.1 Afzender niet toegestaan"),
        ("MAIL", "552 5.2.2 Te veel mails vandaag"),
        ("MAIL", "550 5.1.1 Onbekend"),
        ("RCPT", "550 5.1.8 Sender address rejected: Domain not found"),
        ("RCPT", "552 5.2.2 Postvak vol"),
        ("RCPT", "552 Postvak vol"),
        ("RCPT", "554 5.7.1 Client host blocked using zen.spamhaus.org"),
        ("RCPT", "554 Relay access denied"),
        ("RCPT", "530 5.7.0 Authentication required"),
        ("RCPT", "504 5.5.2 Helo command rejected"),
        ("DATA", "554 5.7.1 Spam"),
        ("DATA", "550 Geweigerd"),
    ],
)
def test_refusal_of_anything_else_is_retried(mail: OutgoingMail, server: SmtpSink, step: str, answer: str) -> None:
    server.answer(step, answer)

    assert delivered(mail).state == MailState.WAITING
    assert mail.last_error == f"De mailserver antwoordde: “{answer}”."


def test_server_that_refuses_our_greeting_is_tried_later(mail: OutgoingMail, server: SmtpSink) -> None:
    server.answer("EHLO", *2 * ["550 5.7.1 Wij kennen u niet"])  # EHLO, then HELO

    assert delivered(mail).state == MailState.WAITING
    assert "Wij kennen u niet" in mail.last_error


def test_server_without_service_is_tried_later(mail: OutgoingMail, server: SmtpSink) -> None:
    server.stop()
    with socket.create_server(("127.0.0.1", server.port)) as listener, ThreadPoolExecutor(1) as pool:

        def refuse() -> None:
            with listener.accept()[0] as client:
                client.sendall(b"554 5.3.2 Geen dienst\r\n")
                client.recv(1000)

        pool.submit(refuse)

        assert delivered(mail).state == MailState.WAITING
    assert "Geen dienst" in mail.last_error


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_temporary_refusal_defers_the_mail(mail: OutgoingMail, server: SmtpSink, step: str) -> None:
    server.answer(step, "451 4.7.1 Probeer het later")
    before = timezone.now()

    assert delivered(mail).state == MailState.WAITING
    assert mail.last_error == "De mailserver antwoordde: “451 4.7.1 Probeer het later”."
    assert mail.next_attempt_at is not None
    assert timedelta(seconds=60) <= mail.next_attempt_at - before < timedelta(seconds=70)
    assert server.received == []


def test_mail_fails_after_the_last_pause(mail: OutgoingMail, server: SmtpSink) -> None:
    server.answer("RCPT", *3 * ["451 Nog steeds niet"])
    for expected in (MailState.WAITING, MailState.WAITING, MailState.FAILED):
        assert delivered(mail).state == expected
        OutgoingMail.objects.filter(state=MailState.WAITING).update(state=MailState.QUEUED, next_attempt_at=None)

    assert (mail.attempts, mail.last_error) == (3, "De mailserver antwoordde: “451 Nog steeds niet”.")


def test_no_server_waits(mail: OutgoingMail, server: SmtpSink) -> None:
    server.stop()

    assert delivered(mail).state == MailState.WAITING
    sentence = "Er was geen verbinding met de mailserver. De foutmelding was: “[Errno 111] Connection refused”."
    assert mail.last_error == sentence


def test_a_silent_server_waits(mail: OutgoingMail, server: SmtpSink, settings: Settings) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    server.answer("RCPT", SILENCE)

    assert delivered(mail).state == MailState.WAITING
    assert "timed out" in mail.last_error


def test_unconfirmed_mail_is_resent_with_the_same_message_id(mail: OutgoingMail, server: SmtpSink) -> None:
    server.answer("DATA", DROP)
    assert delivered(mail).state == MailState.WAITING
    OutgoingMail.objects.update(state=MailState.QUEUED, next_attempt_at=None)

    assert delivered(mail).state == MailState.SENT
    assert [received.message_id for received in server.received] == [mail.message_id] * 2


def test_link_quoted_by_the_server_is_not_stored(
    db: None, server: SmtpSink, resolve_links: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer("DATA", f"554 Spam: {URL}", f"554 Spam: {URL.removeprefix('https://site.test')}")
    mails = [delivered(with_link()), delivered(with_link())]

    assert [mail.last_error for mail in mails] == 2 * ["De mailserver antwoordde: “554 Spam: …”."]
    assert "eyJ0" not in caplog.text


def test_reply_in_another_alphabet_is_readable(
    mail: OutgoingMail, server: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(backend: Any, message: Any) -> None:
        raise smtplib.SMTPDataError(554, "Geblokkeerd: é\x00\x1b[31m".encode("latin-1"))

    monkeypatch.setattr(smtp, "_send", refuse)

    assert delivered(mail).last_error == "De mailserver antwoordde: “554 Geblokkeerd: é [31m”."


def test_wrong_password_fails_no_mail(mail: OutgoingMail, server: SmtpSink, settings: Settings) -> None:
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = "x"

    assert delivered(mail).state == MailState.WAITING
    assert mail.last_error


def test_a_mail_that_is_not_queued_is_left_alone(mail: OutgoingMail, server: SmtpSink) -> None:
    delivered(mail)
    delivered(mail)

    assert len(server.received) == 1
    assert mail.attempts == 1


def test_mail_is_marked_only_by_its_claimer(
    mail: OutgoingMail, server: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = carrier.send

    def overtaken(message: Message) -> None:
        send(message)
        OutgoingMail.objects.filter(pk=mail.pk).update(state=MailState.QUEUED, claim_id=None, lease_until=None)
        assert claim(mail.pk)

    monkeypatch.setattr(carrier, "send", overtaken)

    assert delivered(mail).state == MailState.IN_FLIGHT


def test_an_attempt_has_a_whole_lease(
    mail: OutgoingMail, server: SmtpSink, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOX_LEASE_SECONDS = 900
    leases = []

    def send(message: Message) -> None:
        lease_until = OutgoingMail.objects.get().lease_until
        assert lease_until is not None
        leases.append(lease_until - timezone.now())

    monkeypatch.setattr(carrier, "send", send)
    delivered(mail)

    assert timedelta(seconds=890) < leases[0] <= timedelta(seconds=900)


def test_a_database_connection_lost_meanwhile_repeats_no_mail(
    transactional_db: None, mail: OutgoingMail, server: SmtpSink
) -> None:
    lost: list[str] = []

    def lose_once(execute: Any, sql: str, *rest: Any) -> Any:
        if server.received and not lost:
            lost.append(sql)
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, *rest)

    with connection.execute_wrapper(lose_once):
        assert delivered(mail).state == MailState.SENT
    assert len(lost) == len(server.received) == 1


class TestConnection:
    """The connection is reused between mails; its end never fails a mail."""

    def send_three(self, mail: OutgoingMail, between: Callable[[], object] = lambda: None) -> list[OutgoingMail]:
        mails = [mail, *(queue_mail(kind="t", to="a@b.test", subject="-", text="-", html="-") for _ in range(2))]
        for each in mails:
            delivered(each)
            between()
        return mails

    def test_connection_is_used_for_every_mail(self, mail: OutgoingMail, server: SmtpSink) -> None:
        self.send_three(mail)

        assert [received.connection for received in server.received] == [1, 1, 1]

    def test_connection_ended_by_the_server_is_replaced(self, mail: OutgoingMail, server: SmtpSink) -> None:
        def hang_up() -> None:
            kept: Any = carrier._backend
            server.hang_up()
            with suppress(ConnectionError):
                kept.connection.sock.recv(1, socket.MSG_PEEK)  # returns when the connection is closed on this side

        mails = self.send_three(mail, between=hang_up)

        assert [each.state for each in mails] == [MailState.SENT] * 3
        assert [each.attempts for each in mails] == [1, 1, 1]

    def test_connection_refused_by_the_server_is_replaced(self, mail: OutgoingMail, server: SmtpSink) -> None:
        delivered(mail)
        server.answer("MAIL", "421 4.7.0 Too many messages on this connection")
        second = delivered(queue_mail(kind="t", to="a@b.test", subject="-", text="-", html="-"))

        assert (second.state, second.attempts) == (MailState.SENT, 1)
        assert [received.connection for received in server.received] == [1, 2]

    def test_closing_server_gets_no_immediate_retry(self, mail: OutgoingMail, server: SmtpSink) -> None:
        server.answer("MAIL", "421 Shutting down", "421 Shutting down")

        assert delivered(mail).state == MailState.WAITING
        assert server.connections == 1

    def test_kept_connection_is_probed(
        self, mail: OutgoingMail, server: SmtpSink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        delivered(mail)
        monkeypatch.setattr(smtplib.SMTP, "rset", lambda self: (421, b"bye"))
        self.send_three(queue_mail(kind="t", to="a@b.test", subject="-", text="-", html="-"))

        assert [received.connection for received in server.received] == [1, 2, 3, 4]

    def test_idle_connection_is_closed(
        self, mail: OutgoingMail, server: SmtpSink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("digibeoordelen.outbox.smtp.IDLE_SECONDS", 0.05)
        delivered(mail)

        wait_until(lambda: server.open_connections == 0, "the end of the connection", timeout=5)
