from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, School, ScimKey, User
from accounts.scim.keys import make_key
from tests.factories import member

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
STUDENT = "urn:ietf:params:scim:schemas:extension:digitaalbeoordelen:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Directory:
    """A school's directory, which calls the endpoints with its key."""

    def __init__(self, school: School, token: str) -> None:
        self.school, self.token = school, token
        self.client = Client()

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        body = data if isinstance(data, bytes | str) else "" if data is None else json.dumps(data)
        url = f"/scim/v2/{self.school.pk}{path}"
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return self.client.generic(method, url, body, content_type="application/scim+json", headers=headers)

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def add(self, user_name: str, **attributes: Any) -> dict[str, Any]:
        """Add a person and return the answer, which must be 201."""
        response = self.call("POST", "/Users", person(user_name, **attributes))
        assert response.status_code == 201, response.content
        return response.json()

    def add_group(self, name: str, *members: dict[str, Any]) -> dict[str, Any]:
        data = {"schemas": [GROUP], "displayName": name, "members": [{"value": item["id"]} for item in members]}
        response = self.call("POST", "/Groups", data)
        assert response.status_code == 201, response.content
        return response.json()

    def patch(self, path: str, *operations: dict[str, Any], status: int = 200) -> Any:
        response = self.call("PATCH", path, {"schemas": [PATCH], "Operations": operations})
        assert response.status_code == status, response.content
        return response.json()


def person(user_name: str, *, first: str = "Noa", last: str = "Wit", number: str = "", **more: Any) -> dict[str, Any]:
    data = {
        "schemas": [USER],
        "userName": user_name,
        "externalId": f"ext-{user_name}",
        "name": {"givenName": first, "familyName": last},
        "emails": [{"value": user_name, "type": "work", "primary": True}],
        "active": True,
        **more,
    }
    if number:
        data["schemas"].append(STUDENT)
        data[STUDENT] = {"studentNumber": number}
    return data


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tasks in the queue: there is no broker."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture
def manager(school: School) -> User:
    """The only user with the role Schoolbeheer."""
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")


@pytest.fixture
def browser(client: Client, manager: User) -> Client:
    """A browser logged in as `manager`."""
    client.force_login(manager)
    return client


def directory_of(school: School, by: User, **settings: Any) -> Directory:
    return Directory(school, make_key(school=school, key=ScimKey(name="Entra", **settings), by=by))


@pytest.fixture
def directory(school: School, manager: User) -> Directory:
    return directory_of(school, manager)
