"""A planning system that repeats a request before the first is answered."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Membership
from assessments.models import Assessment, Participation, Sitting
from exams.models import ExamUnit
from exchange.models import Partner
from tests.concurrency import at_once

from .conftest import Planner, known, person

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_association_twice_at_once_gives_one_assessment(
    planner: Planner, unit: ExamUnit, student: Membership
) -> None:
    offering = planner.new_offering(unit)
    data = planner.association(offering, known(student))
    assert sorted(at_once(*[_put(planner, f"/associations/{data['associationId']}", data)] * 2)) == [200, 201]
    assert (Assessment.objects.count(), Participation.objects.count()) == (1, 1)


def test_new_student_twice_at_once_is_enrolled_once(planner: Planner, unit: ExamUnit, partner: Partner) -> None:
    offering = planner.new_offering(unit)
    data = planner.association(offering, person(number="777"))
    assert sorted(at_once(*[_put(planner, f"/associations/{data['associationId']}", data)] * 2)) == [200, 201]
    assert partner.school.memberships.filter(student_number="777").count() == 1


def test_one_offering_twice_at_once_is_made_once(planner: Planner, unit: ExamUnit) -> None:
    data = planner.offering(unit)
    assert sorted(at_once(*[_put(planner, f"/offerings/{data['offeringId']}", data)] * 2)) == [200, 201]
    assert Sitting.objects.count() == 1


def _put(planner: Planner, path: str, data: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {planner.token}"}
    return lambda: (
        planner.client.put(f"/ooapi{path}", data, content_type="application/json", headers=headers).status_code
    )
