"""Changes of many rows while the site runs."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from digibeoordelen import data_changes
from digibeoordelen.data_changes import DataChange, in_batches
from tests.factories import UserFactory


@pytest.fixture
def people(db):
    return [UserFactory(first_name="Oud").pk for _ in range(7)]


def pending():
    return User.objects.filter(first_name="Oud")


def rename(batch):
    batch.update(first_name="Nieuw")


@pytest.fixture
def change(people, monkeypatch):
    monkeypatch.setattr(data_changes, "_changes", {})
    made = DataChange("rename", pending, rename)
    data_changes.register(made)
    return made


def test_batches_hold_each_row_once(people):
    batches = [list(batch.values_list("pk", flat=True)) for batch in in_batches(pending(), size=3)]
    assert batches == [people[:3], people[3:6], people[6:]]


def test_stopped_change_keeps_its_batches_and_goes_on(change, capsys):
    batches = data_changes.run(change, size=2)
    assert [next(batches), next(batches)] == [2, 4]
    batches.close()
    assert pending().count() == 3
    call_command("change_data")
    call_command("change_data", "rename", "--batch=2")
    assert capsys.readouterr().out.splitlines() == ["rename: 3 rows left", "2 of 3", "3 of 3"]
    assert not pending().exists()


@pytest.mark.django_db(transaction=True)
def test_each_batch_is_a_transaction(change):
    def fail_last(batch):
        rename(batch)
        if pending().count() == 1:
            raise ValueError("a row that cannot be changed")

    with pytest.raises(ValueError, match="cannot be changed"):
        list(data_changes.run(DataChange("rename", pending, fail_last), size=3))
    assert pending().count() == 4


def test_unknown_change_is_refused(change):
    with pytest.raises(CommandError, match="'lower'"):
        call_command("change_data", "lower")
