"""In any order of deliveries, crashes, sweeps and drops, no mail is lost or sent after a drop."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from unittest.mock import patch

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

from digibeoordelen.outbox import worker
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import drop

from .test_claim import make_mails

MAILS = 4


class GoingOut(RuleBasedStateMachine):
    """A state machine of the steps of `deliver`, with sweeps and drops between any two steps."""

    def __init__(self) -> None:
        super().__init__()
        self.sending: list[OutgoingMail] = []  # claimed by running workers
        self.taken: Counter[int] = Counter()  # accepted by the mail server
        self.crashed_in: Counter[int] = Counter()
        self.dropped_in_time: set[int] = set()
        self.pks = make_mails(MAILS)

    @initialize(limit=st.integers(2, MAILS))
    def begin_with_a_claim(self, limit: int) -> None:
        self.claim_batch(limit)

    @precondition(lambda self: not self.sending)
    @rule(limit=st.integers(1, MAILS))
    def claim_batch(self, limit: int) -> None:
        self.sending += worker.claim_batch(limit)

    @precondition(lambda self: self.sending)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        """The worker stops before handling these mails."""
        mail = data.draw(st.sampled_from(self.sending))
        left = [other for other in self.sending if other.claim_id == mail.claim_id]
        self.sending = [other for other in self.sending if other not in left]
        with patch.object(worker, "announce"):
            worker._give_back(left)

    @precondition(lambda self: len(self.sending) < MAILS)
    @rule(number=st.integers(0, MAILS - 1))
    def claim(self, number: int) -> None:
        if mail := worker.claim(self.pks[number]):
            self.sending.append(mail)

    @precondition(lambda self: self.sending)
    @rule(data=st.data(), then=st.sampled_from(["sent", "sent", "later", "crashes", "crashes before"]))
    def send(self, data: st.DataObject, then: str) -> None:
        mail = data.draw(st.sampled_from(self.sending))
        self.sending.remove(mail)
        self.taken[mail.pk] += then in {"sent", "crashes"}
        self.crashed_in[mail.pk] += then == "crashes"
        if then == "sent":
            worker._mark(mail, state=MailState.SENT, sent_at=timezone.now())
        elif then == "later":
            worker._mark(mail, state=MailState.WAITING, next_attempt_at=timezone.now(), last_error="451")

    @rule()
    def time_passes(self) -> None:
        """The leases of crashed workers end; running workers get a reply before that."""
        past = timezone.now() - timedelta(seconds=1)
        alive = [mail.pk for mail in self.sending]
        OutgoingMail.objects.filter(state=MailState.IN_FLIGHT).exclude(pk__in=alive).update(lease_until=past)
        worker.requeue()

    @rule(number=st.integers(0, MAILS - 1))
    def drop(self, number: int) -> None:
        with transaction.atomic():
            if drop(self.pks[number]):
                self.dropped_in_time.add(self.pks[number])

    @invariant()
    def check_only_crashes_repeat_mails(self) -> None:
        assert all(times <= 1 + self.crashed_in[pk] for pk, times in self.taken.items())

    @invariant()
    def check_dropped_mails_are_not_sent(self) -> None:
        assert not [pk for pk in self.dropped_in_time if self.taken[pk]]

    def teardown(self) -> None:
        """A worker delivers the remaining mails: each is sent unless dropped, with the matching state."""
        self.sending = []
        for _ in range(3):
            self.time_passes()
            for mail in [*worker.claim_batch(MAILS), *filter(None, map(worker.claim, self.pks))]:
                self.taken[mail.pk] += 1
                worker._mark(mail, state=MailState.SENT, sent_at=timezone.now())
        self.check_only_crashes_repeat_mails()
        self.check_dropped_mails_are_not_sent()
        for mail in OutgoingMail.objects.all():
            assert mail.state == MailState.SENT or (mail.state == MailState.FAILED and mail.dropped_at)
            assert self.taken[mail.pk] or mail.state == MailState.FAILED
        OutgoingMail.objects.all().delete()


@pytest.mark.django_db
def test_any_event_order_repeats_only_crashed_mails() -> None:
    quick = settings(
        max_examples=50,
        stateful_step_count=15,
        deadline=None,
        phases=[Phase.generate],  # shrinking a failure would take minutes
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(GoingOut, settings=quick)
