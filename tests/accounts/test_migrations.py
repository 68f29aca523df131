"""What an installation with django-otp and django-axes keeps when it moves to django-allauth."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection
from django.test import Client

from accounts.models import User
from tests.factories import UserFactory

from .auth.codes import App, password_of, unused_codes

carry_over = import_module("accounts.migrations.0003_second_step_on_allauth").carry_over
drop_tables = import_module("accounts.migrations.0004_drop_former_login_tables").drop_tables
KEY = "3132333435363738393031323334353637383930"  # of RFC 6238, in hexadecimal as django-otp stores it


@pytest.fixture
def someone(db: None) -> User:
    return UserFactory()


@pytest.fixture
def editor(someone: User) -> Any:
    """The tables of before, with an app of `someone` and one that was never confirmed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE otp_totp_totpdevice (id integer PRIMARY KEY, user_id integer, key varchar(80), "
            "confirmed boolean, created_at timestamp, last_used_at timestamp)"
        )
        made = "2026-01-02 03:04:05"
        for row in [(1, someone.pk, KEY, True, made), (2, UserFactory().pk, "00" * 20, False, made)]:
            cursor.execute(
                "INSERT INTO otp_totp_totpdevice (id, user_id, key, confirmed, created_at) VALUES (%s, %s, %s, %s, %s)",
                row,
            )
        cursor.execute("CREATE TABLE axes_accessattempt (id integer PRIMARY KEY, ip_address varchar(40))")
        cursor.execute("CREATE TABLE axes_accessattemptexpiration (id integer REFERENCES axes_accessattempt (id))")

        def execute(sql: str) -> None:
            with connection.cursor() as cursor:
                cursor.execute(sql)

    return SimpleNamespace(connection=connection, execute=execute)


def test_the_app_on_the_phone_keeps_working(someone: User, editor: Any) -> None:
    carry_over(apps, editor)
    [authenticator] = Authenticator.objects.filter(type="totp")
    assert authenticator.user == someone
    assert KEY not in str(authenticator.data)
    assert authenticator.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert len(unused_codes(someone)) == 10, "new ones, as the old were hashes"
    client = Client()
    client.post("/inloggen/", password_of(someone))
    client.post("/inloggen/code/", {"code": App("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").code()})
    assert client.get("/profiel/").status_code == 200


def test_former_tables_are_dropped(editor: Any) -> None:
    drop_tables(apps, editor)
    assert not [name for name in connection.introspection.table_names() if name.startswith(("axes_", "otp_"))]


def test_new_installation_has_nothing_to_carry(db: None) -> None:
    nothing = SimpleNamespace(connection=connection, execute=pytest.fail)
    carry_over(apps, nothing)
    drop_tables(apps, nothing)
    assert not Authenticator.objects.exists()
