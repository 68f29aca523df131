"""A school with an OpenID provider that answers in this process."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import IdentityProvider, School

from .openid import OpenID, make_provider


@pytest.fixture
def openid(monkeypatch: pytest.MonkeyPatch) -> OpenID:
    """The provider of `provider`, which says that Anouk, a student of the school, logs in."""
    person = {"email": "anouk@hier.test", "given_name": "Anouk", "family_name": "Hoff"}
    made = OpenID(person=person | {"eduperson_affiliation": ["student"], "student_number": "777777"})
    monkeypatch.setattr("accounts.sso.adapter.SchoolAccountAdapter.get_requests_session", lambda self: made)
    return made


@pytest.fixture
def provider(school: School) -> IdentityProvider:
    return make_provider(school)


@pytest.fixture(autouse=True)
def _mails_wait(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
