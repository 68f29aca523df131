"""Who was taken out before a date was asked for gets one; what follows from it waits, as from any date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts.models import Membership
from assessments.privacy import retention
from tests.factories import SchoolFactory, UserFactory

BEFORE = [("accounts", "0015_say_what_domains_bind")]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def earlier(transactional_db: None) -> Iterator[Any]:
    """The database as it was before that migration, and its models."""
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps
    MigrationExecutor(connection).migrate(newest)


def test_the_date_that_it_gives_is_told_for_a_month_before_anyone_goes(earlier: Any) -> None:
    school, user = SchoolFactory(), UserFactory()
    long_ago = timezone.now() - timedelta(days=4000)
    kept = earlier.get_model("accounts", "Membership").objects.create(
        user_id=user.pk, school_id=school.pk, role="STUDENT", ended_at=long_ago
    )
    before = timezone.now()
    MigrationExecutor(connection).migrate([("accounts", "0016_ended_has_a_study_date")])
    student = Membership.objects.get(pk=kept.pk)
    assert student.left_on == timezone.localdate(long_ago)
    assert student.study_dates_set_at
    assert student.study_dates_set_at >= before
    today = timezone.localdate()
    assert not retention.leaving(school, on=today).exists()
    assert retention.leaving(school, on=today + retention.NOTICE + timedelta(days=1)).get() == student
