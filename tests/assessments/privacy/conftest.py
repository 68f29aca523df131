"""Fixtures of the privacy tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Role, School, User
from assessments.models import Assessment, Document
from assessments.privacy import erasure
from committee.decisions.finalise import finalise
from tests.committee.conftest import make_afname as make_afname  # the fixture
from tests.factories import member

Final = Callable[..., Assessment]


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch, plain_pdf: None) -> None:
    """Start no workers; the tests run the jobs themselves."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)


@pytest.fixture
def administrator(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")


@pytest.fixture
def browser(client: Client, administrator: User) -> Client:
    """The browser of Schoolbeheer."""
    client.force_login(administrator)
    return client


@pytest.fixture
def final(assessed: Assessment, committee_member: User) -> Assessment:
    """The student's result with its PDF."""
    document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(document.pk)
    assessed.refresh_from_db()
    return assessed


@pytest.fixture
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count school years with one student too."""
    monkeypatch.setattr(erasure, "ENOUGH_STUDENTS", 1)


def date_student(student: Membership, **dates: date | None) -> None:
    """Set dates without the delay for new dates."""
    Membership.objects.filter(pk=student.pk).update(study_dates_set_at=None, **dates)
    student.refresh_from_db()


def today() -> date:
    return timezone.localdate()


def words(response: Any) -> str:
    assert response.status_code == 200, response
    return " ".join(response.content.decode().split())


def opened(browser: Client, path: str) -> dict[str, str]:
    """Return the values that the form was opened with."""
    return marks_on(words(browser.get(path)))


def marks_on(html: str) -> dict[str, str]:
    return dict(re.findall(r'name="(opened-\w+)" value="(\w+)"', html))


@pytest.fixture
def colleague_browser(school: School) -> Client:
    """The browser of a second Schoolbeheer, Otto Ander."""
    browser = Client()
    browser.force_login(member(school, Role.SCHOOLBEHEER, first_name="Otto", last_name="Ander"))
    return browser
