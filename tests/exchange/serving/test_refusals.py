"""What a partner may not do, and what can't be done any more."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from openapi_core import OpenAPI

from accounts.models import Membership, Role, School, SchoolInvitation, User
from assessments.models import Assessment, Event, Invitation, Participation, Sitting, SittingStaff, Status
from exams.models import ExamUnit
from exchange.models import CATALOGUE, SITTINGS, Call, Partner
from exchange.partners.partners import revoke
from exchange.serving.call_log import forget_calls
from tests import steps
from tests.factories import MembershipFactory, UserFactory, first_unit, make_exam

from .conftest import Planner, known, make_partner, person

pytestmark = pytest.mark.django_db
ERIK = {"mail": "erik@bedrijf.test", "first": "Erik", "last": "Examinator"}


@pytest.fixture
def offering(planner: Planner, unit: ExamUnit) -> str:
    return planner.new_offering(unit)


@pytest.fixture
def association(planner: Planner, offering: str, student: Membership) -> str:
    """A student in the sitting, with an invited assessor."""
    association = planner.add(offering, known(student))
    planner.add(offering, person(**ERIK), role="assessor")
    return association


def begin(association: str) -> Assessment:
    assessment = Participation.objects.get(public_id=association).assessment
    steps.fill_in(assessment.invitations.get())
    return assessment


# --- Who may ask ---------------------------------------------------------------------------------
def test_no_token_is_401(planner: Planner) -> None:
    planner.token = "nonsense"
    planner.call("GET", "/components", status=401)
    assert not Call.objects.exists()


def test_wrong_secret_gives_no_token(planner: Planner) -> None:
    planner.secret = "nonsense"
    assert planner.new_token().status_code == 401
    assert planner.client.post("/oauth2/token", {"grant_type": "password"}).status_code == 400


def test_token_without_the_scope_is_403(partner: Partner, contract: OpenAPI, unit: ExamUnit) -> None:
    reader = Planner(partner, contract, scope=CATALOGUE)
    reader.get("/components")
    refused = reader.put_offering(reader.offering(unit), status=403).json()
    assert SITTINGS in refused["detail"]


def test_flow_that_the_school_takes_away_is_403_at_once(planner: Planner, partner: Partner) -> None:
    Partner.objects.update(reads_catalogue=False)
    planner.call("GET", "/components", status=403)
    assert planner.new_token(CATALOGUE).status_code in (400, 401)


def test_revoked_key_and_inactive_partner_are_401(planner: Planner, partner: Partner, docent: User) -> None:
    Partner.objects.update(is_active=False)
    planner.call("GET", "/components", status=401)
    Partner.objects.update(is_active=True)
    planner.get("/components")
    revoke(key=planner.key, by=docent)
    planner.call("GET", "/components", status=401)
    assert planner.new_token().status_code == 401


def test_key_notes_its_use(planner: Planner) -> None:
    planner.get("/components")
    planner.key.refresh_from_db()
    assert planner.key.last_used_at is not None


def test_limit_is_429(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.auth.rate_limits.Limit.exceeds", lambda limit, key: True)
    assert planner.call("GET", "/components", status=429)["Retry-After"] == "60"
    assert planner.new_token().status_code == 429


def test_other_method_is_405(planner: Planner) -> None:
    response = planner.client.delete("/ooapi/components", headers={"Authorization": f"Bearer {planner.token}"})
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert response.json()["status"] == "405"


@pytest.mark.parametrize("path", ["/offerings/{}", "/associations/{}", "/associations/{}/url", "/documents/{}"])
def test_unknown_id_is_404(planner: Planner, path: str) -> None:
    planner.call("GET", path.format(uuid4()), status=404)
    planner.call("GET", path.format("nonsense"), status=404, valid=False)


def test_another_schools_ids_do_not_exist(
    planner: Planner, offering: str, association: str, other_school: School, stranger: User, contract: OpenAPI
) -> None:
    stranger_planner = Planner(make_partner(other_school, stranger), contract)
    for path in (f"/offerings/{offering}", f"/offerings/{offering}/associations", f"/associations/{association}"):
        stranger_planner.call("GET", path, status=404)
    stranger_planner.cancel(association, status=404)
    # The same id is free there.
    sitting = Sitting.objects.get()
    data = stranger_planner.offering(sitting.unit, offeringId=offering)
    stranger_planner.put_offering(data, status=201)
    assert Sitting.objects.count() == 2


def test_another_partners_sitting_is_403(
    planner: Planner, offering: str, association: str, school: School, docent: User, contract: OpenAPI, unit: ExamUnit
) -> None:
    other = Planner(make_partner(school, docent, name="Andere planning"), contract)
    other.call("GET", f"/offerings/{offering}", status=403)
    other.put_offering(other.offering(unit, offeringId=offering), status=403)
    other.cancel(association, status=403)
    other.call("GET", f"/associations/{association}/url", status=403)
    other.put(other.association(offering, person(number="777")), status=403)
    assert not school.memberships.filter(student_number="777").exists()


def test_call_is_logged_without_ids(planner: Planner, partner: Partner, offering: str) -> None:
    planner.get(f"/offerings/{offering}")
    call = Call.objects.first()
    assert call is not None
    assert (call.partner, call.method, call.path, call.http_status) == (
        partner,
        "GET",
        "/ooapi/offerings/{offering_id}",
        200,
    )
    Call.objects.update(at=timezone.now() - timedelta(days=31))
    forget_calls()
    assert not Call.objects.exists()


# --- Bodies --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'"text"', b'{"name": NaN}', b"\xff", b"[" * 100_000, b"x" * 300_000]
)
def test_bad_body_is_400(planner: Planner, body: bytes) -> None:
    for method, path in (("PUT", "/offerings/"), ("PATCH", "/offerings/"), ("PUT", "/associations/")):
        planner.call(method, f"{path}{uuid4()}", body, status=400, valid=False)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"startDateTime": "2026-12-14T09:00:00"}, "startDateTime"),  # without a time zone
        ({"endDateTime": "2026-12-13T09:00:00Z"}, "endDateTime"),
        ({"component": str(uuid4())}, "component"),
        ({"component": None}, "component"),
        ({"offeringType": "course"}, "offeringType"),
        ({"name": [{"language": "nl-NL", "value": "nul\0"}]}, "stored"),
    ],
)
def test_wrong_offering_names_the_element(
    planner: Planner, unit: ExamUnit, changes: dict[str, Any], place: str
) -> None:
    data = {**planner.offering(unit), **changes}
    assert place in planner.put_offering(data, status=400, valid=False).json()["detail"]


def test_id_of_the_body_is_that_of_the_address(planner: Planner, unit: ExamUnit) -> None:
    refused = planner.call("PUT", f"/offerings/{uuid4()}", planner.offering(unit), status=400)
    assert "offeringId" in refused.json()["detail"]


@pytest.mark.parametrize("query", ["pageSize=11", "pageNumber=0", "pageNumber=x", "sort=cijfer", "since=gisteren"])
def test_wrong_query_is_400(planner: Planner, query: str) -> None:
    planner.call("GET", "/components", query=query, status=400, valid=False)


# --- Students ------------------------------------------------------------------------------------
def test_same_association_twice_changes_nothing(planner: Planner, offering: str, student: Membership) -> None:
    data = planner.association(offering, known(student))
    planner.put(data, status=201)
    events = Event.objects.count()
    planner.put(data, status=200)
    assert (Assessment.objects.count(), Event.objects.count()) == (1, events)
    changed = {**data, "consumers": [{"consumerKey": "nl-test-admin", "additionalTimeInMin": 10, "personalNeeds": []}]}
    planner.put(changed, status=200)
    participation = Participation.objects.get()
    assert (participation.extra_minutes, participation.needs) == (10, [])


def test_person_by_id_is_one_sent_before(planner: Planner, offering: str, student: Membership) -> None:
    data = planner.association(offering, known(student))
    planner.put(data, status=201)
    planner.put({**data, "person": data["person"]["personId"]}, status=200)
    unknown = planner.association(offering, str(uuid4()))
    assert "person" in planner.put(unknown, status=400).json()["detail"]


def test_unknown_student_without_mail_is_400(planner: Planner, offering: str) -> None:
    data = planner.association(offering, person(number="777", mail=""))
    assert "mail" in planner.put(data, status=400, valid=False).json()["detail"]


def test_student_without_a_number_is_400(planner: Planner, offering: str) -> None:
    data = planner.association(offering, person())
    assert "studentNumber" in planner.put(data, status=400).json()["detail"]


def test_name_with_a_web_address_is_400(planner: Planner, school: School, offering: str) -> None:
    data = planner.association(offering, person(number="777", first="https://kwaad.test"))
    planner.put(data, status=400)
    assert not school.memberships.filter(role=Role.STUDENT).exists()


def test_account_of_another_school_is_invited_first(planner: Planner, offering: str, school: School) -> None:
    UserFactory(email="noa@hier.test")
    data = planner.association(offering, person(number="777"))
    planner.put(data, status=409)
    planner.put(data, status=409)
    assert SchoolInvitation.objects.get(school=school).student_number == "777"
    assert not Assessment.objects.exists()


def test_address_of_a_student_with_another_number_is_409(planner: Planner, offering: str, student: Membership) -> None:
    planner.put(planner.association(offering, person(number="777", mail=student.user.email)), status=409)
    student.refresh_from_db()
    assert student.student_number == "123456"


def test_student_without_a_number_yet_gets_it(planner: Planner, offering: str, school: School) -> None:
    member = MembershipFactory(school=school, role=Role.STUDENT, student_number="", user__email="noa@hier.test")
    planner.add(offering, person(number="777"))
    member.refresh_from_db()
    assert member.student_number == "777"


def test_running_assessment_elsewhere_is_409(planner: Planner, offering: str, assessment: Assessment) -> None:
    planner.put(planner.association(offering, known(assessment.student)), status=409)
    assert Assessment.objects.count() == 1
    assert not Participation.objects.exists()


def test_school_without_a_docent_is_409(planner: Planner, offering: str, student: Membership) -> None:
    Partner.objects.update(initiator=None)
    assert "docent" in planner.put(planner.association(offering, known(student)), status=409).json()["detail"]


def test_docent_among_the_staff_goes_before(
    planner: Planner, offering: str, student: Membership, colleague: User
) -> None:
    planner.add(offering, person(mail=colleague.email, first="Cora", last="Collega"), role="coordinator")
    planner.add(offering, known(student))
    assert Assessment.objects.get().initiator == colleague


def test_school_without_digital_assessment_is_403(
    planner: Planner, offering: str, student: Membership, school: School
) -> None:
    school.digital_assessment_active = False
    school.save()
    planner.put(planner.association(offering, known(student)), status=403)


# --- What has begun ------------------------------------------------------------------------------
def test_begun_student_stays(planner: Planner, association: str) -> None:
    assessment = begin(association)
    refused = planner.cancel(association, status=409).json()
    assert refused["associations"] == [association]
    assessment.refresh_from_db()
    assert assessment.status == Status.IN_PROGRESS
    event = assessment.events.last()
    assert event is not None
    assert (event.kind, event.actor_name) == (Event.Kind.REMOVAL_REFUSED, "Toetsplanning")


def test_sitting_with_a_begun_student_stays_whole(
    planner: Planner, offering: str, association: str, student: Membership
) -> None:
    planner.add(offering, person(number="777"))
    begin(association)
    data = {"consumers": [{"consumerKey": "nl-test-admin", "offeringState": "canceled"}]}
    refused = planner.call("PATCH", f"/offerings/{offering}", data, status=409).json()
    assert refused["associations"] == [association]
    assert not Assessment.objects.filter(status=Status.CANCELLED).exists()
    assert planner.get(f"/offerings/{offering}")["consumers"][0]["offeringState"] == "active"


def test_begun_assessor_stays(planner: Planner, offering: str, association: str) -> None:
    begin(association)
    staff = SittingStaff.objects.get()
    planner.cancel(str(staff.public_id), status=409)
    staff.refresh_from_db()
    assert not staff.is_cancelled


def test_removed_assessor_loses_access(planner: Planner, association: str) -> None:
    staff = SittingStaff.objects.get()
    planner.cancel(str(staff.public_id))
    assert not Invitation.objects.standing().exists()
    assert Assessment.objects.get().status == Status.NEW
    planner.call("GET", f"/associations/{staff.public_id}/url", status=404)


def test_component_of_a_sitting_with_students_stays(
    planner: Planner, offering: str, association: str, unit: ExamUnit
) -> None:
    other = first_unit(make_exam(code="25000"))
    planner.put_offering(planner.offering(other, offeringId=offering), status=409)
    assert Sitting.objects.get().unit == unit


def test_association_stays_with_its_student(planner: Planner, offering: str, association: str) -> None:
    data = planner.association(offering, person(number="777"), associationId=association)
    planner.put(data, status=409)


def test_cancelled_student_comes_back(planner: Planner, offering: str, association: str, student: Membership) -> None:
    planner.cancel(association)
    data = planner.association(offering, known(student), associationId=association)
    planner.put(data, status=200)
    assert Participation.objects.get().assessment.status == Status.INVITED
    assert Assessment.objects.count() == 2


def test_assessor_without_mail_is_400(planner: Planner, offering: str) -> None:
    data = planner.association(offering, person(mail=""), role="assessor")
    planner.put(data, status=400, valid=False)


def test_assessor_who_is_the_student_is_409(planner: Planner, offering: str, student: Membership) -> None:
    planner.add(offering, known(student))
    data = planner.association(offering, person(mail=student.user.email), role="assessor")
    planner.put(data, status=409)
    assert not SittingStaff.objects.exists()


def test_errors_hold_no_html(planner: Planner) -> None:
    response = planner.call("GET", "/components/<script>", status=404, valid=False)
    assert json.loads(response.content)["title"] == "Not found"
