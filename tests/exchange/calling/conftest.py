from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone
from openapi_core import OpenAPI

from accounts.models import School, User
from assessments.models import Assessment, Participation, Sitting
from committee.decisions.finalise import finalise
from exchange.calling import client
from exchange.models import Delivery, Partner, Receiver, SittingOrigin

from .standin import StandIn, stand_in
from .standin import contract as read_contract


@pytest.fixture(scope="session")
def contract() -> OpenAPI:
    return read_contract()


@pytest.fixture
def planning(contract: OpenAPI) -> Iterator[StandIn]:
    client._tokens.clear()
    with stand_in(contract) as made:
        yield made


@pytest.fixture(autouse=True)
def announced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The jobs sent to a worker; there is none."""
    calls: list[tuple[str, int]] = []
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: calls.append((label, pk)))
    return calls


def make_receiver(school: School, stand_in: StandIn, **fields: object) -> Receiver:
    partner, _ = Partner.objects.get_or_create(school=school, name="Toetsplanning")
    values: dict[str, object] = {
        "partner": partner,
        "base_url": stand_in.base_url,
        "token_url": f"{stand_in.url}/token",
        "client_id": "roc hier",
        "client_secret": "een+geheim",
    }
    return Receiver.objects.create(**(values | fields))


def plan(assessment: Assessment, partner: Partner) -> Participation:
    """Put the assessment in a sitting of the partner."""
    at = timezone.now() + timedelta(days=3)
    sitting = Sitting.objects.create(
        school=assessment.school,
        unit=assessment.unit,
        name="Lassen, lokaal 13",
        starts_at=at,
        ends_at=at + timedelta(hours=2),
    )
    SittingOrigin.objects.create(sitting=sitting, partner=partner)
    return Participation.objects.create(school=assessment.school, assessment=assessment, sitting=sitting)


@pytest.fixture
def receiver(school: School, planning: StandIn) -> Receiver:
    return make_receiver(school, planning)


@pytest.fixture
def planned(assessed: Assessment, receiver: Receiver) -> Participation:
    return plan(assessed, receiver.partner)


@pytest.fixture
def final(planned: Participation, committee_member: User) -> Participation:
    """One whose assessment is final."""
    finalise(assessment=planned.assessment, by=committee_member, exam_office_email="bureau@hier.test")
    return planned


def deliver() -> Delivery:
    """Send the one delivery, if it is due; return it as it is then."""
    pk = Delivery.objects.values_list("pk", flat=True).get()
    with suppress(client.TryLater):
        Delivery.objects.run(pk)
    return Delivery.objects.get()
