"""Sender, recipient and automatic-mail headers of a mail, with any characters in names."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from pytest_django import Settings

from digibeoordelen.outbox.links import Link, placeholder
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import queue_mail
from digibeoordelen.outbox.worker import deliver
from tests.smtp import SmtpSink

from .conftest import URL

pytestmark = pytest.mark.django_db
Send = Callable[..., OutgoingMail]


@pytest.fixture
def send(server: SmtpSink, announced: list[int], settings: Settings) -> Send:
    settings.DEFAULT_FROM_EMAIL = "Digitaal beoordelen <noreply@site.test>"

    def send(**changes: Any) -> OutgoingMail:
        fields = {"kind": "test", "to": "erik@bedrijf.test", "subject": "-", "text": "Tekst", "html": "<p>Tekst</p>"}
        mail = queue_mail(**{**fields, **changes})
        deliver(mail.pk)
        mail.refresh_from_db()
        return mail

    return send


def head(server: SmtpSink) -> str:
    """Return the headers as transmitted."""
    return server.received[-1].content.partition(b"\r\n\r\n")[0].decode("ascii")


@pytest.mark.parametrize(
    "name",
    ["ROC Hier", "ROC 'Hier', locatie \"Zuid\" <nieuw>", "Zoë van ’t Hôf", "学校", "Collège" + 12 * " très long"],
)
def test_names_arrive_unchanged(send: Send, server: SmtpSink, name: str) -> None:
    assert send(from_name=name, to_name=name).state == MailState.SENT

    message = server.received[0].message
    for header, address in (("From", "noreply@site.test"), ("To", "erik@bedrijf.test")):
        [mailbox] = message[header].addresses
        assert (mailbox.display_name, mailbox.addr_spec) == (name, address)
    assert max(len(line) for line in head(server).splitlines()) < 998


def test_sender_without_a_name_is_the_site(send: Send, server: SmtpSink) -> None:
    send()
    assert server.received[0].message["From"] == "Digitaal beoordelen <noreply@site.test>"


@pytest.mark.parametrize("field", ["to_name", "from_name", "subject", "to", "reply_to"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028"])
def test_nothing_in_a_name_becomes_a_header(send: Send, field: str, end: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        send(**{field: f"a@b.test{end}Bcc: x@y.test"})


@pytest.mark.parametrize("headers", [{"List-Id": "a\r\nBcc: x@y.test"}, {"Bcc": "x@y.test"}])
def test_extra_header_is_allowed_and_one_line(send: Send, headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="header"):
        send(headers=headers)


def test_mail_is_marked_as_automatic(send: Send, server: SmtpSink) -> None:
    send(headers={"List-Id": "ROC Hier <school-7.site.test>"})
    message = server.received[0].message
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["List-Id"] == "ROC Hier <school-7.site.test>"


def test_a_link_in_a_header_is_kept_nowhere(send: Send, server: SmtpSink, resolve_links: Any) -> None:
    mark = placeholder("stop")
    mail = send(text=mark, html=mark, headers={"List-Unsubscribe": f"<{mark}>"}, links={"stop": Link(kind="test")})

    assert mail.state == MailState.SENT
    assert f"List-Unsubscribe: <{URL}>\r\n" in head(server) + "\r\n"
    assert "eyJ0" not in str(OutgoingMail.objects.values().get())


class TestAddressesOutsideAscii:
    def test_a_domain_is_written_in_ascii(self, send: Send, server: SmtpSink) -> None:
        assert send(to="zoe@bücher.example", to_name="Zoë").state == MailState.SENT
        assert server.received[0].to == "zoe@xn--bcher-kva.example"
        assert server.received[0].message["To"].addresses[0].display_name == "Zoë"

    def test_local_part_is_unchanged_for_a_utf8_server(self, send: Send, server: SmtpSink) -> None:
        mail = send(to="zoë@bücher.example", subject="Één", reply_to="docent@hier.test", from_name="Collège")
        assert (mail.state, mail.last_error) == (MailState.SENT, "")
        [received] = server.received
        assert received.to == "zoë@xn--bcher-kva.example"
        assert "To: zoë@xn--bcher-kva.example" in received.content.decode()
        assert (received.subject, received.message_id) == ("Één", mail.message_id)
        assert (received.text.strip(), received.html.strip()) == ("Tekst", "<p>Tekst</p>")

    def test_server_without_utf8_is_not_retried(self, send: Send, server: SmtpSink) -> None:
        server.stop()
        server.smtputf8 = False
        server.start()
        mail = send(to="zoë@bedrijf.test")
        assert (mail.state, mail.attempts) == (MailState.FAILED, 1)
        assert "kan niet mailen naar een adres met letters als é of ü" in mail.last_error
        assert server.received == []
        assert send().state == MailState.SENT, "the connection goes on for others"

    @pytest.mark.parametrize("address", ["zo\u00a0e@b.test", "zo\u200be@b.test", "z\u00ab@b.test", "\U0001f600@b.test"])
    def test_invalid_character_in_an_address_is_refused(self, send: Send, address: str) -> None:
        with pytest.raises(ValueError, match="address"):
            send(to=address)


class TestAnswers:
    """Replies of the server and the resulting state of the mail."""

    def again(self, mail: OutgoingMail) -> OutgoingMail:
        OutgoingMail.objects.filter(state=MailState.WAITING).update(state=MailState.QUEUED, next_attempt_at=None)
        deliver(mail.pk)
        mail.refresh_from_db()
        return mail

    @pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
    @pytest.mark.parametrize("words", ["450 4.2.0 Greylisted, try again in 5 minutes", "451 4.7.1 Later", "452 Full"])
    def test_for_now_waits_and_then_arrives_once(self, send: Send, server: SmtpSink, step: str, words: str) -> None:
        server.answer(step, words)
        mail = send()
        assert (mail.state, mail.last_error) == (MailState.WAITING, f"De mailserver antwoordde: “{words}”.")
        assert self.again(mail).state == MailState.SENT
        assert (len(server.received), mail.last_error, mail.attempts) == (1, "", 2)

    @pytest.mark.parametrize("step", ["MAIL", "DATA"])
    @pytest.mark.parametrize("words", ["552 5.3.4 Message size exceeds limit", "552 5.2.3 Too long"])
    def test_message_that_is_too_large_fails_with_the_reply(
        self, send: Send, server: SmtpSink, step: str, words: str
    ) -> None:
        server.answer(step, words)
        mail = send()
        quoted = f"De mailserver antwoordde: “{words}”."
        assert (mail.state, mail.last_error, mail.attempts) == (MailState.FAILED, quoted, 1)

    def test_the_pauses_grow(self, send: Send, server: SmtpSink, settings: Settings) -> None:
        from digibeoordelen import settings as own

        settings.OUTBOX_RETRY_SECONDS = own.OUTBOX_RETRY_SECONDS
        server.answer("RCPT", *10 * ["450 Greylisted"])
        mail, pauses = send(), []
        while mail.state == MailState.WAITING:
            assert mail.next_attempt_at is not None
            pauses.append((mail.next_attempt_at - mail.created_at).total_seconds())
            self.again(mail)
        assert mail.state == MailState.FAILED
        assert all(later > 2 * sooner for sooner, later in pairwise(pauses)), pauses
        assert pauses[-1] >= 12 * 3600, "greylisting and a night without a server are outlasted"


@pytest.mark.parametrize(
    "html",
    [
        "<p>Zoë – ’t Hôf 学校</p>",
        '<html><head><style>p::before {content: "–"}</style></head><body>Zoë</body></html>',
        "<p>" + 300 * "Zoë " + "</p>",
    ],
)
def test_html_arrives_unchanged(send: Send, server: SmtpSink, html: str) -> None:
    """Includes lines that are longer than SMTP allows."""
    send(html=html)

    assert server.received[0].html.strip() == html
    assert max(map(len, server.received[0].content.split(b"\r\n"))) < 998
