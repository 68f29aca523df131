"""Each process of flows 0, 2, 3.3, 3.4 and 4.2, named after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from addressbook.models import Contact
from assessments.documents import documents
from assessments.models import (
    Assessment,
    Attendance,
    Document,
    Event,
    Invitation,
    Participation,
    Sitting,
    Status,
    Viewing,
)
from committee.decisions.finalise import finalise
from exams.models import ExamUnit
from exchange.mapping import component_id
from exchange.serving.participants import set_needs
from tests import steps
from tests.factories import add_version

from .conftest import Planner, known, person

pytestmark = pytest.mark.django_db


def assessor(**more: Any) -> dict[str, Any]:
    return person(**{"mail": "erik@bedrijf.test", "first": "Erik", "last": "Examinator", **more})


def score(association: str, value: str = "V") -> Assessment:
    """Let the assessor score everything."""
    assessment = Participation.objects.get(public_id=association).assessment
    return steps.assess(assessment.invitations.get(), value)


# --- Flow 0 --------------------------------------------------------------------------------------
def test_service_names_the_standard(planner: Planner) -> None:
    assert planner.get("/")["supportedConsumers"] == [{"consumerKey": "nl-test-admin", "version": "1.0.1"}]


def test_flow_0_1_request_whole_catalogue(planner: Planner, unit: ExamUnit) -> None:
    add_version(unit.exam_version.exam, published=False)
    page = planner.get("/components", "pageSize=10&pageNumber=1")
    assert page["hasNextPage"] is page["hasPreviousPage"] is False
    [component] = page["items"]
    exam = unit.exam_version.exam
    assert component["primaryCode"] == {"codeType": "componentCode", "code": f"{exam.code}-{unit.code}"}
    assert component["consumers"][0]["resultValueType"] == "insufficient-satisfactory-good"
    assert component["consumers"][0]["licensed"] is True


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("componentType=test", 1),
        ("componentType=lecture", 0),
        ("q=verzorgende", 1),
        ("q=metselen", 0),
        ("since=2020-01-01", 1),
        ("since=2199-01-01", 0),
        ("licensed=true", 1),
        ("licensed=false", 0),
    ],
)
def test_flow_0_1_filters(planner: Planner, unit: ExamUnit, query: str, found: int) -> None:
    assert len(planner.get("/components", query)["items"]) == found


def test_flow_0_2_request_details_of_one_test(planner: Planner, unit: ExamUnit) -> None:
    exam = unit.exam_version.exam
    public_id = component_id(exam, unit.code)
    assert planner.get(f"/components/{public_id}")["componentId"] == str(public_id)
    add_version(exam)  # the next version of the exam has the same component
    assert [item["componentId"] for item in planner.get("/components")["items"]] == [str(public_id)]
    planner.call("GET", "/components/00000000-0000-4000-8000-000000000000", status=404)


# --- Flow 2 --------------------------------------------------------------------------------------
def test_flow_2_1_create_offering_without_students(planner: Planner, school: School, unit: ExamUnit) -> None:
    data = planner.offering(unit)
    planner.put_offering(data, status=201)
    sitting = Sitting.objects.get(school=school)
    assert (sitting.name, sitting.room, sitting.unit) == ("Praktijkexamen maandag", "A-22", unit)
    planner.put_offering(data, status=200)
    planner.put_offering({**data, "endDateTime": "2026-12-14T13:00:00Z"})
    sitting.refresh_from_db()
    assert sitting.ends_at.isoformat() == "2026-12-14T13:00:00+00:00"
    assert Sitting.objects.count() == 1


def test_flow_2_2_create_offering_with_students(
    planner: Planner, unit: ExamUnit, student: Membership, docent: User
) -> None:
    offering = planner.new_offering(unit)
    association = planner.add(offering, known(student))
    participation = Participation.objects.get(public_id=association)
    assessment = participation.assessment
    assert (assessment.student, assessment.initiator, assessment.unit) == (student, docent, unit)
    assert (str(assessment.planned_on), assessment.place) == ("2026-12-14", "A-22")
    assert (participation.extra_minutes, participation.needs) == (30, ["extraTime"])
    kinds = list(assessment.events.values_list("kind", flat=True))
    assert kinds == [Event.Kind.STARTED, Event.Kind.PLANNED]


def test_flow_2_3_add_students(planner: Planner, school: School, unit: ExamUnit, student: Membership) -> None:
    """Also one whom the school does not know yet, and an assessor who was there already."""
    offering = planner.new_offering(unit)
    planner.add(offering, known(student))
    planner.add(offering, assessor(), role="assessor")
    planner.add(offering, person(number="777", mail="klaas@hier.test", first="Klaas", last="Dijk"))
    new = school.memberships.get(role=Role.STUDENT, student_number="777")
    assert school.school_invitations.get(user=new.user).by_name == "Dirk Docent"
    examiner = Contact.objects.get(email="erik@bedrijf.test")
    invitations = Invitation.objects.standing().filter(contact=examiner)
    assert invitations.count() == 2
    assert set(Assessment.objects.values_list("status", flat=True)) == {Status.INVITED}


def test_flow_2_4_delete_students(planner: Planner, unit: ExamUnit, student: Membership) -> None:
    offering = planner.new_offering(unit)
    association = planner.add(offering, known(student))
    answer = planner.cancel(association).json()
    assert answer["state"] == "canceled"
    assert Assessment.objects.get().status == Status.CANCELLED
    assert planner.cancel(association).json()["state"] == "canceled"  # again


def test_flow_2_5_delete_offering(planner: Planner, unit: ExamUnit, student: Membership) -> None:
    offering = planner.new_offering(unit)
    planner.add(offering, known(student))
    consumer = {"consumerKey": "nl-test-admin", "offeringState": "canceled"}
    body = {"offeringType": "component", "consumers": [consumer]}
    answer = planner.call("PATCH", f"/offerings/{offering}", body).json()
    assert answer["consumers"][0]["offeringState"] == "canceled"
    assert Assessment.objects.get().status == Status.CANCELLED
    late = planner.association(offering, known(student))
    assert "canceled" in planner.put(late, status=409).json()["detail"]


def test_flow_2_3_again_keeps_what_the_school_recorded_meanwhile(
    planner: Planner, unit: ExamUnit, student: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    association = planner.association(planner.new_offering(unit), known(student))
    planner.put(association, status=201)

    def record_meanwhile(participation: Participation, *args: Any, **kwargs: Any) -> None:
        Participation.objects.update(irregularities="Brandalarm.", attendance=Attendance.PRESENT)
        set_needs(participation, *args, **kwargs)

    monkeypatch.setattr("exchange.serving.participants.set_needs", record_meanwhile)
    planner.put(association, status=200)
    stored = Participation.objects.get()
    assert (stored.irregularities, stored.attendance) == ("Brandalarm.", Attendance.PRESENT)


def test_flow_2_6_read_current_state(planner: Planner, unit: ExamUnit, student: Membership) -> None:
    data = planner.offering(unit, consumer={"duration": "PT180M", "safety": ["fixedLocation"]})
    planner.put_offering(data, status=201)
    answer = planner.get(f"/offerings/{data['offeringId']}")
    assert answer["primaryCode"] == data["primaryCode"]
    assert answer["startDateTime"] == "2026-12-14T09:00:00+01:00"
    [consumer] = answer["consumers"]
    assert consumer == {**data["consumers"][0], "documents": consumer["documents"]}
    person_sent = known(student)
    student_id = planner.add(data["offeringId"], person_sent)
    staff_id = planner.add(data["offeringId"], assessor(), role="assessor")
    page = planner.get(f"/offerings/{data['offeringId']}/associations")
    by_id = {item["associationId"]: item for item in page["items"]}
    assert by_id.keys() == {student_id, staff_id}
    assert by_id[student_id]["person"]["primaryCode"]["code"] == student.student_number
    assert by_id[student_id]["person"]["personId"] == person_sent["personId"]
    assert by_id[staff_id]["role"] == "assessor"
    only = planner.get(f"/offerings/{data['offeringId']}/associations", "role=student&state=associated")
    assert [item["associationId"] for item in only["items"]] == [student_id]


def test_flow_2_7_get_startup_url(planner: Planner, unit: ExamUnit, student: Membership) -> None:
    offering = planner.new_offering(unit)
    student_id = planner.add(offering, known(student))
    staff_id = planner.add(offering, assessor(), role="assessor")
    own = planner.get(f"/associations/{student_id}/url")
    assert own == f"http://testserver{reverse('assessments:my_exams')}"
    link = planner.get(f"/associations/{staff_id}/url")
    page = planner.client.get(link.removeprefix("http://testserver"), follow=True)
    assert "Hoff" in page.content.decode()
    invigilator = planner.add(offering, person(mail="sur@hier.test"), role="invigilator")
    planner.call("GET", f"/associations/{invigilator}/url", status=404)


def test_flow_2_7_one_link_for_several_students(planner: Planner, unit: ExamUnit, student: Membership) -> None:
    offering = planner.new_offering(unit)
    planner.add(offering, known(student))
    planner.add(offering, person(number="777", first="Klaas", last="Dijk"))
    staff_id = planner.add(offering, assessor(), role="assessor")
    link = planner.get(f"/associations/{staff_id}/url")
    page = planner.client.get(link.removeprefix("http://testserver"), follow=True).content.decode()
    assert "Hoff" in page
    assert "Dijk" in page


# --- Flows 3 and 4 -------------------------------------------------------------------------------
@pytest.fixture
def final(
    planner: Planner, unit: ExamUnit, student: Membership, committee_member: User, plain_pdf: None
) -> dict[str, str]:
    """A student's final result, G throughout, with its PDF."""
    offering = planner.new_offering(unit)
    association = planner.add(offering, known(student))
    planner.add(offering, assessor(), role="assessor")
    assessed = score(association, "G")
    finalise(assessment=assessed, by=committee_member, exam_office_email="examens@hier.test")
    documents.make(Document.objects.get())
    return {"offering": offering, "association": association}


def test_flow_3_3_retrieve_documents(planner: Planner, final: dict[str, str]) -> None:
    result = planner.get(f"/associations/{final['association']}")["result"]
    [document] = result["consumers"][0]["documents"]
    assert document["documentType"] == "assessmentForm"
    response = planner.call("GET", f"/documents/{document['documentId']}")
    assert response["Content-Type"] == "application/octet-stream"
    assert document["documentName"] in response["Content-Disposition"]
    viewing = Viewing.objects.get(what=Viewing.What.DOCUMENT)
    assert (viewing.by, viewing.by_name) == (None, "Toetsplanning")
    Document.objects.update(superseded_at=viewing.at)
    planner.call("GET", f"/documents/{document['documentId']}", status=404)


def test_flow_3_4_read_current_state_of_results(planner: Planner, final: dict[str, str]) -> None:
    one = planner.get(f"/associations/{final['association']}")
    assert (one["state"], one["result"]["state"], one["result"]["pass"]) == ("finished", "completed", "passed")
    assert one["result"]["score"] == "good"
    assert one["result"]["ext"] == {"grade": str(Assessment.objects.get().grade)}
    consumer = one["result"]["consumers"][0]
    assert (consumer["attendance"], consumer["final"]) == ("present", True)
    listed = planner.get(f"/offerings/{final['offering']}/associations", "result-state=completed")
    assert [item["result"] for item in listed["items"]] == [one["result"]]


def test_flow_3_4_before_the_result(planner: Planner, unit: ExamUnit, student: Membership) -> None:
    association = planner.add(planner.new_offering(unit), known(student))
    assert "result" not in planner.get(f"/associations/{association}")
    Participation.objects.update(attendance=Attendance.NOT_PRESENT, irregularities="Was ziek.")
    result = planner.get(f"/associations/{association}")["result"]
    assert (result["state"], result["pass"]) == ("in progress", "unknown")
    assert "score" not in result
    consumer = result["consumers"][0]
    assert (consumer["attendance"], consumer["irregularities"], consumer["final"]) == ("notPresent", "Was ziek.", False)


def test_flow_4_2_read_report(planner: Planner, unit: ExamUnit) -> None:
    offering = planner.new_offering(unit)
    tomorrow = timezone.now() + timedelta(days=1)
    Sitting.objects.update(starts_at=tomorrow, ends_at=tomorrow, irregularities="Er was lawaai van de bouw.")
    consumer = planner.get(f"/offerings/{offering}")["consumers"][0]
    assert consumer["irregularities"] == "Er was lawaai van de bouw."
    assert consumer["documents"] == []
    planner.call("GET", f"/documents/{offering}", status=404)
    yesterday = timezone.now() - timedelta(days=1)
    Sitting.objects.update(starts_at=yesterday, ends_at=yesterday)
    [document] = planner.get(f"/offerings/{offering}")["consumers"][0]["documents"]
    assert document["documentType"] == "sessionReport"
    response = planner.call("GET", f"/documents/{document['documentId']}")
    assert response.content.startswith(b"%PDF")
