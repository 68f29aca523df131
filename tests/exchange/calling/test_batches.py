"""Many deliveries of one receiver: sent in batches, by one worker at a time, and none waits for a broken one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from assessments.models import Participation
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from digibeoordelen.jobs.tasks import sweep
from exchange.calling import bodies, deliveries
from exchange.models import Delivery, Receiver, receiver
from tests import steps
from tests.concurrency import at_once
from tests.factories import ContactFactory, MembershipFactory

from .standin import StandIn

STATE = Delivery.State
Announced = list[tuple[str, int]]


@pytest.fixture
def finals(final: Participation, committee_member: User) -> list[Participation]:
    """Five final results in one sitting."""
    first = final.assessment
    school, examiner = first.school, ContactFactory(school=first.school)
    made = [final]
    for _ in range(4):
        other = steps.start_assessment(MembershipFactory(school=school), first.unit, first.initiator)
        made.append(Participation.objects.create(school=school, assessment=other, sitting=final.sitting))
        steps.choose(other, examiner)
        assessed = steps.assess(steps.send_invitation(other, examiner))
        finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    return made


def run_first() -> bool:
    first = Delivery.objects.due().order_by("pk").first()
    return first is not None and Delivery.objects.run(first.pk)


def sent_to(planning: StandIn) -> list[str]:
    return [path.rpartition("/")[2] for method, path, _ in planning.calls if method == "PATCH"]


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_one_run_sends_all_in_order(planning: StandIn, finals: list[Participation]) -> None:
    assert run_first()
    assert sent_to(planning) == [str(final.public_id) for final in finals]
    assert states() == [STATE.DELIVERED] * 5
    assert len(planning.tokens) == 1
    assert Delivery.objects.get(participation=finals[3]).confirmed_state == "completed"


def test_run_goes_on_beyond_a_batch(
    planning: StandIn, finals: list[Participation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "BATCH", 2)
    run_first()
    assert states() == [STATE.DELIVERED] * 5
    assert len(planning.calls) == 5


def test_burst_is_announced_once(
    planning: StandIn, finals: list[Participation], announced: Announced, django_capture_on_commit_callbacks: Any
) -> None:
    announced.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert Delivery.objects.all().offer_again() == 5
    assert [label for label, _ in announced] == ["exchange.Delivery"]


def test_busy_receiver_is_not_announced_again(
    planning: StandIn, finals: list[Participation], announced: Announced, django_capture_on_commit_callbacks: Any
) -> None:
    Delivery.objects.claim_all([Delivery.objects.due_pks()[0]])
    announced.clear()
    with django_capture_on_commit_callbacks(execute=True):
        Delivery.objects.get(participation=finals[4]).offer()
    sweep()
    assert "exchange.Delivery" not in {label for label, _ in announced}


def test_sweep_announces_one_of_each_receiver(finals: list[Participation], announced: Announced) -> None:
    announced.clear()
    sweep()
    assert [label for label, _ in announced].count("exchange.Delivery") == 1


def test_broken_receiver_gets_one_call(planning: StandIn, finals: list[Participation]) -> None:
    planning.plan = [(503, {}, {"title": "Onderhoud"})]
    run_first()
    assert len(planning.calls) == 1
    assert states() == [STATE.WAITING] * 5
    assert not Delivery.objects.due().exists()
    assert not Delivery.objects.claimed().exists()


def test_all_wait_as_long_as_the_receiver_asks(
    planning: StandIn, finals: list[Participation], pass_time: Callable[..., None]
) -> None:
    planning.plan = [(429, {"Retry-After": "120"}, {})]
    run_first()
    pass_time(seconds=110)
    assert not Delivery.objects.due().exists()
    pass_time(seconds=20)
    assert Delivery.objects.due().count() == 5


def test_one_that_fails_does_not_hold_up_the_others(planning: StandIn, finals: list[Participation]) -> None:
    planning.plan = [(500, {}, {"title": "Oeps"}), (409, {}, {"title": "Vol"})]
    run_first()
    assert states() == [STATE.WAITING, STATE.REFUSED, STATE.DELIVERED, STATE.DELIVERED, STATE.DELIVERED]
    assert not Delivery.objects.due().exists()


def test_one_that_cannot_be_made_does_not_hold_up_the_others(
    planning: StandIn, finals: list[Participation], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = bodies.make

    def fail_for_first(delivery: Delivery, kind: str) -> Any:
        if delivery.participation == finals[0]:
            raise KeyError("score")
        return make(delivery, kind)

    monkeypatch.setattr(bodies, "make", fail_for_first)
    run_first()
    assert states() == [STATE.WAITING] + [STATE.DELIVERED] * 4


def test_long_run_leaves_the_rest_to_another_task(
    planning: StandIn, finals: list[Participation], announced: Announced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "RUN_SECONDS", 0.2)
    planning.plan = [0.3]
    announced.clear()
    run_first()
    assert states() == [STATE.DELIVERED] + [STATE.WAITING] * 4
    assert set(Delivery.objects.due().values_list("attempts", flat=True)) == {0}
    assert announced == [("exchange.Delivery", pk) for pk in Delivery.objects.due_pks()]


def test_all_wait_while_the_receiver_is_off(planning: StandIn, finals: list[Participation]) -> None:
    Receiver.objects.update(is_active=False)
    run_first()
    assert states() == [STATE.HELD] * 5
    assert not planning.calls


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_result_once(
    planning: StandIn, finals: list[Participation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "BATCH", 2)
    planning.pause = 0.02
    at_once(*[run_first] * 2)
    taken = {path.rpartition("/")[2]: len(held) for path, held in planning.held.items()}
    assert taken == {str(final.public_id): 1 for final in finals}
    assert states() == [STATE.DELIVERED] * 5


@pytest.mark.django_db(transaction=True)
def test_change_while_two_workers_send_reaches_the_receiver(
    planning: StandIn, finals: list[Participation], committee_member: User
) -> None:
    planning.pause = 0.05
    changed = finals[4].assessment

    def withdraw() -> None:
        withdraw_final(assessment=changed, by=committee_member, reason="Bezwaar.")

    at_once(run_first, withdraw, run_first)
    for pk in Delivery.objects.due_pks():
        Delivery.objects.run(pk)
    last = planning.held[f"/associations/{finals[4].public_id}"][-1]
    assert last["result"]["state"] == "in progress"
    assert states() == [STATE.DELIVERED] * 5
