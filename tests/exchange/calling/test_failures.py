"""A receiver that refuses, is slow, dies or loses answers, and a worker that dies: nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import School, User
from accounts.sso.manage.providers import encrypt_client_secrets
from assessments.models import Assessment, Participation
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from digibeoordelen.jobs.tasks import sweep
from exchange import outgoing
from exchange.calling import client, deliveries
from exchange.models import Delivery, DeliveryQuerySet, Receiver
from tests.exchange.local_server import DEAD, LOST

from .conftest import deliver, make_receiver, plan
from .standin import StandIn

STATE = Delivery.State
PassTime = Callable[..., None]


class Died(BaseException):
    """Simulates a killed worker: no code runs after it."""


def bodies(planning: StandIn) -> list[Any]:
    return [body for taken in planning.held.values() for body in taken]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait half a second for an answer."""
    monkeypatch.setattr(outgoing, "READ_SECONDS", 0.5)
    outgoing._client.cache_clear()


def test_401_gets_a_new_token_once(planning: StandIn, final: Participation) -> None:
    deliver()
    planning.valid_token = "revoked"
    Delivery.objects.update(sent_sha256="")
    Delivery.objects.get().offer()
    assert deliver().state == STATE.DELIVERED
    assert len(planning.tokens) == 2
    assert [method for method, *_ in planning.calls] == ["PATCH"] * 3


def test_401_again_waits(planning: StandIn, final: Participation) -> None:
    planning.plan = [(401, {}, {"detail": "Client onbekend"})] * 2
    delivery = deliver()
    assert (delivery.state, delivery.last_error) == (STATE.WAITING, "401: Client onbekend")
    assert len(planning.tokens) == 2
    assert len(planning.calls) == 2


def test_no_token(planning: StandIn, final: Participation) -> None:
    planning.token_plan = [(400, {}, {"error": "invalid_client"})]
    delivery = deliver()
    assert (delivery.state, delivery.last_error) == (STATE.WAITING, "Geen token: 400: invalid_client")
    assert not planning.calls


def test_token_is_renewed_before_it_ends(planning: StandIn, final: Participation, monkeypatch: Any) -> None:
    deliver()
    later = client.time.monotonic() + 3600 - client.EARLIER
    monkeypatch.setattr(client.time, "monotonic", lambda: later)
    monkeypatch.setattr(outgoing, "time", client.time)
    Delivery.objects.update(sent_sha256="")
    Delivery.objects.get().offer()
    deliver()
    assert len(planning.tokens) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_refusal_is_kept_and_not_repeated(status: int, planning: StandIn, final: Participation) -> None:
    planning.plan = [(status, {}, {"detail": "Onbekende\r\nafname\u202e " + "x" * 400})]
    delivery = deliver()
    assert delivery.state == STATE.REFUSED
    assert delivery.last_error.startswith(f"{status}: Onbekende afname xxx")
    assert delivery.last_error.endswith("…")
    sweep()
    assert not Delivery.objects.run(delivery.pk)
    assert not bodies(planning)
    delivery.offer()
    assert deliver().state == STATE.DELIVERED


def test_answer_that_is_no_json_is_not_shown(planning: StandIn, final: Participation) -> None:
    planning.plan = [(404, {"Content-Type": "text/html"}, b"<html>\xff\x00</html>")]
    assert deliver().last_error == "404"


def test_redirect_is_not_followed(planning: StandIn, final: Participation) -> None:
    planning.plan = [(307, {"Location": f"{planning.url}/elsewhere"}, None)]
    delivery = deliver()
    assert (delivery.state, delivery.last_error) == (STATE.REFUSED, "307: het adres verwijst door.")
    assert len(planning.calls) == 1


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120), ("999999999", 86400), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)]
)
def test_429_waits_as_long_as_it_says(header: str, seconds: int, planning: StandIn, final: Participation) -> None:
    planning.plan = [(429, {"Retry-After": header}, {"title": "Too many requests"})]
    began = timezone.now()
    delivery = deliver()
    assert delivery.state == STATE.WAITING
    assert delivery.lease_until
    assert abs(delivery.lease_until - began - timedelta(seconds=seconds)) < timedelta(seconds=10)


@pytest.mark.parametrize("step", [(500, {}, {"title": "Oeps"}), (503, {}, b""), DEAD, (429, {"Retry-After": "x"}, {})])
def test_failure_is_retried(step: Any, planning: StandIn, final: Participation, pass_time: PassTime) -> None:
    planning.plan = [step]
    delivery = deliver()
    assert delivery.state == STATE.WAITING
    assert delivery.last_error
    assert not Delivery.objects.due().exists()
    pass_time(seconds=Delivery.pauses[0] + 5)
    delivery = deliver()
    assert (delivery.state, delivery.last_error) == (STATE.DELIVERED, "")
    assert len(bodies(planning)) == 1


def test_receiver_that_is_gone_is_waited_for(receiver: Receiver, final: Participation) -> None:
    Receiver.objects.update(base_url="http://127.0.0.1:9", token_url="http://127.0.0.1:9/token")
    for _ in range(20):
        Delivery.objects.update(lease_until=None)
        delivery = deliver()
    assert (delivery.state, delivery.last_error) == (STATE.WAITING, "Token: Er kon geen verbinding worden gemaakt.")


@pytest.mark.parametrize("step", [LOST, 0.8])
def test_lost_answer_is_asked_again_with_the_same(
    step: Any, planning: StandIn, final: Participation, pass_time: PassTime
) -> None:
    planning.plan = [step]
    assert deliver().state == STATE.WAITING
    pass_time(seconds=Delivery.pauses[0] + 5)
    assert deliver().state == STATE.DELIVERED
    first, second = bodies(planning)
    assert first == second


def test_lost_answer_then_back_to_what_was_confirmed_is_sent(
    planning: StandIn, final: Participation, committee_member: User
) -> None:
    deliver()
    assessment = final.assessment
    planning.plan = [LOST]
    withdraw_final(assessment=assessment, by=committee_member, reason="Bezwaar.")
    deliver()
    assessment.refresh_from_db()
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    assert deliver().state == STATE.DELIVERED
    assert [body["result"]["state"] for body in bodies(planning)] == ["completed", "in progress", "completed"]


def test_what_is_confirmed_is_not_sent_again(planning: StandIn, final: Participation) -> None:
    deliver()
    Delivery.objects.get().offer()
    assert deliver().state == STATE.DELIVERED
    assert len(bodies(planning)) == 1


def test_late_delivery_holds_the_present_truth(planning: StandIn, final: Participation, committee_member: User) -> None:
    withdraw_final(assessment=final.assessment, by=committee_member, reason="Bezwaar.")
    deliver()
    assert [body["result"]["state"] for body in bodies(planning)] == ["in progress"]
    assert not Delivery.objects.due().exists()


def test_change_during_an_attempt_is_sent_after_it(
    planning: StandIn, final: Participation, committee_member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = client.patch

    def change_meanwhile(*args: Any) -> Any:
        answer = patch(*args)
        monkeypatch.setattr(client, "patch", patch)
        withdraw_final(assessment=final.assessment, by=committee_member, reason="Bezwaar.")
        assert not Delivery.objects.due().exists()  # nothing overtakes it
        return answer

    monkeypatch.setattr(client, "patch", change_meanwhile)
    delivery = deliver()
    assert (delivery.state, delivery.confirmed_state) == (STATE.DELIVERED, "in progress")
    assert [body["result"]["state"] for body in bodies(planning)] == ["completed", "in progress"]


def test_refusal_of_an_old_truth_does_not_stop_the_new_one(
    planning: StandIn, final: Participation, committee_member: User
) -> None:
    planning.plan = [(409, {}, {"title": "Vol"})]
    deliver()
    withdraw_final(assessment=final.assessment, by=committee_member, reason="Bezwaar.")
    delivery = deliver()
    assert (delivery.state, delivery.last_error, delivery.confirmed_state) == (STATE.DELIVERED, "", "in progress")


def test_worker_killed_between_sending_and_marking(
    planning: StandIn, final: Participation, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any, **kwargs: Any) -> None:
        raise Died

    with monkeypatch.context() as killed:
        killed.setattr(DeliveryQuerySet, "settle", die)
        with pytest.raises(Died):
            deliver()
    assert Delivery.objects.get().state == STATE.WAITING
    assert not Delivery.objects.due().exists()
    pass_time(minutes=6)
    sweep()
    assert deliver().state == STATE.DELIVERED
    [taken] = planning.held.values()
    assert taken[0] == taken[1]


def test_worker_that_lost_its_claim_marks_nothing(
    planning: StandIn, final: Participation, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = client.patch

    def overtaken(*args: Any) -> Any:
        monkeypatch.setattr(client, "patch", patch)
        pass_time(minutes=6)
        assert Delivery.objects.run(Delivery.objects.get().pk)
        return patch(*args)

    monkeypatch.setattr(client, "patch", overtaken)
    deliver()
    assert Delivery.objects.get().state == STATE.DELIVERED


def test_rollback_queues_nothing(planned: Participation, committee_member: User) -> None:
    with transaction.atomic():
        finalise(assessment=planned.assessment, by=committee_member, exam_office_email="bureau@hier.test")
        assert Delivery.objects.exists()
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


def test_secret_is_stored_encrypted_and_anew_after_a_change_of_key(receiver: Receiver, settings: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select client_secret from exchange_receiver")
        assert "geheim" not in cursor.fetchone()[0]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "een nieuwe sleutel" * 4, [settings.SECRET_KEY]
    encrypt_client_secrets()
    settings.SECRET_KEY_FALLBACKS = []
    assert Receiver.objects.get().client_secret == "een+geheim"


def test_other_assessments_are_not_delivered(
    assessed: Assessment, receiver: Receiver, other_school: School, planning: StandIn, committee_member: User
) -> None:
    make_receiver(other_school, planning)
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assert not Delivery.objects.exists()


def test_partner_of_the_school_that_did_not_make_the_sitting_gets_nothing(
    assessed: Assessment, school: School, planning: StandIn, committee_member: User
) -> None:
    own = make_receiver(school, planning)
    other = make_receiver(school, planning, partner=school.partners.create(name="Ander systeem"))
    plan(assessed, own.partner)
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assert Delivery.objects.get().receiver == own
    assert not other.deliveries.exists()


@pytest.mark.parametrize("off", ["receiver", "partner"])
def test_switched_off_waits_and_resumes(off: str, planning: StandIn, receiver: Receiver, final: Participation) -> None:
    switched = receiver if off == "receiver" else receiver.partner
    switched.is_active = False
    switched.save()
    assert deliver().state == STATE.HELD
    assert not planning.tokens
    switched.is_active = True
    switched.save()
    if off == "receiver":  # its page does this; saving a partner does it by itself
        deliveries.resume(receiver)
    assert deliver().state == STATE.DELIVERED


def test_nothing_is_sent_without_results_in_its_flows(receiver: Receiver, planned: Participation, docent: User) -> None:
    Receiver.objects.update(takes_results=False, takes_reports=False)
    finalise(assessment=planned.assessment, by=docent, exam_office_email="bureau@hier.test")
    assert planned.sitting
    planned.sitting.irregularities = "Lawaai."
    planned.sitting.save()
    assert not Delivery.objects.exists()
