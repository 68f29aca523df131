"""Addresses of before are brought into the one form, and what is there in both forms stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import SchoolFactory

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, AFTER = [("addressbook", "0008_import_understood")], [("addressbook", "0009_addresses_in_ascii")]
UNICODE, ASCII = "bo@bücher.example", "bo@xn--bcher-kva.example"


@pytest.fixture
def earlier(transactional_db: None) -> Iterator[Any]:
    """The models as they were before that migration, and the database with them."""
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps
    MigrationExecutor(connection).migrate(newest)


def test_addresses_get_the_form_that_saving_gives(earlier: Any) -> None:
    one, other = SchoolFactory(), SchoolFactory()
    contacts = earlier.get_model("addressbook", "Contact").objects
    users = earlier.get_model("accounts", "User").objects
    contacts.create(school_id=one.pk, first_name="Bo", last_name="Bos", email=UNICODE)
    for email in (UNICODE, ASCII, "é@school.nl"):
        contacts.create(school_id=other.pk, first_name="Bo", last_name="Bos", email=email)
    users.create(first_name="Bo", last_name="Bos", email=UNICODE)
    MigrationExecutor(connection).migrate(AFTER)
    assert one.contacts.get().email == ASCII
    assert sorted(other.contacts.values_list("email", flat=True)) == sorted([UNICODE, ASCII, "é@school.nl"])
    assert users.get().email == ASCII
