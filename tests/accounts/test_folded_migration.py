"""Rows that were kept before letters were folded are found and sorted as new ones are."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from accounts.models import School
from tests.factories import ContactFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("migration", "step"),
    [
        ("accounts.migrations.0019_fold_letters_in_search", "fold_memberships"),
        ("accounts.migrations.0019_fold_letters_in_search", "fold_invitations"),
        ("addressbook.migrations.0007_fold_letters_in_search", "fold"),
    ],
)
def test_kept_rows_get_what_saving_would_give(school: School, migration: str, step: str) -> None:
    row = {
        "fold_memberships": lambda: MembershipFactory(school=school, user__last_name="Yıldız"),
        "fold_invitations": lambda: school.school_invitations.create(
            first_name="Łukasz", last_name="Yıldız", email="l@b.nl"
        ),
        "fold": lambda: ContactFactory(school=school, last_name="Yıldız", organisation="De Læsø"),
    }[step]()
    columns = [name for name in ("search_text", "sort_key", "first_name_key") if hasattr(row, name)]
    saved = [getattr(row, name) for name in columns]
    type(row).objects.filter(pk=row.pk).update(**dict.fromkeys(columns, " yıldız"))
    getattr(import_module(migration), step)(apps, None)
    row.refresh_from_db()
    assert [getattr(row, name) for name in columns] == saved
    assert "yildiz" in row.search_text
