"""A worker killed while results leave: each result arrives, and what arrives twice is the same."""

from __future__ import annotations

import random

import pytest

from tests.processes import Site, wait_until

from .standin import StandIn

pytestmark = [pytest.mark.process]
RESULTS, KILLS = 40, 3
# Runs in a process of the site: final results in a sitting of one partner, as attempts of one student.
MAKE_RESULTS = """
from datetime import timedelta
from decimal import Decimal
from django.utils import timezone
from accounts.models import Role
from assessments.models import Assessment, Participation, Sitting, Status
from exchange.models import Delivery, Partner, Receiver, SittingOrigin
from tests import steps
from tests.factories import MembershipFactory, SchoolFactory, first_unit, make_exam, member

school, exam, now = SchoolFactory(), make_exam(), timezone.now()
first = steps.start_assessment(
    MembershipFactory(school=school), first_unit(exam), member(school, Role.DOCENT, exam)
)
sitting = Sitting.objects.create(
    school=school, unit=first.unit, name="Zitting", starts_at=now, ends_at=now + timedelta(hours=2)
)
partner = Partner.objects.create(school=school, name="Toetsplanning")
SittingOrigin.objects.create(sitting=sitting, partner=partner)
receiver = Receiver.objects.create(
    partner=partner, base_url="{base_url}", token_url="{token_url}", client_id="roc", client_secret="geheim"
)
names = ["school", "committee", "student", "exam", "unit", "unit_code", "initiator"]
same = {{name: getattr(first, name) for name in names}}
for attempt in range(2, {count} + 2):
    final = Assessment.objects.create(
        **same, attempt=attempt, status=Status.FINAL, ovg="V", grade=Decimal("7.0"), final_at=now,
        final_by=first.initiator,
    )
    planned = Participation.objects.create(school=school, assessment=final, sitting=sitting)
    Delivery.objects.create(receiver=receiver, participation=planned)
"""


def delivered(site: Site) -> int:
    return int(site.rows("select count(*) from exchange_delivery where state = 'DELIVERED'")[0][0])


def test_killed_worker_loses_and_doubles_no_result(site: Site, planning: StandIn) -> None:
    site.env |= {"JOB_LEASE_SECONDS": "3", "SWEEP_SECONDS": "1", "EXCHANGE_ALLOW_LOCAL": "on"}
    planning.pause = 0.05
    urls = {"base_url": planning.base_url, "token_url": f"{planning.url}/token"}
    site.python(MAKE_RESULTS.format(**urls, count=RESULTS))
    site.beat()
    for number, point in enumerate(sorted(random.sample(range(1, RESULTS - 5), KILLS))):
        worker = site.worker(str(number), wait=False)
        wait_until(lambda: len(planning.held) >= point, f"result {point}")  # noqa: B023 - called in this round
        worker.kill()
    assert delivered(site) < RESULTS
    site.worker("last", wait=False)
    wait_until(lambda: delivered(site) == RESULTS, "every result", timeout=120)

    associations = site.rows("select public_id from assessments_participation")
    assert {path.rpartition("/")[2].replace("-", "") for path in planning.held} == {
        str(public_id).replace("-", "") for (public_id,) in associations
    }
    for bodies in planning.held.values():
        assert all(body == bodies[0] for body in bodies)
    assert site.rows("select count(*) from exchange_delivery where confirmed_sha256 <> sent_sha256") == [(0,)]
