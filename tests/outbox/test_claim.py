"""Exactly one of many claimers gets a mail; the sweep requeues the rest."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings
from time_machine import TimeMachineFixture

from digibeoordelen.outbox import worker
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.tasks import send_mail, sweep
from digibeoordelen.outbox.worker import deliver, requeue
from tests.smtp import SmtpSink

T = TypeVar("T")


def make_mails(count: int, **values: Any) -> list[int]:
    values = {"kind": "test", "to": "a@b.test", "subject": "-", "text": "-", "html": "-", **values}
    mails = [OutgoingMail(message_id=f"<{uuid4()}@test>", **values) for _ in range(count)]
    return [mail.pk for mail in OutgoingMail.objects.bulk_create(mails)]


def at_once(work: Callable[[], T], threads: int = 4) -> list[T]:
    """Run `work` in several threads at the same moment and return the results."""
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


def test_one_of_many_claimers_gets_the_mail(transactional_db: None) -> None:
    for pk in make_mails(10):
        won = [mail for mail in at_once(partial(worker.claim, pk)) if mail]

        assert len(won) == 1
        mail = OutgoingMail.objects.get(pk=pk)
        assert (mail.state, mail.claim_id, mail.attempts) == (MailState.IN_FLIGHT, won[0].claim_id, 1)


def test_concurrent_batch_claims_do_not_overlap(transactional_db: None) -> None:
    pks = make_mails(40)

    def claim_all() -> list[int]:
        return [mail.pk for _ in range(6) for mail in worker.claim_batch(7)]

    assert sorted(pk for claimed in at_once(claim_all) for pk in claimed) == pks


@pytest.mark.servers
def test_claim_skips_locked_mails(transactional_db: None) -> None:
    first, second = make_mails(2)
    with transaction.atomic():
        OutgoingMail.objects.select_for_update().get(pk=first)
        [claimed] = at_once(lambda: worker.claim_batch(2), threads=1)

    assert [mail.pk for mail in claimed] == [second]


def test_many_tasks_for_one_mail_send_it_once(transactional_db: None, server: SmtpSink) -> None:
    pks = make_mails(10)
    for pk in pks:
        at_once(partial(deliver, pk))

    assert len(server.received) == 10
    assert states() == dict.fromkeys(pks, MailState.SENT)


def test_mail_claimed_by_another_cannot_be_marked(db: None, settings: Settings) -> None:
    settings.OUTBOX_LEASE_SECONDS = -1
    [pk] = make_mails(1)
    first = worker.claim(pk)
    assert first
    requeue()
    second = worker.claim(pk)
    worker._mark(first, state=MailState.SENT, sent_at=timezone.now())

    assert second
    assert OutgoingMail.objects.get().claim_id == second.claim_id


def test_what_another_has_claimed_is_not_given_back(db: None, settings: Settings, announced: list[int]) -> None:
    settings.OUTBOX_LEASE_SECONDS = -1
    [pk] = make_mails(1)
    first = worker.claim(pk)
    assert first
    requeue()
    second = worker.claim(pk)
    worker._give_back([first])

    assert second
    mail = OutgoingMail.objects.get()
    assert (mail.state, mail.claim_id) == (MailState.IN_FLIGHT, second.claim_id)


@pytest.mark.parametrize("state", [MailState.SENT, MailState.FAILED, MailState.WAITING])
def test_only_a_queued_mail_can_be_claimed(db: None, state: MailState) -> None:
    times: dict[str, dict[str, Any]] = {
        MailState.SENT: {"sent_at": timezone.now()},
        MailState.FAILED: {"last_error": "550"},
        MailState.WAITING: {"last_error": "451", "next_attempt_at": timezone.now()},
    }
    (pk,) = make_mails(1, state=state, **times[state])

    assert not worker.claim(pk)
    assert not worker.claim_batch(1)


def test_concurrent_sweeps_start_one_task_per_mail(transactional_db: None) -> None:
    pks = make_mails(40)
    taken = at_once(lambda: [mail.pk for _ in range(40) for mail in OutgoingMail.objects.take_unannounced(7)])

    assert sorted(pk for pks_of_one in taken for pk in pks_of_one) == sorted(pks)


@pytest.mark.servers
def test_sweep_skips_locked_mails(transactional_db: None) -> None:
    make_mails(2)
    with transaction.atomic():
        first = OutgoingMail.objects.take_unannounced(1)
        (second,) = at_once(lambda: OutgoingMail.objects.take_unannounced(2), threads=1)

    assert len(first) == len(second) == 1
    assert first != second


class TestSweep:
    def test_starts_unannounced_mail(self, db: None, announced: list[int]) -> None:
        pks = make_mails(3)
        sweep()
        assert announced == pks

    def test_leaves_newly_queued_mail_to_its_task(self, mail: OutgoingMail, announced: list[int]) -> None:
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

    def test_requeues_deferred_mail_when_due(self, db: None, announced: list[int]) -> None:
        now, soon = timezone.now(), timezone.now() + timedelta(minutes=1)
        due, later = (
            make_mails(1, state=MailState.WAITING, last_error="451", next_attempt_at=moment)[0]
            for moment in (now, soon)
        )
        sweep()
        assert announced == [due]
        assert states() == {due: MailState.QUEUED, later: MailState.WAITING}

    def test_requeues_crashed_mail_after_its_lease(self, db: None, announced: list[int]) -> None:
        left, busy = in_flight(-1, attempts=1), in_flight(60, attempts=1)
        sweep()
        assert announced == [left]
        assert states() == {left: MailState.QUEUED, busy: MailState.IN_FLIGHT}

    def test_leases_are_by_the_clock_of_the_database(
        self, db: None, announced: list[int], time_machine: TimeMachineFixture
    ) -> None:
        [pk] = make_mails(1)
        assert worker.claim(pk)
        time_machine.move_to(timezone.now() + timedelta(hours=1))  # in another worker
        sweep()
        assert states() == {pk: MailState.IN_FLIGHT}

    def test_abandons_mail_that_always_crashes_its_worker(
        self, db: None, announced: list[int], settings: Settings
    ) -> None:
        settings.OUTBOX_RETRY_SECONDS = [60, 300]
        tried, abandoned = in_flight(-1, attempts=2), in_flight(-1, attempts=3)
        sweep()
        assert announced == [tried]
        assert states()[abandoned] == MailState.FAILED
        assert "afgebroken" in OutgoingMail.objects.get(pk=abandoned).last_error

    def test_stops_using_an_unreachable_broker(
        self, db: None, announced: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_mails(3)
        asked = []

        def gone(args: tuple[int], *rest: object, **options: object) -> None:
            asked.append(args[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(send_mail, "apply_async", gone)
        sweep()

        assert len(asked) == 1
        assert len(OutgoingMail.objects.take_unannounced(10)) == 3
