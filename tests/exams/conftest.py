"""Hypothesis without a deadline per example, for slow machines; and a logged-in staff user."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import settings

from accounts.models import User
from exams.models import ExamVersion
from tests.factories import UserFactory, make_exam

settings.register_profile("shared-machine", deadline=None, print_blob=True)
settings.load_profile("shared-machine")


@pytest.fixture
def staff(client: Client, db: None) -> User:
    """A logged-in staff user without other roles."""
    user: User = UserFactory.create(is_staff=True, first_name="Ingrid", last_name="Dam")
    client.force_login(user)
    return user


@pytest.fixture
def draft(db: None) -> ExamVersion:
    return make_exam(published=False, title="Verzorgende IG").versions.get()
