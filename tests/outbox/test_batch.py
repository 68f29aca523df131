"""Sequential delivery: the outcome of one mail does not affect the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from digibeoordelen.outbox import worker
from digibeoordelen.outbox.links import Link, LinkVoid, placeholder
from digibeoordelen.outbox.message import Message
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import Attachment, queue_mail
from digibeoordelen.outbox.smtp import carrier
from digibeoordelen.outbox.storage import keep
from digibeoordelen.outbox.tasks import sweep
from digibeoordelen.outbox.worker import requeue
from tests.smtp import DROP, YES, SmtpSink

pytestmark = pytest.mark.django_db


@pytest.fixture
def mails(announced: list[int]) -> list[OutgoingMail]:
    made = [make_mail(f"examinator{number}@bedrijf.test") for number in range(5)]
    announced.clear()
    return made


def make_mail(to: str, **values: Any) -> OutgoingMail:
    return queue_mail(kind="test", to=to, **{"subject": "-", "text": "Beste\n.\n..", "html": "<p>é</p>", **values})


def states() -> list[str]:
    return list(OutgoingMail.objects.order_by("pk").values_list("state", flat=True))


def attempts() -> list[int]:
    return list(OutgoingMail.objects.order_by("pk").values_list("attempts", flat=True))


def test_queued_mails_share_one_connection(mails: list[OutgoingMail], server: SmtpSink) -> None:
    worker.deliver_queued(first=mails[2].pk)

    assert states() == [MailState.SENT] * 5
    assert attempts() == [1] * 5
    assert [mail.to for mail in server.received] == [mails[number].to for number in (2, 0, 1, 3, 4)]
    assert {mail.message_id for mail in server.received} == {mail.message_id for mail in mails}
    assert {mail.connection for mail in server.received} == {1}
    assert {tuple(mail.text.splitlines()) for mail in server.received} == {("Beste", ".", "..")}
    assert {mail.html.strip() for mail in server.received} == {"<p>é</p>"}


def test_password_reset_leaves_before_hundreds_of_invitations(announced: list[int], server: SmtpSink) -> None:
    invitations = [make_mail(f"examinator{number}@bedrijf.test") for number in range(300)]
    queue_mail(kind="new_password", to="docent@hier.test", subject="-", text="-", html="-")
    worker.deliver_queued(first=invitations[0].pk)

    assert server.received[1].to == "docent@hier.test"


def test_sweep_announces_urgent_mails_first(announced: list[int]) -> None:
    invitation = make_mail("examinator@bedrijf.test")
    reset = queue_mail(kind="new_password", to="docent@hier.test", subject="-", text="-", html="-")
    OutgoingMail.objects.update(announce_at=timezone.now())
    announced.clear()
    sweep()

    assert announced == [reset.pk, invitation.pk]


def test_task_of_a_sent_mail_delivers_the_others(mails: list[OutgoingMail], server: SmtpSink) -> None:
    worker.deliver(mails[0].pk)
    worker.deliver_queued(first=mails[0].pk)

    assert len(server.received) == 5


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_refused_mail_does_not_affect_others(mails: list[OutgoingMail], server: SmtpSink, step: str) -> None:
    server.answer(step, YES, YES, "550 5.1.1 Onbekend")
    worker.deliver_queued(first=mails[0].pk)

    assert states() == [MailState.SENT] * 2 + [MailState.FAILED] + [MailState.SENT] * 2
    refused = OutgoingMail.objects.get(state=MailState.FAILED)
    assert refused.last_error == "De mailserver antwoordde: “550 5.1.1 Onbekend”."
    assert {mail.connection for mail in server.received} == {1}


def test_deferred_mail_does_not_delay_others(mails: list[OutgoingMail], server: SmtpSink) -> None:
    server.answer("RCPT", "451 4.7.1 Probeer het later")
    worker.deliver_queued(first=mails[0].pk)

    assert states() == [MailState.WAITING] + [MailState.SENT] * 4


@pytest.mark.parametrize("step", ["MAIL", "DATA"])
def test_server_may_require_a_new_connection(mails: list[OutgoingMail], server: SmtpSink, step: str) -> None:
    worker.deliver(mails[0].pk)
    server.answer(step, "421 4.7.0 Too many messages on this connection")
    worker.deliver_queued(first=mails[1].pk)

    assert states() == [MailState.SENT] * 5
    assert attempts() == [1] * 5
    assert sorted(mail.connection for mail in server.received) == [1, 2, 2, 2, 2]


def test_broken_connection_costs_one_attempt(mails: list[OutgoingMail], server: SmtpSink) -> None:
    worker.deliver(mails[0].pk)
    server.answer("DATA", DROP)
    worker.deliver_queued(first=mails[1].pk)

    assert states() == [MailState.SENT, MailState.WAITING] + [MailState.SENT] * 3
    assert sorted(mail.connection for mail in server.received) == [1, 1, 2, 2, 2]


def test_a_void_link_keeps_no_other_from_going(
    mails: list[OutgoingMail], server: SmtpSink, resolve_links: Callable[[Callable[[Mapping[str, Any]], str]], None]
) -> None:
    def resolve(data: Mapping[str, Any]) -> str:
        if data["number"] == 1:
            raise LinkVoid("Ingetrokken.")
        return f"https://site.test/{data['number']}/"

    resolve_links(resolve)
    for number in range(3):
        link, data = placeholder("start"), {"number": number}
        make_mail("a@b.test", text=link, html=link, links={"start": Link(kind="test", data=data)})
    worker.deliver_queued(first=mails[0].pk)

    assert states() == [MailState.SENT] * 6 + [MailState.FAILED, MailState.SENT]
    assert [mail.links for mail in server.received[5:]] == [["https://site.test/0/"], ["https://site.test/2/"]]


def test_mail_with_an_expired_link_is_not_sent(
    server: SmtpSink,
    announced: list[int],
    monkeypatch: pytest.MonkeyPatch,
    resolve_links: Callable[[Callable[[Mapping[str, Any]], str]], None],
) -> None:
    monkeypatch.setattr(worker, "FRESH_SECONDS", -1)

    def resolve(data: Mapping[str, Any]) -> str:
        if server.received:
            raise LinkVoid("Intussen ingetrokken.")
        return "https://site.test/"

    resolve_links(resolve)
    link = placeholder("start")
    first, *_ = [make_mail("a@b.test", text=link, html=link, links={"start": Link(kind="test")}) for _ in range(2)]
    worker.deliver_queued(first=first.pk)

    assert states() == [MailState.SENT, MailState.FAILED]


def test_attachments_are_sent_with_their_own_mail(mails: list[OutgoingMail], server: SmtpSink) -> None:
    attachment = Attachment(filename="a.pdf", content_type="application/pdf", file=keep(b"%PDF een bijlage"))
    make_mail("met@bedrijf.test", attachments=[attachment])
    make_mail("zonder@bedrijf.test")
    worker.deliver_queued(first=mails[0].pk)

    attachments = {
        mail.to: [part.get_filename() for part in mail.message.iter_attachments()] for mail in server.received
    }
    assert attachments.pop("met@bedrijf.test") == ["a.pdf"]
    assert set(map(tuple, attachments.values())) == {()}


def test_mail_sent_by_another_worker_is_skipped(
    mails: list[OutgoingMail], server: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BATCH", 1)
    send = carrier.send

    def send_slowly(message: Message) -> None:
        send(message)
        if message.to == [mails[1].to]:
            OutgoingMail.objects.filter(pk=mails[2].pk).update(state=MailState.SENT, sent_at=timezone.now())

    monkeypatch.setattr(carrier, "send", send_slowly)
    worker.deliver_queued(first=mails[0].pk)

    assert states() == [MailState.SENT] * 5
    assert attempts() == [1, 1, 0, 1, 1]
    assert [mail.to for mail in server.received] == [mails[number].to for number in (0, 1, 3, 4)]


def test_killed_worker_leaves_sent_mails_marked(
    mails: list[OutgoingMail], server: SmtpSink, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """The worker is killed when the server accepts the fourth mail; only committed rows remain."""
    settings.OUTBOX_LEASE_SECONDS = -1
    send = carrier.send

    def be_killed(message: Message) -> None:
        send(message)
        if message.to == [mails[3].to]:
            raise SystemExit

    monkeypatch.setattr(carrier, "send", be_killed)
    monkeypatch.setattr(worker, "_give_back", lambda mails: None)
    with pytest.raises(SystemExit):
        worker.deliver_queued(first=mails[0].pk)
    assert states() == [MailState.SENT] * 3 + [MailState.IN_FLIGHT] * 2
    requeue()

    assert states() == [MailState.SENT] * 3 + [MailState.QUEUED] * 2
    assert attempts() == [1] * 5
    assert worker.claim_batch(1) == [], "each is tried alone from now"


def test_each_mail_is_marked_before_the_next(
    mails: list[OutgoingMail], server: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = carrier.send
    seen = []

    def look(message: Message) -> None:
        send(message)
        seen.append(states().count(MailState.SENT))

    monkeypatch.setattr(carrier, "send", look)
    worker.deliver(mails[0].pk)
    worker.deliver_queued(first=mails[0].pk)

    assert seen == [0, 1, 2, 3, 4]


def test_batch_stops_at_its_time_limit(
    mails: list[OutgoingMail], server: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.deliver(mails[0].pk)
    send = carrier.send

    def send_last(message: Message) -> None:
        send(message)
        monkeypatch.setattr("digibeoordelen.outbox.worker.time.monotonic", lambda: float("inf"))

    monkeypatch.setattr(carrier, "send", send_last)
    worker.deliver_queued(first=mails[0].pk)

    assert states() == [MailState.SENT] * 2 + [MailState.QUEUED] * 3
    assert attempts() == [1, 1, 0, 0, 0]


def test_crashing_mail_counts_an_attempt_and_others_stay_queued(
    mails: list[OutgoingMail], server: SmtpSink, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.OUTBOX_LEASE_SECONDS = -1
    compose = worker.compose

    def break_at_the_third(mail: OutgoingMail, *urls: Any) -> Message:
        if mail.pk == mails[2].pk:
            raise RuntimeError("kapot")
        return compose(mail, *urls)

    worker.deliver(mails[0].pk)
    monkeypatch.setattr(worker, "compose", break_at_the_third)
    with pytest.raises(RuntimeError, match="kapot"):
        worker.deliver_queued(first=mails[0].pk)

    assert states() == [MailState.SENT] * 2 + [MailState.IN_FLIGHT] + [MailState.QUEUED] * 2
    requeue()
    assert attempts() == [1, 1, 1, 0, 0]
