"""The flows in which we call (OKE 1.0.1), each against a stand-in that validates by the published file."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from assessments import lifecycle
from assessments.models import Assessment, CancelKind, Document, Participation
from assessments.sittings import participation as course
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from exchange.models import Delivery, Receiver

from .conftest import deliver, plan
from .standin import StandIn

STATE = Delivery.State


def sent(planning: StandIn, participation: Participation) -> list[Any]:
    return planning.held.get(f"/associations/{participation.public_id}", [])


def record(assessment: Assessment, by: User, version: int = 0, **values: Any) -> None:
    course.record(assessment=assessment, values={"attendance": "present", **values}, version=version, by=by)


def test_flow_3_1_send_attendance_and_result(planning: StandIn, final: Participation) -> None:
    assert deliver().state == STATE.DELIVERED
    [body] = sent(planning, final)
    result = body["result"]
    assert body["associationType"] == "componentOfferingAssociation"
    assert (result["state"], result["pass"], result["score"]) == ("completed", "passed", "satisfactory")
    [consumer] = result["consumers"]
    assert consumer["attendance"] == "present"
    assert consumer["final"] is True
    assert planning.tokens[0]["form"] == "grant_type=client_credentials&scope=nl-test-admin-flow-2-3-4"


def test_flow_3_2_send_attendance_first_result_later(
    planning: StandIn, planned: Participation, docent: User, committee_member: User
) -> None:
    record(planned.assessment, docent, irregularities="Brandalarm om 10:15.")
    assert deliver().confirmed_state == "in progress"
    finalise(assessment=planned.assessment, by=committee_member, exam_office_email="bureau@hier.test")
    assert deliver().confirmed_state == "completed"
    first, second = sent(planning, planned)
    assert "score" not in first["result"]
    assert first["result"]["consumers"][0]["irregularities"] == "Brandalarm om 10:15."
    assert second["result"]["score"] == "satisfactory"


@pytest.mark.usefixtures("plain_pdf")
def test_flow_3_3_document_follows_once_it_is_made(planning: StandIn, final: Participation) -> None:
    deliver()
    document = Document.objects.get()
    Document.objects.run(document.pk)
    assert deliver().state == STATE.DELIVERED
    without, having = [body["result"]["consumers"][0]["documents"] for body in sent(planning, final)]
    assert without == []
    assert having == [
        {
            "documentId": str(document.public_id),
            "documentType": "assessmentForm",
            "documentName": document.filename,
        }
    ]


def test_flow_4_1_send_report(planning: StandIn, planned: Participation) -> None:
    sitting = planned.sitting
    assert sitting
    sitting.save()
    assert not Delivery.objects.exists()
    sitting.irregularities = "Het was lawaaiig."
    sitting.save()
    assert deliver().state == STATE.DELIVERED
    [body] = planning.held[f"/offerings/{sitting.public_id}"]
    assert body["offeringType"] == "component"
    assert body["consumers"][0]["irregularities"] == "Het was lawaaiig."


def test_flow_5_1_send_result_to_student_records(planning: StandIn, receiver: Receiver, final: Participation) -> None:
    receiver.kind = Receiver.Kind.STUDENT_RECORDS
    receiver.save()
    deliver()
    [body] = sent(planning, final)
    assert body["consumers"] == [
        {"consumerKey": "nl-test-admin", "orgAssociationId": str(final.public_id), "attempt": 1}
    ]
    assert planning.tokens[0]["form"].endswith("scope=nl-test-admin-flow-1-5")


def test_withdrawn_and_changed_after_an_appeal(planning: StandIn, final: Participation, committee_member: User) -> None:
    deliver()
    withdraw_final(assessment=final.assessment, by=committee_member, reason="Bezwaar gegrond.")
    assert deliver().confirmed_state == "in progress"
    final.assessment.refresh_from_db()
    finalise(assessment=final.assessment, by=committee_member, exam_office_email="bureau@hier.test")
    assert deliver().confirmed_state == "completed"
    states = [(body["result"]["state"], body["result"].get("score")) for body in sent(planning, final)]
    assert states == [("completed", "satisfactory"), ("in progress", None), ("completed", "satisfactory")]


def test_cancelled_as_the_student_was_not_there(planning: StandIn, planned: Participation, docent: User) -> None:
    lifecycle.cancel(
        assessment=planned.assessment, by=docent, reason="Ziek.", kind=CancelKind.NO_SHOW, counts_as_attempt=False
    )
    assert deliver().confirmed_state == "canceled"
    [body] = sent(planning, planned)
    assert body["remoteState"] == "canceled"
    assert body["result"]["consumers"][0]["attendance"] == "notPresent"


def test_attendance_taken_back(planning: StandIn, assessment: Assessment, receiver: Receiver, docent: User) -> None:
    participation = plan(assessment, receiver.partner)
    record(assessment, docent)
    deliver()
    record(assessment, docent, version=1, attendance="notKnown")
    deliver()
    attendances = [body["result"]["consumers"][0]["attendance"] for body in sent(planning, participation)]
    assert attendances == ["present", "notKnown"]
