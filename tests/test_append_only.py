"""Logs and decisions cannot be changed by a model or a queryset."""

from __future__ import annotations

from typing import TypeVar

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import AppendOnly, Immutable, RoleChange, SchoolChange
from assessments.models import Correction, Event, Viewing

LOGS: list[type[AppendOnly]] = [Event, RoleChange, SchoolChange]
Written = TypeVar("Written", bound=Immutable)
WRITTEN: list[type[Immutable]] = [*LOGS, Correction, Viewing]


def written(model: type[Written]) -> Written:
    """Return an existing row of the model."""
    line = model()
    line.pk = 1
    return line


@pytest.mark.parametrize("model", WRITTEN)
def test_append_only_rows_cannot_be_changed(model: type[Immutable]) -> None:
    with pytest.raises(PermissionDenied):
        written(model).save()
    with pytest.raises(PermissionDenied):
        model._default_manager.all().update()


@pytest.mark.parametrize("model", LOGS)
def test_a_line_of_a_log_is_not_deleted(model: type[AppendOnly]) -> None:
    with pytest.raises(PermissionDenied):
        written(model).delete()
    with pytest.raises(PermissionDenied):
        model._default_manager.all().delete()


def test_every_append_only_model_is_tested() -> None:
    assert {*Immutable.__subclasses__(), *AppendOnly.__subclasses__()} == {*WRITTEN, AppendOnly}
