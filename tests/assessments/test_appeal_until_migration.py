"""Results from before their term was kept, and their mails from before these were watched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts.models import Role, School
from assessments.models import Assessment, MailAbout
from tests.factories import MembershipFactory, SchoolFactory, first_unit, make_exam, member

BEFORE = [("assessments", "0020_document_attempts")]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def earlier(transactional_db: None) -> Iterator[Any]:
    """The models as they were before the term was kept; afterwards the database is as it is today."""
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps
    MigrationExecutor(connection).migrate(newest)


def afname(earlier: Any, school: School, **fields: Any) -> Any:
    unit = first_unit(make_exam())
    docent = member(school, Role.DOCENT)
    return earlier.get_model("assessments", "Assessment").objects.create(
        school_id=school.pk,
        student_id=MembershipFactory(school=school).pk,
        exam_id=unit.exam_version.exam_id,
        unit_id=unit.pk,
        unit_code=unit.code,
        initiator_id=docent.pk,
        **fields,
    )


def test_each_final_result_gets_its_last_day(earlier: Any) -> None:
    short, usual = SchoolFactory(appeal_days=5), SchoolFactory()
    by = member(short, Role.EXAMENCOMMISSIE).pk
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # the 23rd in the Netherlands
    result = {"status": "FINAL", "ovg": "V", "grade": "6.5", "final_by_id": by}
    at_short = afname(earlier, short, final_at=late, **result)
    at_usual = afname(earlier, usual, final_at=late, **result)
    running = afname(earlier, usual)
    MigrationExecutor(connection).migrate([("assessments", "0021_appeal_until_and_watched_mails")])
    kept = dict(Assessment.objects.values_list("pk", "appeal_until"))
    assert kept == {at_short.pk: date(2026, 11, 28), at_usual.pk: date(2026, 12, 7), running.pk: None}


def test_mails_about_results_that_were_not_sent_yet_are_watched(earlier: Any) -> None:
    mail, about = earlier.get_model("outbox", "OutgoingMail").objects, earlier.get_model("assessments", "MailAbout")
    now, assessment = timezone.now(), afname(earlier, SchoolFactory())
    states: dict[str, dict[str, Any]] = {
        "failed": {"kind": "result", "state": "FAILED", "last_error": "550"},
        "withdrawn": {"kind": "result_withdrawn_student", "state": "QUEUED"},
        "sent": {"kind": "result", "state": "SENT", "sent_at": now},
        "dropped": {"kind": "result", "state": "FAILED", "last_error": "Vervallen.", "dropped_at": now},
        "other": {"kind": "invitation", "state": "FAILED", "last_error": "550"},
    }
    for name, fields in states.items():
        about.objects.create(assessment=assessment, mail=mail.create(to="a@b.test", message_id=name, **fields))
    MigrationExecutor(connection).migrate([("assessments", "0021_appeal_until_and_watched_mails")])
    watched = MailAbout.objects.filter(is_watched=True)
    assert set(watched.values_list("mail__message_id", flat=True)) == {"failed", "withdrawn"}
