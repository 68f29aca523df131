"""Migrations leave the site in use: old code runs on the new schema, no large table is locked for long.

Each rule holds from the migration after `RELEASED`; what breaks one on purpose is in `ALLOWED`, with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.postgres.operations import NotInTransactionMixin
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED

from digibeoordelen.migration_operations import AddIndexConcurrently

RELEASED = {  # the last migration of each app that these rules came too late for
    "accounts": 12,
    "addressbook": 1,
    "assessments": 9,
    "committee": 1,
    "exams": 1,
    "exchange": 4,
    "outbox": 2,
}
ALLOWED = {
    ("assessments", "0010_fewer_indexes"): "drops three indexes and makes one; nothing was released before",
    ("assessments", "0011_indexes_of_constraints"): "drops four indexes, in an instant; no column changes",
    ("outbox", "0005_indexes_of_constraints"): "drops an index, in an instant; no column changes",
}
# Some rows per assessment, or per mail, call or session: millions.
LARGE = {
    "accounts": {"rolechange", "session", "user", "membership"},
    "assessments": None,  # all
    "committee": {"export", "exportrow"},
    "exchange": {"call", "delivery"},
    "outbox": None,
}


def problems(app: str, migration: Any) -> Iterator[str]:
    """Return what of a migration stops the site, or breaks the code that still runs."""
    created = {
        operation.name_lower for operation in migration.operations if isinstance(operation, migrations.CreateModel)
    }
    for operation in migration.operations:
        model = getattr(operation, "model_name_lower", "") or getattr(operation, "name_lower", "")
        if model in created:
            continue
        if isinstance(operation, migrations.RunPython | migrations.RunSQL):
            yield "changes data: make it a DataChange (digibeoordelen/data_changes.py)"
        elif isinstance(operation, migrations.RenameField | migrations.RenameModel | migrations.AlterModelTable):
            yield f"renames {model}: old code does not find it; add, copy, and remove in a later release"
        elif isinstance(operation, migrations.AddField):
            yield from _new_column(operation)
        elif _is_large(app, model):
            yield from _locks(operation)
    if not migration.atomic and not all(isinstance(op, NotInTransactionMixin) for op in migration.operations):
        yield "is not atomic, yet has more than concurrent operations: half of it could be done"


def _new_column(operation: migrations.AddField) -> Iterator[str]:
    field: Any = operation.field
    if not (field.many_to_many or field.null or field.db_default is not NOT_PROVIDED or field.generated):
        yield f"adds {operation.model_name}.{operation.name}, which old code leaves out: give it null or db_default"


def _locks(operation: Operation) -> Iterator[str]:
    if isinstance(operation, migrations.AddIndex) and not isinstance(operation, AddIndexConcurrently):
        yield f"locks {operation.model_name} for its index: use migration_operations.AddIndexConcurrently"
    elif isinstance(operation, migrations.AlterField):
        yield f"may write all of {operation.model_name} again: add a column, copy by a DataChange, remove"
    elif isinstance(operation, migrations.AddConstraint):
        yield f"locks {operation.model_name} while it checks each row"


def _is_large(app: str, model: str) -> bool:
    return app in LARGE and ((models_ := LARGE[app]) is None or model in models_)


def test_new_migrations_leave_the_site_in_use() -> None:
    found = {
        (app, name): list(problems(app, migration))
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app in RELEASED and int(name[:4]) > RELEASED[app] and (app, name) not in ALLOWED
    }
    assert {key: texts for key, texts in found.items() if texts} == {}


def found(*operations: Operation, app: str = "assessments", atomic: bool = True) -> list[str]:
    migration = SimpleNamespace(operations=operations, atomic=atomic)
    return [text.split()[0] for text in problems(app, migration)]


COLUMN = models.IntegerField(default=0)
INDEX = models.Index(fields=["status"], name="x")
CHECK = models.CheckConstraint(condition=models.Q(status=""), name="y")
TABLE = migrations.CreateModel("Note", [("status", models.TextField())])


@pytest.mark.parametrize(
    ("operation", "verb"),
    [
        (migrations.RunPython(migrations.RunPython.noop), "changes"),
        (migrations.RunSQL("UPDATE x SET y = 1"), "changes"),
        (migrations.RenameField("assessment", "status", "state"), "renames"),
        (migrations.AddField("assessment", "z", COLUMN), "adds"),
        (migrations.AddIndex("assessment", INDEX), "locks"),
        (migrations.AddConstraint("assessment", CHECK), "locks"),
        (migrations.AlterField("assessment", "z", COLUMN), "may"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_stops_the_site_is_refused(operation: Operation, verb: str) -> None:
    assert found(operation) == [verb]


def test_what_leaves_the_site_in_use_passes() -> None:
    assert found(migrations.AddField("assessment", "z", models.IntegerField(null=True))) == []
    assert found(migrations.AddField("assessment", "z", models.IntegerField(db_default=0))) == []
    assert found(migrations.RemoveIndex("assessment", "x")) == []
    assert found(AddIndexConcurrently("assessment", INDEX), atomic=False) == []
    assert found(TABLE, migrations.AddField("note", "z", COLUMN), migrations.AddIndex("note", INDEX)) == []
    assert found(migrations.AddIndex("school", INDEX), app="accounts") == []


def test_migration_without_transaction_is_concurrent_alone() -> None:
    column = migrations.AddField("assessment", "z", models.IntegerField(null=True))
    assert found(AddIndexConcurrently("assessment", INDEX), column, atomic=False) == ["is"]
