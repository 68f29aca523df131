"""One mail, any number of claimers: exactly one gets it. And what the sweep brings back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from digibeoordelen.outbox import claims
from digibeoordelen.outbox.models import Claim, MailState, OutgoingMail
from digibeoordelen.outbox.tasks import send_mail, sweep
from digibeoordelen.outbox.worker import deliver, requeue
from tests.smtp import SmtpSink

T = TypeVar("T")


def make_mails(count: int, **values: Any) -> list[int]:
    values = {"kind": "test", "to": "a@b.test", "subject": "-", "text": "-", "html": "-", **values}
    mails = [OutgoingMail(message_id=f"<{uuid4()}@test>", **values) for _ in range(count)]
    return [mail.pk for mail in OutgoingMail.objects.bulk_create(mails)]


def at_once(work: Callable[[], T], threads: int = 4) -> list[T]:
    """What `work` returns in as many threads, all starting at the same moment."""
    start = Barrier(threads)

    def run() -> T:
        start.wait()
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(threads)]]


def in_flight(seconds_left: float, **values: Any) -> int:
    lease = timezone.now() + timedelta(seconds=seconds_left)
    return make_mails(1, state=MailState.IN_FLIGHT, claim_id=uuid4(), lease_until=lease, **values)[0]


def states() -> dict[int, str]:
    return dict(OutgoingMail.objects.values_list("pk", "state"))


@pytest.mark.parametrize("half", [{"begun": 1}, {"begun_at": timezone.now()}])
def test_the_database_keeps_that_what_is_begun_has_a_time(db: None, half: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="claim_begun_has_time"), transaction.atomic():
        Claim.objects.create(lease_until=timezone.now(), **half)


def test_of_many_claimers_one_gets_the_mail(transactional_db: None) -> None:
    for pk in make_mails(10):
        won = [mail for held in at_once(partial(claims.claim, pk)) for mail in held.mails]

        assert len(won) == 1
        mail = OutgoingMail.objects.get(pk=pk)
        assert (mail.state, mail.claim_id, mail.attempts) == (MailState.IN_FLIGHT, won[0].claim_id, 0)


def test_of_many_who_claim_batches_each_mail_is_one_s_alone(transactional_db: None) -> None:
    pks = make_mails(40)

    def claim_all() -> list[int]:
        return [mail.pk for _ in range(6) for mail in claims.claim_queued(7).mails]

    assert sorted(pk for claimed in at_once(claim_all) for pk in claimed) == pks


@pytest.mark.servers
def test_a_claim_passes_over_what_another_is_claiming(transactional_db: None) -> None:
    first, second = make_mails(2)
    with transaction.atomic():
        OutgoingMail.objects.select_for_update().get(pk=first)
        [held] = at_once(lambda: claims.claim_queued(2), threads=1)

    assert [mail.pk for mail in held.mails] == [second]


def test_many_tasks_for_one_mail_send_it_once(transactional_db: None, server: SmtpSink) -> None:
    pks = make_mails(10)
    for pk in pks:
        at_once(partial(deliver, pk))

    assert len(server.received) == 10
    assert states() == dict.fromkeys(pks, MailState.SENT)


def test_a_claim_lasts_until_it_is_begun_or_taken_back(db: None, settings: Settings) -> None:
    settings.OUTBOX_HOLD_SECONDS, settings.OUTBOX_LEASE_SECONDS = 30, 900
    make_mails(2)
    held = claims.claim_queued(2)

    assert left_of(*OutgoingMail.objects.all(), Claim.objects.get()) == [30] * 3
    claims.begin(held.mails[0])
    assert left_of(Claim.objects.get()) == [900]


def left_of(*leased: OutgoingMail | Claim) -> list[float]:
    """Seconds, to the tens."""
    ends = [each.lease_until for each in leased if each.lease_until]
    return [round((end - timezone.now()).total_seconds(), -1) for end in ends]


def test_marks_are_written_for_many_at_once(db: None) -> None:
    pks = make_mails(3)
    held = claims.claim_queued(3)

    assert claims.mark_sent(held.claim_id, pks[:2]) == 2
    marked = OutgoingMail.objects.values_list("state", "attempts").order_by("pk")
    assert list(marked) == [(MailState.SENT, 1), (MailState.SENT, 1), (MailState.IN_FLIGHT, 0)]
    [sent_at, _] = OutgoingMail.objects.exclude(sent_at=None).values_list("sent_at", flat=True)
    assert sent_at is not None
    assert abs(timezone.now() - sent_at) < timedelta(minutes=1)


def test_what_was_taken_back_can_t_be_begun_or_marked(db: None, settings: Settings) -> None:
    settings.OUTBOX_HOLD_SECONDS = -1
    first, _ = make_mails(2)
    held = claims.claim_queued(2)
    requeue()
    claims.claim(first)

    with pytest.raises(claims.NotOurs):
        claims.begin(held.mails[0])
    assert claims.mark_sent(held.claim_id, [mail.pk for mail in held.mails]) == 0


def test_what_is_given_back_is_queued_again_unless_another_has_it(db: None, settings: Settings) -> None:
    settings.OUTBOX_HOLD_SECONDS = -1
    ours, theirs = make_mails(2)
    held = claims.claim_queued(2)
    requeue()
    claims.claim(theirs)
    OutgoingMail.objects.filter(pk=ours).update(
        state=MailState.IN_FLIGHT, claim_id=held.claim_id, lease_until=timezone.now()
    )
    claims.end(held.claim_id, [ours, theirs])

    assert states() == {ours: MailState.QUEUED, theirs: MailState.IN_FLIGHT}


def test_a_claim_ends_with_its_last_mail_and_not_before(db: None) -> None:
    first, second = make_mails(2)
    held = claims.claim_queued(2)
    claims.begin(held.mails[0])
    claims.end(held.claim_id, [second])
    assert Claim.objects.count() == 1, "it says that the first was begun"

    claims.mark_sent(held.claim_id, [first])
    claims.end(held.claim_id, [])
    assert not Claim.objects.exists()


@pytest.mark.parametrize("state", [MailState.SENT, MailState.FAILED, MailState.WAITING])
def test_only_a_queued_mail_can_be_claimed(db: None, state: MailState) -> None:
    times: dict[str, dict[str, Any]] = {
        MailState.SENT: {"sent_at": timezone.now()},
        MailState.FAILED: {"last_error": "550"},
        MailState.WAITING: {"last_error": "451", "next_attempt_at": timezone.now()},
    }
    (pk,) = make_mails(1, state=state, **times[state])

    assert not claims.claim(pk).mails
    assert not claims.claim_queued(1).mails


def test_two_sweeps_at_once_start_one_task_a_mail(transactional_db: None) -> None:
    pks = make_mails(40)
    taken = at_once(lambda: [pk for batch in OutgoingMail.objects.batches_to_announce(7) for pk in batch])

    assert sorted(pk for pks_of_one in taken for pk in pks_of_one) == sorted(pks)


@pytest.mark.servers
def test_a_sweep_passes_over_what_another_is_busy_with(transactional_db: None) -> None:
    make_mails(2)
    with transaction.atomic():
        first = OutgoingMail.objects.take_unannounced(1)
        (second,) = at_once(lambda: OutgoingMail.objects.take_unannounced(2), threads=1)

    assert len(first) == len(second) == 1
    assert first != second


class TestSweep:
    def test_starts_what_nobody_announced(self, db: None, announced: list[int]) -> None:
        pks = make_mails(3)
        sweep()
        assert announced == pks

    def test_leaves_what_was_just_queued_to_its_own_task(self, mail: OutgoingMail, announced: list[int]) -> None:
        sweep()
        assert announced == []

    def test_trusts_its_own_task_for_a_while(self, db: None, announced: list[int], settings: Settings) -> None:
        settings.SWEEP_SECONDS = 60
        make_mails(1)
        sweep()
        sweep()
        assert len(announced) == 1

        OutgoingMail.objects.update(announce_at=timezone.now() - timedelta(seconds=1))
        sweep()
        assert len(announced) == 2

    def test_brings_back_what_waits_when_it_is_due(self, db: None, announced: list[int]) -> None:
        now, soon = timezone.now(), timezone.now() + timedelta(minutes=1)
        due, later = (
            make_mails(1, state=MailState.WAITING, last_error="451", next_attempt_at=moment)[0]
            for moment in (now, soon)
        )
        sweep()
        assert announced == [due]
        assert states() == {due: MailState.QUEUED, later: MailState.WAITING}

    def test_brings_back_what_a_crash_left_when_its_lease_is_over(self, db: None, announced: list[int]) -> None:
        left, busy = in_flight(-1, attempts=1), in_flight(60, attempts=1)
        sweep()
        assert announced == [left]
        assert states() == {left: MailState.QUEUED, busy: MailState.IN_FLIGHT}

    def test_tells_by_the_claim_how_far_a_worker_came_that_is_gone(
        self, db: None, announced: list[int], settings: Settings
    ) -> None:
        settings.OUTBOX_HOLD_SECONDS = settings.OUTBOX_LEASE_SECONDS = -1
        pks = make_mails(4)
        held = claims.claim_queued(4)
        for mail in held.mails[:3]:
            claims.begin(mail)
        OutgoingMail.objects.filter(pk=pks[0]).update(
            state=MailState.FAILED, last_error="550", claim_id=None, lease_until=None
        )
        sweep()

        assert [states()[pk] for pk in pks] == [MailState.FAILED, MailState.SENT, MailState.QUEUED, MailState.QUEUED]
        assert [mail.attempts for mail in OutgoingMail.objects.order_by("pk")] == [0, 1, 1, 0]
        assert sorted(announced) == pks[2:], "they are due at the same moment"
        assert not Claim.objects.exists()

    def test_takes_from_a_worker_that_is_stuck_what_it_has_not_begun(
        self, db: None, announced: list[int], settings: Settings
    ) -> None:
        settings.OUTBOX_HOLD_SECONDS, settings.OUTBOX_LEASE_SECONDS = -1, 900
        pks = make_mails(3)
        held = claims.claim_queued(3)
        for mail in held.mails[:2]:
            claims.begin(mail)
        sweep()

        assert [states()[pk] for pk in pks] == [MailState.SENT, MailState.IN_FLIGHT, MailState.QUEUED]
        assert announced == pks[2:]
        with pytest.raises(claims.NotOurs):
            claims.begin(held.mails[2])
        assert claims.mark_sent(held.claim_id, pks[:2]) == 1
        claims.end(held.claim_id, pks[2:])
        assert states()[pks[1]] == MailState.SENT
        assert not Claim.objects.exists()

    def test_forgets_a_claim_that_holds_nothing(self, db: None, announced: list[int]) -> None:
        past, soon = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(minutes=1)
        Claim.objects.create(lease_until=past)
        busy = Claim.objects.create(lease_until=soon)
        sweep()
        assert Claim.objects.get() == busy

    def test_gives_up_what_breaks_its_worker_every_time(
        self, db: None, announced: list[int], settings: Settings
    ) -> None:
        settings.OUTBOX_RETRY_SECONDS = [60, 300]
        tried, given_up = in_flight(-1, attempts=2), in_flight(-1, attempts=3)
        sweep()
        assert announced == [tried]
        assert states()[given_up] == MailState.FAILED
        assert "afgebroken" in OutgoingMail.objects.get(pk=given_up).last_error

    def test_stops_asking_a_broker_that_is_gone(
        self, db: None, announced: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_mails(3)
        asked = []

        def gone(mail_id: int) -> None:
            asked.append(mail_id)
            raise ConnectionRefusedError

        monkeypatch.setattr(send_mail, "delay", gone)
        sweep()

        assert len(asked) == 1
        assert len(OutgoingMail.objects.take_unannounced(10)) == 3
