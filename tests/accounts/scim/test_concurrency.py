"""A directory that sends several changes at the same moment."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Role, School, User
from tests.concurrency import at_once

from .conftest import PATCH, Directory, person
from .test_people import held

pytestmark = pytest.mark.django_db(transaction=True)


def test_same_person_twice_at_once_is_stored_once(directory: Directory, school: School) -> None:
    def add() -> Any:
        return directory.call("POST", "/Users", person("noa@school.test", number="4001")).status_code

    assert sorted(at_once(add, add)) == [201, 409]
    assert held("noa@school.test", school) == ["STUDENT"]
    assert User.objects.filter(email="noa@school.test").count() == 1


def test_members_added_at_once_all_get_the_role(directory: Directory, school: School) -> None:
    noa, kim = directory.add("noa@school.test"), directory.add("kim@school.test")
    group = directory.add_group("Docenten")
    school.directory_groups.update(role=Role.DOCENT)

    def join(member: dict[str, Any]) -> Any:
        operation = {"op": "Add", "path": "members", "value": [{"value": member["id"]}]}
        data = {"schemas": [PATCH], "Operations": [operation]}
        return lambda: directory.call("PATCH", f"/Groups/{group['id']}", data).status_code

    assert at_once(join(noa), join(kim)) == [200, 200]
    assert [held(f"{name}@school.test", school) for name in ("noa", "kim")] == [["DOCENT"], ["DOCENT"]]
    assert school.directory_groups.get().members.count() == 2
