"""The examples that the flows print, played in their order (`tests/exchange/oke/examples/README.md`)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import School
from assessments.models import Assessment, Participation, Status
from exams.models import ExamUnit
from exchange.mapping import component_id
from tests.exchange.oke import FILE

from .conftest import Planner

pytestmark = pytest.mark.django_db
OFFERING = "/offerings/123e4567-e89b-12d3-a456-134564174000"
MAARTJE = "/associations/123e4567-e89b-12d3-a456-426614174000"
KLAAS = "/associations/123e4567-e89b-12d3-a456-426614174001"


def example(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((FILE.parent / "examples" / f"{name}.json").read_text(encoding="utf-8"))
    return data


def test_printed_examples(planner: Planner, school: School, unit: ExamUnit) -> None:
    listed = planner.get("/components", "componentType=test")["items"]
    component = planner.get(f"/components/{listed[0]['componentId']}")
    assert component["componentId"] == str(component_id(unit.exam_version.exam, unit.code))

    offering = {**example("flow_2_1"), "component": component["componentId"]}
    planner.call("PUT", OFFERING, offering, status=201)
    planner.call("PUT", MAARTJE, example("flow_2_2"), status=201)
    planner.call("PUT", KLAAS, example("flow_2_3"), status=201)
    maartje = Participation.objects.get(public_id=MAARTJE.rpartition("/")[2])
    assert maartje.assessment.student.user.full_name == "Maartje van Damme"
    assert (maartje.extra_minutes, len(maartje.needs)) == (30, 3)

    read = planner.get(OFFERING)
    assert read["primaryCode"] == offering["primaryCode"]
    assert read["startDateTime"] == "2022-06-21T14:45:00+02:00"  # the same moment, in Dutch time
    page = planner.get(f"{OFFERING}/associations")
    assert [item["person"]["displayName"] for item in page["items"]] == ["Maartje van Damme", "Klaas van Dijk"]
    assert planner.get(MAARTJE)["consumers"][0]["personalNeeds"] == ["extraTime", "spoken", "spell-checker-on-screen"]
    assert planner.get(f"{MAARTJE}/url").startswith("http")

    planner.call("PATCH", KLAAS, example("flow_2_4"))
    planner.call("PATCH", OFFERING, example("flow_2_5"))
    assert planner.get(OFFERING)["consumers"][0]["offeringState"] == "canceled"
    assert set(Assessment.objects.values_list("status", flat=True)) == {Status.CANCELLED}
