"""Who was in an address book before it was sorted by a column of its own stands in the right place afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from addressbook.models import Contact
from tests.factories import SchoolFactory

pytestmark = pytest.mark.django_db(transaction=True)

AFTER = [("addressbook", "0006_sorted_by_name")]


@pytest.fixture
def earlier(transactional_db: None) -> Iterator[Any]:
    """The models as they were before that migration, and the database with them."""
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    before = [("addressbook", "0005_contact_language")]
    executor.migrate(before)
    yield executor.loader.project_state(before).apps
    MigrationExecutor(connection).migrate(newest)


def test_each_gets_the_key_that_saving_would_give(earlier: Any) -> None:
    school = SchoolFactory()
    contacts = earlier.get_model("addressbook", "Contact").objects
    for first_name, last_name in (("Bo", "Pieters"), ("Zoë", "Özdemir"), ("an", "olsen"), ("Aad", "Olsen")):
        contacts.create(school_id=school.pk, first_name=first_name, last_name=last_name, email=f"{first_name}@b.test")
    MigrationExecutor(connection).migrate(AFTER)
    listed = list(school.contacts.all())
    assert [contact.first_name for contact in listed] == ["Aad", "an", "Zoë", "Bo"]
    keys = [contact.sort_key for contact in listed]
    for contact in listed:
        contact.save()
    assert [contact.sort_key for contact in Contact.objects.filter(school=school.pk)] == keys
