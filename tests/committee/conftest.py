"""Fixtures of the committee's tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, User
from addressbook.models import Contact
from assessments.models import Assessment, Status
from committee.search import AssessmentSearch
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory

AfnameMaker = Callable[..., Assessment]


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch, plain_pdf: None) -> None:
    """Start no workers."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)


@pytest.fixture
def member(client: Client, committee_member: User) -> Client:
    """The browser of the committee's member."""
    client.force_login(committee_member)
    return client


def search_of(user: User, **fields: object) -> AssessmentSearch:
    """The search of the list with these fields in its address."""
    return AssessmentSearch(QueryDict(urlencode(fields)), user=user)


@pytest.fixture
def make_afname(unit: ExamUnit, docent: User, committee_member: User) -> AfnameMaker:
    """Return a factory of assessments in any status, without the steps before it."""

    def make(
        status: str = Status.ASSESSED,
        *,
        student: Membership | None = None,
        unit: ExamUnit = unit,
        since: datetime | None = None,
        **fields: Any,
    ) -> Assessment:
        student = student or MembershipFactory(school=docent.memberships.get().school)
        if status == Status.FINAL:
            fields = {
                "ovg": "V",
                "grade": Decimal("6.5"),
                "final_at": timezone.now(),
                "final_by": committee_member,
            } | fields
        if status == Status.CANCELLED:
            fields |= {"cancel_reason": "Niet verschenen."}
        return Assessment.objects.create(
            school=student.school,
            student=student,
            exam=unit.exam_version.exam,
            unit=unit,
            unit_code=unit.code,
            initiator=fields.pop("initiator", docent),
            status=status,
            status_since=since or timezone.now() - timedelta(minutes=1),
            **fields,
        )

    return make


@pytest.fixture
def disputed(assessment: Assessment, examiner: Contact, second_examiner: Contact) -> Assessment:
    """ASSESSED by two examiners, who differ on every criterion: V and G."""
    steps.choose(assessment, examiner, second_examiner)
    for contact, score in ((examiner, "V"), (second_examiner, "G")):
        steps.assess(steps.send_invitation(assessment, contact), score)
    assessment.refresh_from_db()
    return assessment
