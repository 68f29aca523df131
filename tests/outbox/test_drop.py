"""A dropped mail is not started again, at any stage of its delivery."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from digibeoordelen.outbox import queue
from digibeoordelen.outbox.message import Message
from digibeoordelen.outbox.models import MailState, OutgoingMail, OutgoingMailQuerySet
from digibeoordelen.outbox.queue import DROPPED, send_again
from digibeoordelen.outbox.smtp import carrier
from digibeoordelen.outbox.worker import claim, deliver, deliver_queued, requeue
from tests.concurrency import at_once
from tests.smtp import YES, SmtpSink

from .test_claim import make_mails


def state_of(mail: OutgoingMail) -> str:
    mail.refresh_from_db()
    return mail.state


def drop(mail: OutgoingMail) -> bool:
    return queue.drop(mail.pk)


def forget_one(forget: Callable[[OutgoingMailQuerySet], int]) -> Callable[[int], int]:
    return lambda pk: forget(OutgoingMail.objects.filter(pk=pk))


def test_dropped_queued_mail_is_not_sent_with_reason(mail: OutgoingMail, server: SmtpSink) -> None:
    assert drop(mail)
    deliver(mail.pk)
    assert server.received == []
    assert state_of(mail) == MailState.FAILED
    assert mail.last_error == DROPPED


def test_dropped_mail_cannot_be_resent(mail: OutgoingMail, server: SmtpSink) -> None:
    drop(mail)
    assert not send_again(mail)
    assert state_of(mail) == MailState.FAILED


def test_sent_mail_stays_sent(mail: OutgoingMail, server: SmtpSink) -> None:
    deliver(mail.pk)
    assert not drop(mail)
    assert state_of(mail) == MailState.SENT
    assert mail.dropped_at is None


def test_dropped_deferred_mail_gets_no_attempt(mail: OutgoingMail, server: SmtpSink) -> None:
    server.answer("RCPT", "451 4.7.1 Probeer het later")
    deliver(mail.pk)
    assert state_of(mail) == MailState.WAITING
    assert not drop(mail), "an attempt was made: nobody knows for certain"
    requeue()
    deliver(mail.pk)
    assert server.received == []
    assert state_of(mail) == MailState.FAILED


def test_dropped_mail_in_flight_may_be_sent(
    mail: OutgoingMail, server: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = carrier.send

    def drop_and_send(message: Message) -> None:
        assert not drop(mail)
        send(message)

    monkeypatch.setattr(carrier, "send", drop_and_send)
    deliver(mail.pk)
    assert len(server.received) == 1
    assert state_of(mail) == MailState.SENT


def test_dropped_mail_deferred_in_flight_fails(mail: OutgoingMail, server: SmtpSink) -> None:
    """The server defers an attempt that started before the drop."""
    claim(mail.pk)
    drop(mail)
    due = timezone.now() - timedelta(seconds=1)
    OutgoingMail.objects.update(
        state=MailState.WAITING, next_attempt_at=due, last_error="451", claim_id=None, lease_until=None
    )
    requeue()
    assert state_of(mail) == MailState.FAILED


def test_one_that_a_crash_left_may_have_arrived(mail: OutgoingMail) -> None:
    claim(mail.pk)
    OutgoingMail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    requeue()
    assert state_of(mail) == MailState.QUEUED
    assert not drop(mail)


def test_others_are_sent(mail: OutgoingMail, server: SmtpSink) -> None:
    drop(mail)
    other = OutgoingMail.objects.create(
        kind="test", to="a@b.test", subject="-", text="-", html="-", message_id="<other@test>"
    )
    server.answer("RCPT", YES)
    deliver(other.pk)
    assert state_of(other) == MailState.SENT


@pytest.mark.parametrize("seconds", [60, -60])
def test_dropped_crashed_mail_fails_after_its_lease(mail: OutgoingMail, seconds: int) -> None:
    claim(mail.pk)
    drop(mail)
    OutgoingMail.objects.update(lease_until=timezone.now() + timedelta(seconds=seconds))
    requeue()
    assert state_of(mail) == (MailState.IN_FLIGHT if seconds > 0 else MailState.FAILED)


@pytest.mark.servers
@pytest.mark.parametrize("forget", [queue.drop, forget_one(queue.blank), forget_one(queue.delete)])
def test_no_attempt_starts_while_a_mail_is_dropped(
    transactional_db: None, mail: OutgoingMail, server: SmtpSink, forget: Callable[[int], object]
) -> None:
    with transaction.atomic():
        forget(mail.pk)
        at_once(lambda: deliver(mail.pk), lambda: deliver_queued(first=mail.pk))
    deliver(mail.pk)
    assert server.received == []


def test_dropped_requeued_mail_may_have_arrived(mail: OutgoingMail) -> None:
    OutgoingMail.objects.filter(pk=mail.pk).update(state=MailState.FAILED, last_error="421 Weg", attempts=5)
    assert send_again(mail)
    assert not drop(mail)


@pytest.mark.parametrize("forget", [queue.blank, queue.delete])
def test_purged_mail_is_not_sent_and_others_are(
    mail: OutgoingMail, server: SmtpSink, forget: Callable[[OutgoingMailQuerySet], int]
) -> None:
    [other] = make_mails(1)
    assert forget(OutgoingMail.objects.filter(pk=mail.pk)) == 1
    deliver_queued(first=mail.pk)
    assert [received.to for received in server.received] == [OutgoingMail.objects.get(pk=other).to]


@pytest.mark.servers
def test_concurrent_purges_both_finish(transactional_db: None, mail: OutgoingMail) -> None:
    """Purges lock mails in the same order."""
    make_mails(3)

    def forget(order: str) -> int:
        return queue.blank(OutgoingMail.objects.order_by(order))

    assert at_once(lambda: forget("pk"), lambda: forget("-pk")) == [4, 4]
