"""While digital assessment is off at a school, its pages explain that and name the contact."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, School, User
from assessments.models import Assessment
from exams.models import ExamUnit

WHO = "Een medewerker ICT van het Consortium kan dat doen."


@pytest.fixture
def inactive(school: School) -> School:
    School.objects.filter(pk=school.pk).update(digital_assessment_active=False)
    return school


@pytest.mark.parametrize("query", ["", "hoff"])
def test_starting_redirects_to_the_explaining_tab(
    client: Client, docent: User, student: Membership, unit: ExamUnit, inactive: School, query: str
) -> None:
    client.force_login(docent)
    answer = client.get(reverse("assessments:choose_student", args=[unit.pk]), {"q": query}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("assessments:unit_list", args=[unit.pk])
    assert f"ROC Hier nog niet geactiveerd. {WHO}" in answer.content.decode()


def test_selection_is_not_started_after_deactivation(
    client: Client, docent: User, student: Membership, unit: ExamUnit, inactive: School
) -> None:
    client.force_login(docent)
    answer = client.post(
        reverse("assessments:choose_student", args=[unit.pk]), {"erbij": student.pk, "verder": "1"}, follow=True
    )
    assert WHO in answer.content.decode()
    assert not Assessment.objects.exists()


def test_committee_sees_the_notice(client: Client, committee_member: User, inactive: School) -> None:
    client.force_login(committee_member)
    page = client.get(reverse("committee:afnames")).content.decode()
    assert f"ROC Hier nog niet geactiveerd. {WHO}" in page


def test_active_school_shows_no_notice(client: Client, committee_member: User) -> None:
    client.force_login(committee_member)
    assert WHO not in client.get(reverse("committee:afnames")).content.decode()


def test_running_assessments_continue(client: Client, docent: User, assessment: Assessment, inactive: School) -> None:
    client.force_login(docent)
    assert client.get(reverse("assessments:detail", args=[assessment.public_id])).status_code == 200
