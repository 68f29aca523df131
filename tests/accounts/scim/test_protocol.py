"""Keys, errors, lists and filters; whatever is sent, the answer is SCIM and never a server error."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import School, ScimKey, User
from accounts.scim import endpoint
from accounts.scim.keys import make_key, revoke

from .conftest import GROUP, PATCH, STUDENT, USER, Directory, directory_of, person

pytestmark = pytest.mark.django_db
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def error(response: Any) -> tuple[int, str | None]:
    """Return status and scimType of an answer, which must be a SCIM error."""
    data = response.json()
    assert response["Content-Type"] == "application/scim+json"
    assert (data["schemas"], data["status"]) == ([ERROR], str(response.status_code))
    return response.status_code, data.get("scimType")


# --- Keys ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer \xe9"])
def test_without_a_key_nothing_is_told(header: str, school: School, client: Client) -> None:
    for school_id in (school.pk, 999_999):
        response = client.get(f"/scim/v2/{school_id}/Users", headers={"Authorization": header})
        assert error(response) == (401, None)
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert "no-store" in response["Cache-Control"]


def test_a_session_is_no_key(school: School, browser: Client) -> None:
    assert error(browser.get(f"/scim/v2/{school.pk}/Users")) == (401, None)


def test_key_of_another_school_finds_nothing(
    directory: Directory, school: School, other_school: School, manager: User
) -> None:
    answer = directory.add("noa@school.test")
    stranger = directory_of(other_school, manager)
    assert error(stranger.get(f"/Users/{answer['id']}")) == (404, None)
    assert stranger.get("/Users").json()["totalResults"] == 0
    stranger.school = school
    assert error(stranger.get("/Users")) == (404, None)
    stranger.school = other_school
    group = {"schemas": [GROUP], "displayName": "Groep", "members": [{"value": answer["id"]}]}
    assert error(stranger.call("POST", "/Groups", group)) == (400, "invalidValue")


def test_revoked_key_is_none(directory: Directory, school: School, manager: User) -> None:
    key = school.scim_keys.get()
    assert directory.get("/Users").status_code == 200
    assert revoke(key=key, by=manager)
    assert not revoke(key=key, by=manager)
    assert error(directory.get("/Users")) == (401, None)


def test_token_is_not_stored(school: School, manager: User) -> None:
    key = ScimKey(name="Entra")
    token = make_key(school=school, key=key, by=manager)
    stored = json.dumps(list(ScimKey.objects.values()) + list(school.changes.values()), default=str)
    assert token not in stored


def test_last_use_is_kept(directory: Directory, school: School) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        directory.get("/Users")
        assert school.scim_keys.get().last_used_at == timezone.now()


def test_too_many_requests(directory: Directory, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    monkeypatch.setattr(endpoint, "BY_KEY", endpoint.Limit("scim-test", 1, timedelta(minutes=1)))
    assert directory.get("/Users").status_code == 200
    response = directory.get("/Users")
    assert error(response) == (429, None)
    assert response["Retry-After"] == "60"


# --- Errors --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"\xff", b'{"userName": NaN}', b"[" * 100_000, b'{"userName": "x"} x'],
)
def test_body_that_is_no_json_object(body: bytes, directory: Directory) -> None:
    assert error(directory.call("POST", "/Users", body)) == (400, "invalidSyntax")


@pytest.mark.parametrize(
    ("data", "scim_type"),
    [
        ({}, "invalidValue"),
        ({"schemas": [USER]}, "invalidValue"),
        ({"schemas": [GROUP], "userName": "x"}, "invalidSyntax"),
        (person("a\0b"), "invalidValue"),
        (person("\ud800"), "invalidValue"),
        (person("x" * 255), "invalidValue"),
        (person("x", first="https://kwaad.test"), "invalidValue"),
        (person("x", emails=[{"value": "geen adres"}]), "invalidValue"),
        (person("x", displayName="x" * 9000), "invalidValue"),
        (person("x", active="soms"), "invalidValue"),
        (person("x", number="1" * 21), "invalidValue"),
    ],
)
def test_person_that_cannot_be_stored(data: Any, scim_type: str, directory: Directory) -> None:
    assert error(directory.call("POST", "/Users", data)) == (400, scim_type)
    assert not directory.school.directory_users.exists()


def test_large_body_is_refused(directory: Directory) -> None:
    assert error(directory.call("POST", "/Users", b" " * (endpoint.MAX_BODY + 1))) == (413, None)


def test_other_methods_and_addresses(directory: Directory) -> None:
    assert error(directory.call("PUT", "/Users", {})) == (405, None)
    assert error(directory.call("DELETE", "/Schemas")) == (405, None)
    assert error(directory.call("PUT", "/Users/17", {})) == (404, None)
    assert error(directory.get("/Anders")) == (404, None)
    assert error(directory.get("/Me")) == (501, None)


def test_failure_of_the_server_is_a_scim_error_and_logs_no_content(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**kwargs: Any) -> None:
        raise KeyError("x")

    monkeypatch.setattr("accounts.scim.people.create_person", fail)
    assert error(directory.call("POST", "/Users", person("geheim@school.test"))) == (500, None)
    assert "KeyError" in caplog.text
    assert "geheim" not in caplog.text
    assert directory.token not in caplog.text


# --- Lists and filters ---------------------------------------------------------------------------
def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [item.get("userName") or item["displayName"] for item in response.json()["Resources"]]


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "NOA@school.test"',
        'externalId eq "ext-noa@school.test"',
        'emails eq "Noa@school.test"',
        'emails.value eq "noa@school.test"',
        'emails[type eq "work" and value eq "noa@school.test"]',
        'displayName eq "Noa Wit"',
        'userName eq "noa@school.test" and externalId eq "ext-noa@school.test"',
    ],
)
def test_filter_of_people(text: str, directory: Directory) -> None:
    directory.add("noa@school.test", displayName="Noa Wit")
    directory.add("kim@school.test", displayName="Kim Zwart")
    assert names(directory.call("GET", f"/Users?filter={text}".replace(" ", "%20"))) == ["noa@school.test"]


def test_filter_of_groups(directory: Directory) -> None:
    noa = directory.add("noa@school.test")
    one = directory.add_group("Een", noa)
    directory.add_group("Twee")
    for text in ('displayName eq "een"', f'id eq "{one["id"]}" and members eq "{noa["id"]}"'):
        assert names(directory.get(f"/Groups?filter={text}".replace(" ", "%20"))) == ["Een"]


@pytest.mark.parametrize(
    "text", ['userName sw "n"', 'userName eq "a" or userName eq "b"', "title pr", "not (userName eq 1)", "((", "x eq 1"]
)
def test_other_filters_are_refused(text: str, directory: Directory) -> None:
    assert error(directory.get(f"/Users?filter={text}".replace(" ", "%20"))) == (400, "invalidFilter")


def test_list_has_pages(directory: Directory) -> None:
    for at in range(5):
        directory.add(f"p{at}@school.test")
    answer = directory.get("/Users?startIndex=2&count=2").json()
    assert (answer["totalResults"], answer["startIndex"], answer["itemsPerPage"]) == (5, 2, 2)
    assert [item["userName"] for item in answer["Resources"]] == ["p1@school.test", "p2@school.test"]
    assert directory.get("/Users?count=0").json()["totalResults"] == 5
    assert error(directory.get("/Users?count=veel")) == (400, "invalidValue")


def test_members_can_be_left_out(directory: Directory) -> None:
    group = directory.add_group("Een", directory.add("noa@school.test"))
    assert "members" in directory.get(f"/Groups/{group['id']}").json()
    assert "members" not in directory.get(f"/Groups/{group['id']}?excludedAttributes=members").json()


def test_password_and_unknown_attributes_are_not_kept(directory: Directory) -> None:
    directory.add("noa@school.test", password="geheim", title="Docent", phoneNumbers=[{"value": "06"}])
    assert set(directory.school.directory_users.get().attributes) == {
        "schemas", "externalId", "userName", "name", "active", "emails",
    }  # fmt: skip


# --- Anything else -------------------------------------------------------------------------------
NAMES = ["schemas", "userName", "name", "emails", "active", "members", "value", "op", "path", "Operations", STUDENT]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.sampled_from([USER, PATCH]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=5),
    max_leaves=12,
)
PATHS = st.sampled_from(["name.givenName", 'emails[type eq "work"].value', "members", STUDENT, "active"]) | st.text()
OPERATIONS = st.fixed_dictionaries({"op": st.sampled_from(["add", "Replace", "remove"]) | st.text(), "path": PATHS})
PEOPLE = st.fixed_dictionaries(
    {"schemas": st.just([USER]), "userName": st.text(min_size=1)},
    optional={"name": VALUES, "emails": VALUES, "active": VALUES, "displayName": VALUES, STUDENT: VALUES},
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=PEOPLE | st.dictionaries(st.sampled_from(NAMES) | st.text(), VALUES, max_size=5))
def test_any_json_as_a_person(data: Any, directory: Directory) -> None:
    for method, path in (("POST", "/Users"), ("POST", "/Groups"), ("POST", "/Users/.search")):
        response = directory.call(method, path, data)
        assert response.status_code < 500
        assert response["Content-Type"] == "application/scim+json"


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(operations=st.lists(OPERATIONS, min_size=1, max_size=3), value=VALUES)
def test_any_patch(operations: list[dict[str, Any]], value: Any, directory: Directory) -> None:
    if not directory.school.directory_users.exists():
        directory.add_group("Groep", directory.add("noa@school.test"))
    user, group = directory.school.directory_users.get(), directory.school.directory_groups.get()
    data = {"schemas": [PATCH], "Operations": [{**operation, "value": value} for operation in operations]}
    for path in (f"/Users/{user.public_id}", f"/Groups/{group.public_id}"):
        response = directory.call("PATCH", path, data)
        assert response.status_code < 500, response.content
        assert response["Content-Type"] == "application/scim+json"


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(text=st.text(), start=st.text(max_size=30) | st.integers().map(str))
def test_any_query(text: str, start: str, directory: Directory) -> None:
    for path in ("/Users", "/Groups"):
        response = directory.client.get(
            f"/scim/v2/{directory.school.pk}{path}",
            {"filter": text, "startIndex": start, "count": start, "attributes": text},
            headers={"Authorization": f"Bearer {directory.token}"},
        )
        assert response.status_code < 500
