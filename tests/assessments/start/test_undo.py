"""The initiator undoes a start as long as no examiner was invited."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, User
from assessments import links
from assessments.invitations import invite
from assessments.models import Assessment, Invitation, Status
from digibeoordelen.outbox.models import OutgoingMail
from tests import steps


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


def address(assessment: Assessment) -> str:
    return reverse("assessments:take_back", args=[assessment.public_id])


def detail(client: Client, assessment: Assessment) -> str:
    page = client.get(reverse("assessments:detail", args=[assessment.public_id])).content.decode()
    return " ".join(page.split())


def post(client: Client, assessment: Assessment, version: int | str | None = None) -> str:
    version = assessment.version if version is None else version
    page = client.post(address(assessment), {"version": version}, follow=True).content.decode()
    assessment.refresh_from_db()
    return " ".join(page.split())


def test_undo_confirmation_names_the_student(teacher: Client, assessment: Assessment) -> None:
    assert address(assessment) in detail(teacher, assessment)
    page = teacher.get(address(assessment)).content.decode()
    assert "Beoordeling van Anouk van &#x27;t Hoff intrekken?" in page
    assessment.refresh_from_db()
    assert assessment.status == Status.NEW
    page = post(teacher, assessment)
    assert "De beoordeling van Anouk van &#x27;t Hoff is ingetrokken; dit telt niet als poging." in page
    assert assessment.status == Status.CANCELLED
    assert not assessment.counts_as_attempt
    assert assessment.get_cancel_kind_display() == "Per ongeluk gestart"
    assert not OutgoingMail.objects.exists()
    assert address(assessment) not in page


def test_undone_start_can_be_repeated_as_same_attempt(
    teacher: Client, assessment: Assessment, student: Membership, docent: User
) -> None:
    post(teacher, assessment)
    assert steps.start_assessment(student, assessment.unit, docent).attempt == 1


def test_invited_assessment_is_undone_and_its_link_is_void(
    teacher: Client, client: Client, invitation: Invitation
) -> None:
    assessment = invitation.assessment
    assert address(assessment) in detail(teacher, assessment)
    assert "De links van wie is uitgenodigd werken niet meer." in teacher.get(address(assessment)).content.decode()
    mails = OutgoingMail.objects.count()
    post(teacher, assessment)
    assert (assessment.status, OutgoingMail.objects.count()) == (Status.CANCELLED, mails)
    opened = client.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]), follow=True)
    assert opened.status_code != 200


def test_begun_assessment_cannot_be_undone(teacher: Client, invitation: Invitation) -> None:
    steps.fill_in(invitation, "V")
    assessment = Assessment.objects.get()
    assert address(assessment) not in detail(teacher, assessment)
    assert "alleen de examencommissie" in teacher.get(address(assessment), follow=True).content.decode()
    assert "alleen de examencommissie" in post(teacher, assessment)
    assert assessment.status == Status.IN_PROGRESS


def test_written_work_prevents_undo_after_withdrawing(teacher: Client, invitation: Invitation, docent: User) -> None:
    steps.fill_in(invitation, "V")
    invite.withdraw(invitation=invitation, by=docent)
    assessment = Assessment.objects.get()
    assert assessment.status == Status.NEW
    assert "alleen de examencommissie" in post(teacher, assessment)
    assert assessment.status == Status.NEW


@pytest.mark.parametrize("version", ["", "x", 99])
def test_concurrently_changed_assessment_is_not_undone(
    teacher: Client, assessment: Assessment, version: int | str
) -> None:
    assert "intussen gewijzigd" in post(teacher, assessment, version)
    assert assessment.status == Status.NEW


def test_double_click_shows_a_notice(teacher: Client, assessment: Assessment) -> None:
    post(teacher, assessment)
    assert "ingetrokken en kan niet meer worden gewijzigd" in post(teacher, assessment)
    assert assessment.events.count() == 2
