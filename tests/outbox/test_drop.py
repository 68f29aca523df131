"""A mail that is dropped is begun no more, wherever on its way it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from digibeoordelen.outbox import cancel, claims
from digibeoordelen.outbox.cancel import DROPPED
from digibeoordelen.outbox.cancel import drop as drop_mail
from digibeoordelen.outbox.models import Claim, MailState, OutgoingMail
from digibeoordelen.outbox.queue import send_again
from digibeoordelen.outbox.worker import deliver, requeue
from tests.concurrency import at_once
from tests.smtp import YES, SmtpSink

from .test_claim import make_mails


def state_of(mail: OutgoingMail) -> str:
    mail.refresh_from_db()
    return mail.state


def drop(mail: OutgoingMail) -> bool:
    return drop_mail(mail.pk)


def begun(mail: OutgoingMail) -> None:
    [claimed] = claims.claim(mail.pk).mails
    claims.begin(claimed)


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
    requeue()
    deliver(mail.pk)
    assert server.received == []
    assert state_of(mail) == MailState.FAILED


def test_one_that_a_worker_has_claimed_and_not_begun_is_not_begun(mail: OutgoingMail) -> None:
    held = claims.claim(mail.pk)
    assert drop(mail)
    with pytest.raises(claims.NotOurs):
        claims.begin(held.mails[0])
    claims.end(held.claim_id, [mail.pk])
    assert not claims.claim(mail.pk).mails
    assert not Claim.objects.exists()
    requeue()
    assert state_of(mail) == MailState.FAILED
    assert mail.last_error == DROPPED


def test_one_that_is_going_out_may_arrive_and_counts_as_sent_then(mail: OutgoingMail) -> None:
    held = claims.claim(mail.pk)
    claims.begin(held.mails[0])
    assert not drop(mail)
    assert claims.mark_sent(held.claim_id, [mail.pk]) == 1
    assert state_of(mail) == MailState.SENT


def test_one_that_was_going_out_and_must_wait_is_given_up(mail: OutgoingMail, server: SmtpSink) -> None:
    """As when the server says 'later' to an attempt that was begun before the drop."""
    begun(mail)
    drop(mail)
    due = timezone.now() - timedelta(seconds=1)
    OutgoingMail.objects.update(
        state=MailState.WAITING, next_attempt_at=due, last_error="451", claim_id=None, lease_until=None
    )
    requeue()
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
    begun(mail)
    drop(mail)
    over = {"lease_until": timezone.now() + timedelta(seconds=seconds)}
    OutgoingMail.objects.update(**over)
    Claim.objects.update(**over)
    requeue()
    assert state_of(mail) == (MailState.IN_FLIGHT if seconds > 0 else MailState.FAILED)


@pytest.mark.servers
def test_a_worker_that_is_about_to_begin_waits_for_who_drops_it(transactional_db: None, mail: OutgoingMail) -> None:
    [claimed] = claims.claim(mail.pk).mails

    def begin() -> bool:
        try:
            claims.begin(claimed)
        except claims.NotOurs:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert drop(mail)
            beginning = pool.submit(begin)
            assert wait([beginning], timeout=0.3).not_done, "it waits for this transaction"
        assert not beginning.result(timeout=30)


def test_one_that_failed_and_was_queued_again_may_have_arrived(mail: OutgoingMail) -> None:
    OutgoingMail.objects.filter(pk=mail.pk).update(state=MailState.FAILED, last_error="421 Weg", attempts=5)
    assert send_again(mail)
    assert not drop(mail)


def test_forgetting_mails_stops_each_claim_that_has_not_come_to_them(mail: OutgoingMail) -> None:
    second, third = make_mails(2)
    held = claims.claim_queued(3)
    claims.begin(held.mails[0])
    cancel.blank(OutgoingMail.objects.filter(pk__in=[mail.pk, third]))
    assert Claim.objects.get().stopped
    with pytest.raises(claims.NotOurs):
        claims.begin(held.mails[1])
    claims.end(held.claim_id, [second, third])
    assert [each.pk for each in claims.claim_queued(3).mails] == [second]


def test_forgetting_a_mail_that_has_begun_keeps_the_others_going(mail: OutgoingMail) -> None:
    make_mails(1)
    held = claims.claim_queued(2)
    claims.begin(held.mails[0])
    cancel.delete(OutgoingMail.objects.filter(pk=mail.pk))
    claims.begin(held.mails[1])


@pytest.mark.servers
def test_two_who_forget_mails_of_the_same_claims_both_end(transactional_db: None, mail: OutgoingMail) -> None:
    """They lock claims in one order, whichever order the mails are in."""
    make_mails(3)
    one, other = claims.claim_queued(2), claims.claim_queued(2)
    mine, theirs = [one.mails[0].pk, other.mails[1].pk], [other.mails[0].pk, one.mails[1].pk]

    def forget_some(pks: list[int]) -> int:
        return cancel.blank(OutgoingMail.objects.filter(pk__in=pks))

    assert sorted(at_once(lambda: forget_some(mine), lambda: forget_some(theirs))) == [2, 2]
