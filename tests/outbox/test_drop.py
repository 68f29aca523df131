"""A mail that is dropped is begun no more, wherever on its way it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from digibeoordelen.outbox.deliver import deliver
from digibeoordelen.outbox.models import DROPPED, MailState, OutgoingMail
from digibeoordelen.outbox.queue import send_again
from tests.smtp import YES, SmtpSink


def state_of(mail: OutgoingMail) -> str:
    mail.refresh_from_db()
    return mail.state


def drop(mail: OutgoingMail) -> bool:
    return OutgoingMail.objects.drop(mail.pk)


def test_a_queued_one_is_not_sent_and_says_why(mail: OutgoingMail, server: SmtpSink) -> None:
    assert drop(mail)
    deliver(mail.pk)
    assert server.received == []
    assert state_of(mail) == MailState.FAILED
    assert mail.last_error == DROPPED


def test_it_can_not_be_sent_again(mail: OutgoingMail, server: SmtpSink) -> None:
    drop(mail)
    assert not send_again(mail)
    assert state_of(mail) == MailState.FAILED


def test_one_that_was_sent_stays_sent(mail: OutgoingMail, server: SmtpSink) -> None:
    deliver(mail.pk)
    assert not drop(mail)
    assert state_of(mail) == MailState.SENT
    assert mail.dropped_at is None


def test_one_that_waits_for_another_attempt_gets_none(mail: OutgoingMail, server: SmtpSink) -> None:
    server.answer("RCPT", "451 4.7.1 Probeer het later")
    deliver(mail.pk)
    assert state_of(mail) == MailState.WAITING
    assert not drop(mail), "an attempt was made: nobody knows for certain"
    OutgoingMail.objects.requeue()
    deliver(mail.pk)
    assert server.received == []
    assert state_of(mail) == MailState.FAILED


def test_one_that_a_worker_has_claimed_and_not_begun_is_not_begun(mail: OutgoingMail) -> None:
    [claimed] = OutgoingMail.objects.claim(mail.pk)
    assert drop(mail)
    assert OutgoingMail.objects.move_on(begun=claimed) == set()
    OutgoingMail.objects.release([claimed])
    assert OutgoingMail.objects.claim(mail.pk) == []
    OutgoingMail.objects.requeue()
    assert state_of(mail) == MailState.FAILED
    assert mail.last_error == DROPPED


def test_one_that_is_going_out_may_arrive_and_counts_as_sent_then(mail: OutgoingMail) -> None:
    [claimed] = OutgoingMail.objects.claim(mail.pk)
    OutgoingMail.objects.move_on(begun=claimed)
    assert not drop(mail)
    assert OutgoingMail.objects.move_on(sent=claimed) == {mail.pk}
    assert state_of(mail) == MailState.SENT


def test_one_that_was_going_out_and_must_wait_is_given_up(mail: OutgoingMail, server: SmtpSink) -> None:
    """As when the server says 'later' to an attempt that was begun before the drop."""
    [claimed] = OutgoingMail.objects.claim(mail.pk)
    OutgoingMail.objects.move_on(begun=claimed)
    drop(mail)
    due = timezone.now() - timedelta(seconds=1)
    OutgoingMail.objects.update(
        state=MailState.WAITING, next_attempt_at=due, last_error="451", claim_id=None, lease_until=None
    )
    OutgoingMail.objects.requeue()
    assert state_of(mail) == MailState.FAILED


def test_others_are_sent(mail: OutgoingMail, server: SmtpSink) -> None:
    drop(mail)
    other = OutgoingMail.objects.create(
        kind="test", to="a@b.test", subject="-", text="-", html="-", message_id="<other@test>"
    )
    server.answer("RCPT", YES)
    deliver(other.pk)
    assert state_of(other) == MailState.SENT


@pytest.mark.parametrize("seconds", [60, -60])
def test_one_that_a_crash_left_is_given_up_when_its_lease_is_over(mail: OutgoingMail, seconds: int) -> None:
    [claimed] = OutgoingMail.objects.claim(mail.pk)
    OutgoingMail.objects.move_on(begun=claimed)
    drop(mail)
    OutgoingMail.objects.update(lease_until=timezone.now() + timedelta(seconds=seconds))
    OutgoingMail.objects.requeue()
    assert state_of(mail) == (MailState.IN_FLIGHT if seconds > 0 else MailState.FAILED)


@pytest.mark.servers
def test_a_worker_that_is_about_to_begin_waits_for_who_drops_it(transactional_db: None, mail: OutgoingMail) -> None:
    [claimed] = OutgoingMail.objects.claim(mail.pk)

    def begin() -> set[int]:
        try:
            return OutgoingMail.objects.move_on(begun=claimed)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert drop(mail)
            beginning = pool.submit(begin)
            assert wait([beginning], timeout=0.3).not_done, "it waits for this transaction"
        assert beginning.result(timeout=30) == set()


def test_one_that_failed_and_was_queued_again_may_have_arrived(mail: OutgoingMail) -> None:
    OutgoingMail.objects.filter(pk=mail.pk).update(state=MailState.FAILED, last_error="421 Weg", attempts=5)
    assert send_again(mail)
    assert not drop(mail)
