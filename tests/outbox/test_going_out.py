"""Whatever order workers, crashes, sweeps and second thoughts come in: no mail is lost, and none goes out unbidden."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from digibeoordelen.outbox import claims
from digibeoordelen.outbox.drop import drop
from digibeoordelen.outbox.models import Claim, MailState, OutgoingMail
from digibeoordelen.outbox.requeue import requeue

from .test_claim import make_mails

WORKERS = 2


class Worker:
    """What one worker process knows; a crash forgets it."""

    def __init__(self) -> None:
        self.held: claims.Held | None = None
        self.left: list[OutgoingMail] = []
        self.sent: list[int] = []

    def end(self) -> None:
        assert self.held is not None
        claims.mark_sent(self.held.claim_id, self.sent)
        claims.end(self.held.claim_id, [mail.pk for mail in self.left])
        self.__init__()  # type: ignore[misc]


class GoingOut(RuleBasedStateMachine):
    """Two workers as `deliver` has them, step by step, with the sweep and those who drop mails between any two."""

    def __init__(self) -> None:
        super().__init__()
        self.workers = [Worker() for _ in range(WORKERS)]
        self.taken: Counter[int] = Counter()  # by the mail server
        self.begun: int | None = None
        self.crashed_in: Counter[int] = Counter()
        self.dropped_in_time: set[int] = set()
        make_mails(5)

    who = st.integers(0, WORKERS - 1)

    @rule(number=who, limit=st.integers(1, 5))
    def claim(self, number: int, limit: int) -> None:
        worker = self.workers[number]
        if worker.held is None:
            held = claims.claim_queued(limit)
            if held.mails:
                worker.held, worker.left = held, list(held.mails)

    @rule(number=who, crashes=st.booleans())
    def send_the_next(self, number: int, crashes: bool) -> None:
        worker = self.workers[number]
        if worker.held is None or not worker.left:
            return
        try:
            claims.begin(worker.left[0])
        except claims.NotOurs:
            worker.end()
            return
        mail = worker.left.pop(0)
        self.taken[mail.pk] += 1
        if crashes:
            self.crashed_in[mail.pk] += 1
            self.workers[number] = Worker()
        else:
            worker.sent.append(mail.pk)

    @rule(number=who)
    def finish(self, number: int) -> None:
        if self.workers[number].held is not None:
            self.workers[number].end()

    @rule(number=who)
    def mark(self, number: int) -> None:
        worker = self.workers[number]
        if worker.held is not None:
            claims.mark_sent(worker.held.claim_id, worker.sent)
            worker.sent = []

    @rule(number=who)
    def refuse_the_last(self, number: int) -> None:
        """The server's 'later' instead of its 'yes', to the last one of this worker."""
        worker = self.workers[number]
        if worker.held is not None and worker.sent:
            pk = worker.sent.pop()
            self.taken[pk] -= 1
            own = OutgoingMail.objects.filter(pk=pk, claim_id=worker.held.claim_id)
            waits = {"state": MailState.WAITING, "next_attempt_at": timezone.now(), "last_error": "451"}
            own.update(**waits, claim_id=None, lease_until=None)

    @rule(holds=st.booleans())
    def time_passes(self, holds: bool) -> None:
        """The holds end, and with `holds` the leases, too, of whom nothing was heard; those at work are quicker."""
        past = timezone.now() - timedelta(seconds=1)
        OutgoingMail.objects.filter(state=MailState.IN_FLIGHT).update(lease_until=past)
        alive = [worker.held.claim_id for worker in self.workers if worker.held]
        Claim.objects.exclude(pk__in=alive).update(lease_until=past)
        if holds:
            Claim.objects.filter(begun=None).update(lease_until=past)
        requeue()

    @rule(data=st.data())
    def drop_one(self, data: st.DataObject) -> None:
        pk = data.draw(st.sampled_from(sorted(OutgoingMail.objects.values_list("pk", flat=True))))
        with transaction.atomic():
            if drop(pk):
                self.dropped_in_time.add(pk)

    @invariant()
    def nothing_went_out_twice_but_for_a_crash(self) -> None:
        for pk, times in self.taken.items():
            assert times <= 1 + self.crashed_in[pk]

    @invariant()
    def what_was_dropped_in_time_never_goes(self) -> None:
        assert not [pk for pk in self.dropped_in_time if self.taken[pk]]

    def teardown(self) -> None:
        """The workers end, and two new ones clear what is left: every mail that stands has gone out."""
        for worker in self.workers:
            if worker.held is not None:
                worker.end()
        for _ in range(20):
            self.time_passes(holds=True)
            self.claim(0, 5)
            for _ in range(5):
                self.send_the_next(0, crashes=False)
            self.finish(0)
        for mail in OutgoingMail.objects.all():
            assert mail.state in (MailState.SENT, MailState.FAILED)
            assert (mail.state == MailState.SENT) <= (self.taken[mail.pk] >= 1)
            assert mail.dropped_at or mail.state == MailState.SENT or self.crashed_in[mail.pk]
        assert not Claim.objects.exists()
        OutgoingMail.objects.all().delete()


@pytest.mark.django_db
def test_any_order_of_events_sends_each_mail_once_or_as_often_as_a_worker_crashed_in_it() -> None:
    quick = settings(max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(GoingOut, settings=quick)
