"""P12: the rate of 10,000 results to a coupled system / that of a bare httpx loop over one connection.

Ours are deliveries, sent by a Celery worker as `make run` and docker compose start it. The loop sends the same bodies
from memory to the same server, which answers at once and measures both, from the first request to the last.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import httpx
from django.db import connection
from django.utils import timezone

from accounts.models import Role
from assessments.models import Assessment, Participation, Sitting, Status
from bench.figure import Figure, Rates
from bench.http_sink import HttpSink, http_sink
from bench.workers import forget_tasks, wait_until, workers
from exchange.calling import bodies
from exchange.calling.client import MERGE_PATCH
from exchange.models import Delivery, Partner, Receiver, SittingOrigin
from tests import steps
from tests.factories import MembershipFactory, SchoolFactory, first_unit, make_exam, member

RESULTS = 10_000
RUNS = 3
CONCURRENCY = 2


def measure(scale: float) -> Rates:
    count = max(50, round(RESULTS * scale))
    ours, reference = [], []
    with http_sink() as server:
        _make_results(count, server)
        deliveries = bodies.load(Delivery.objects.all())
        made = [bodies.make(delivery, Receiver.Kind.PLANNING) for delivery in deliveries]
        messages = [(message.path, message.content) for message in made if message]
        _deliver(server, count)  # warm-up
        for _ in range(RUNS):
            reference.append(_loop(server, messages))
            ours.append(_deliver(server, count))
    return Rates(ours=ours, reference=reference)


def _make_results(count: int, server: HttpSink) -> None:
    """Create final results in a sitting of one partner, as attempts of one student."""
    school, exam = SchoolFactory(), make_exam()
    docent, student = member(school, Role.DOCENT, exam), MembershipFactory(school=school)
    first = steps.start_assessment(student, first_unit(exam), docent)
    now = timezone.now()
    same = {
        name: getattr(first, name)
        for name in ("school_id", "committee_id", "student_id", "exam_id", "unit_id", "unit_code", "initiator_id")
    }
    result = {"status": Status.FINAL, "ovg": "V", "grade": Decimal("7.0"), "final_at": now, "final_by": docent}
    made = Assessment.objects.bulk_create(
        [Assessment(**same, **result, attempt=attempt) for attempt in range(2, count + 2)], batch_size=1000
    )
    sitting = Sitting.objects.create(
        school=school, unit=first.unit, name="Zitting", starts_at=now, ends_at=now + timedelta(hours=2)
    )
    partner = Partner.objects.create(school=school, name="Toetsplanning")
    SittingOrigin.objects.create(sitting=sitting, partner=partner)
    receiver = Receiver.objects.create(
        partner=partner, base_url=server.url, token_url=f"{server.url}/token", client_id="bench"
    )
    planned = Participation.objects.bulk_create(
        [Participation(school=school, assessment=one, sitting=sitting) for one in made], batch_size=1000
    )
    Delivery.objects.bulk_create([Delivery(receiver=receiver, participation=one) for one in planned], batch_size=1000)


def _deliver(server: HttpSink, count: int) -> float:
    forget_tasks()
    again = {"state": Delivery.State.WAITING, "sent_sha256": "", "changed_at": timezone.now()}
    Delivery.objects.update(**again, attempts=0, claim_id=None, lease_until=None)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE exchange_delivery")
    for delivery in Delivery.objects.order_by("pk"):
        delivery.start()
    server.begin()
    with workers(1, concurrency=CONCURRENCY):
        wait_until(lambda: not Delivery.objects.exclude(state=Delivery.State.DELIVERED).exists())
    assert server.count == count
    return server.seconds


def _loop(server: HttpSink, messages: list[tuple[str, bytes]]) -> float:
    server.begin()
    headers = {"Authorization": "Bearer bench", "Content-Type": MERGE_PATCH}
    with httpx.Client() as client:
        for path, content in messages:
            client.patch(server.url + path, content=content, headers=headers).raise_for_status()
    return server.seconds


FIGURE = Figure(name="P12", what="result-rate", goal=0.5, measure=measure, at_least=True)
