from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from accounts.models import Membership, Role, School, User
from exams.models import ExamUnit
from exchange.mapping import component_id
from exchange.models import Partner
from exchange.partners.partners import make_key
from tests.exchange.oke import published

BASE = "/ooapi"
MERGE_PATCH = "application/merge-patch+json"
ROOM = {"consumerKey": "nl-test-admin", "offeringState": "active", "locationCode": "A-22"}


@pytest.fixture(scope="session")
def contract() -> OpenAPI:
    """The published file, which validates each request and response."""
    kinds: dict[str, Any] = {"application/problem+json": json.loads, MERGE_PATCH: json.loads}
    return OpenAPI.from_dict(published(), Config(extra_media_type_deserializers=kinds))


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tasks in the queue: there is no broker."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


class Planner:
    """A planning system with a token; each call is held against the published file, both ways."""

    def __init__(self, partner: Partner, contract: OpenAPI, *, scope: str = "") -> None:
        self.partner, self.contract = partner, contract
        self.key, self.secret = make_key(partner=partner, by=User.objects.first() or User())
        self.client = Client()
        self.token = self.new_token(scope).json().get("access_token", "")

    def new_token(self, scope: str = "", **more: str) -> Any:
        basic = base64.b64encode(f"{self.key.client_id}:{self.secret}".encode()).decode()
        form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {}), **more}
        return self.client.post("/oauth2/token", form, headers={"Authorization": f"Basic {basic}"})

    def call(
        self, method: str, path: str, data: Any = None, *, query: str = "", status: int = 200, valid: bool = True
    ) -> Any:
        """Return the response, which must have `status` and be as published; so must the request if `valid`."""
        kind = MERGE_PATCH if method == "PATCH" else "application/json"
        body = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data).encode()
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{BASE}{path}{query and '?'}{query}"
        response = self.client.generic(method, url, body, content_type=kind, headers=headers)
        content = response.getvalue() if response.streaming else response.content
        assert response.status_code == status, content
        args = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        request = MockRequest(
            "http://testserver",
            method.lower(),
            BASE + path,
            content_type=kind,
            data=body or None,
            args=args,
            headers=headers,
        )
        if valid:
            self.contract.validate_request(request)
        answer = MockResponse(content, status_code=status, content_type=response["Content-Type"].split(";")[0])
        self.contract.validate_response(request, answer)
        return response

    def get(self, path: str, query: str = "", **more: Any) -> Any:
        return self.call("GET", path, query=query, **more).json()

    # --- What most tests send --------------------------------------------------------------------
    def offering(self, unit: ExamUnit, *, consumer: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """Return the body of a sitting, not sent yet."""
        exam = unit.exam_version.exam
        data = {
            "offeringId": str(uuid4()),
            "primaryCode": {"codeType": "offeringCode", "code": "praktijk_in_lokaal_22"},
            "offeringType": "component",
            "name": [{"language": "nl-NL", "value": "Praktijkexamen maandag"}],
            "description": [{"language": "nl-NL", "value": "Praktijkexamen in A-22"}],
            "teachingLanguage": "nld",
            "modeOfDelivery": ["situated"],
            "resultExpected": True,
            "consumers": [{**ROOM, **(consumer or {})}],
            "startDateTime": "2026-12-14T09:00:00+01:00",
            "endDateTime": "2026-12-14T12:00:00+01:00",
            "component": str(component_id(exam, unit.code)),
        }
        return {**data, **changes}

    def put_offering(self, data: dict[str, Any], **more: Any) -> Any:
        return self.call("PUT", f"/offerings/{data['offeringId']}", data, **more)

    def new_offering(self, unit: ExamUnit, **changes: Any) -> str:
        """Send a sitting and return its id."""
        data = self.offering(unit, **changes)
        self.put_offering(data, status=201)
        return str(data["offeringId"])

    def association(self, offering: str, person: Any, *, role: str = "student", **changes: Any) -> dict[str, Any]:
        consumer = {"consumerKey": "nl-test-admin", "additionalTimeInMin": 30, "personalNeeds": ["extraTime"]}
        data = {
            "associationId": str(uuid4()),
            "associationType": "componentOfferingAssociation",
            "role": role,
            "state": "associated",
            "person": person,
            "offering": offering,
            "consumers": [consumer if role == "student" else {"consumerKey": "nl-test-admin"}],
        }
        return {**data, **changes}

    def put(self, data: dict[str, Any], **more: Any) -> Any:
        return self.call("PUT", f"/associations/{data['associationId']}", data, **more)

    def add(self, offering: str, person: Any, *, role: str = "student", **changes: Any) -> str:
        """Send an association and return its id."""
        data = self.association(offering, person, role=role, **changes)
        self.put(data, status=201)
        return str(data["associationId"])

    def cancel(self, association: str, **more: Any) -> Any:
        body = {"associationType": "componentOfferingAssociation", "state": "canceled"}
        return self.call("PATCH", f"/associations/{association}", body, **more)


def person(
    *, number: str = "", mail: str = "noa@hier.test", first: str = "Noa", last: str = "Wit", **more: Any
) -> dict[str, Any]:
    code = {"codeType": "studentNumber", "code": number} if number else {"codeType": "identifier", "code": "JAJE"}
    data = {
        "personId": str(uuid4()),
        "primaryCode": code,
        "givenName": first,
        "surname": last,
        "displayName": f"{first} {last}",
        "activeEnrollment": True,
        "affiliations": ["student" if number else "guest"],
        "mail": mail,
    }
    return {**data, **more}


def known(student: Membership, **more: Any) -> dict[str, Any]:
    """Return the person of a student whom the school knows."""
    user = student.user
    return person(number=student.student_number, mail=user.email, first=user.first_name, last=user.last_name, **more)


def make_partner(school: School, docent: User | None, **fields: Any) -> Partner:
    initiator = school.memberships.get(user=docent, role=Role.DOCENT) if docent else None
    return Partner.objects.create(school=school, initiator=initiator, **{"name": "Toetsplanning", **fields})


@pytest.fixture
def partner(school: School, docent: User) -> Partner:
    return make_partner(school, docent)


@pytest.fixture
def planner(partner: Partner, contract: OpenAPI) -> Planner:
    return Planner(partner, contract)
