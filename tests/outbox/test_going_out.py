"""Whatever order workers, crashes, sweeps and second thoughts come in: no mail is lost, and none goes out unbidden."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from digibeoordelen.outbox import claims
from digibeoordelen.outbox.cancel import drop
from digibeoordelen.outbox.models import Claim, MailState, OutgoingMail
from digibeoordelen.outbox.worker import requeue

from .test_claim import make_mails

MAILS = 4


class Worker:
    """What one worker process knows; a crash forgets it."""

    def __init__(self, held: claims.Held) -> None:
        self.claim_id = held.claim_id
        self.left = list(held.mails)
        self.sent: list[int] = []

    def mark(self) -> None:
        claims.mark_sent(self.claim_id, self.sent)
        self.sent = []

    def end(self) -> None:
        self.mark()
        claims.end(self.claim_id, [mail.pk for mail in self.left])


class GoingOut(RuleBasedStateMachine):
    """Workers as `deliver` has them, step by step, with the sweep and those who drop mails between any two."""

    def __init__(self) -> None:
        super().__init__()
        self.workers: list[Worker] = []
        self.taken: Counter[int] = Counter()  # by the mail server
        self.crashed_in: Counter[int] = Counter()
        self.dropped_in_time: set[int] = set()
        self.pks = make_mails(MAILS)

    @initialize(limit=st.integers(2, MAILS))
    def begin_with_a_claim(self, limit: int) -> None:
        self.claim(limit)

    @precondition(lambda self: len(self.workers) < 2)
    @rule(limit=st.integers(1, MAILS))
    def claim(self, limit: int) -> None:
        held = claims.claim_queued(limit)
        if held.mails:
            self.workers.append(Worker(held))

    @precondition(lambda self: any(worker.left for worker in self.workers))
    @rule(
        data=st.data(),
        then=st.sampled_from(["goes on", "goes on", "marks", "hears 'later'", "crashes", "crashes before"]),
    )
    def send_the_next(self, data: st.DataObject, then: str) -> None:
        worker = data.draw(st.sampled_from([worker for worker in self.workers if worker.left]))
        try:
            claims.begin(worker.left[0])
        except claims.NotOurs:
            self.end(worker)
            return
        mail = worker.left.pop(0)
        if then == "hears 'later'":
            waits = {"state": MailState.WAITING, "next_attempt_at": timezone.now(), "last_error": "451"}
            own = OutgoingMail.objects.filter(pk=mail.pk, claim_id=worker.claim_id)
            own.update(**waits, claim_id=None, lease_until=None)
            return
        self.taken[mail.pk] += then != "crashes before"
        if then.startswith("crashes"):
            self.crashed_in[mail.pk] += then == "crashes"
            self.workers.remove(worker)
            return
        worker.sent.append(mail.pk)
        if then == "marks":
            worker.mark()

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        self.end(data.draw(st.sampled_from(self.workers)))

    def end(self, worker: Worker) -> None:
        worker.end()
        self.workers.remove(worker)

    @rule()
    def time_passes(self) -> None:
        """Holds end, and leases, too, of those who are gone; who is at work hears from the server before that."""
        past = timezone.now() - timedelta(seconds=1)
        OutgoingMail.objects.filter(state=MailState.IN_FLIGHT).update(lease_until=past)
        at_work = Claim.objects.filter(pk__in=[worker.claim_id for worker in self.workers], begun__isnull=False)
        Claim.objects.exclude(pk__in=at_work).update(lease_until=past)
        requeue()

    @rule(number=st.integers(0, MAILS - 1))
    def drop(self, number: int) -> None:
        with transaction.atomic():
            if drop(self.pks[number]):
                self.dropped_in_time.add(self.pks[number])

    @invariant()
    def none_goes_twice_but_for_a_crash(self) -> None:
        assert all(times <= 1 + self.crashed_in[pk] for pk, times in self.taken.items())

    @invariant()
    def none_goes_that_was_dropped_in_time(self) -> None:
        assert not [pk for pk in self.dropped_in_time if self.taken[pk]]

    def teardown(self) -> None:
        """A worker clears what is left: each mail has gone out then, unless it was dropped, and says so."""
        for worker in list(self.workers):
            self.end(worker)
        for _ in range(3):
            self.time_passes()
            cleared = claims.claim_queued(MAILS)
            for mail in cleared.mails:
                claims.begin(mail)
                self.taken[mail.pk] += 1
            claims.mark_sent(cleared.claim_id, [mail.pk for mail in cleared.mails])
            claims.end(cleared.claim_id, [])
        self.none_goes_twice_but_for_a_crash()
        self.none_goes_that_was_dropped_in_time()
        for mail in OutgoingMail.objects.all():
            assert mail.state == MailState.SENT or (mail.state == MailState.FAILED and mail.dropped_at)
            assert self.taken[mail.pk] or mail.state == MailState.FAILED
        assert not Claim.objects.exists()
        OutgoingMail.objects.all().delete()


@pytest.mark.django_db
def test_any_order_of_events_sends_each_mail_once_or_as_often_as_a_worker_crashed_in_it() -> None:
    quick = settings(
        max_examples=150,
        stateful_step_count=15,
        deadline=None,
        phases=[Phase.generate],  # to shrink what is found would take minutes
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(GoingOut, settings=quick)
