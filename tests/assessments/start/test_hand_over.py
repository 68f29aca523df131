"""'Overdragen aan een collega'."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, School, User
from assessments.lifecycle import DomainError
from assessments.models import Assessment, Event, Invitation
from assessments.start.hand_over import colleagues, hand_over
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import MembershipFactory, member


@pytest.fixture
def newcomer(school: School) -> User:
    """A docent of the school without the exam on the account."""
    return member(school, Role.DOCENT, first_name="Nico", last_name="Nieuw", email="nico@hier.test")


def page(assessment: Assessment) -> str:
    return reverse("assessments:hand_over", args=[assessment.public_id])


def test_colleague_becomes_initiator_and_is_mailed(
    client: Client, docent: User, newcomer: User, invitation: Invitation
) -> None:
    client.force_login(docent)
    assessment = invitation.assessment
    assert (
        "Overdragen aan een collega"
        in client.get(reverse("assessments:detail", args=[assessment.public_id])).content.decode()
    )
    client.post(page(assessment), {"colleague": newcomer.pk})
    assessment = Assessment.objects.get(pk=assessment.pk)
    assert assessment.initiator == newcomer
    assert assessment in Assessment.objects.for_docent(newcomer)
    event = assessment.events.get(kind=Event.Kind.HANDED_OVER)
    assert (event.actor, event.data["reason"]) == (docent, "Aan Nico Nieuw.")
    mail = OutgoingMail.objects.get(kind="handed_over")
    assert (mail.to, mail.reply_to) == (newcomer.email, docent.email)
    assert mail.about.get().assessment == assessment


def test_exam_on_the_account_stays_once(assessment: Assessment, docent: User, colleague: User) -> None:
    hand_over(assessment=assessment, to=colleague, by=docent)
    assert colleague.account_exams.count() == 1


def test_only_the_initiator_hands_over(client: Client, assessment: Assessment, docent: User, colleague: User) -> None:
    with pytest.raises(DomainError):
        hand_over(assessment=assessment, to=docent, by=colleague)
    client.force_login(colleague)
    detail = reverse("assessments:detail", args=[assessment.public_id])
    assert "Overdragen aan een collega" not in client.get(detail).content.decode()
    assert "alleen diegene draagt die over" in client.get(page(assessment), follow=True).content.decode()


def test_second_click_is_refused(assessment: Assessment, docent: User, colleague: User, newcomer: User) -> None:
    hand_over(assessment=assessment, to=colleague, by=docent)
    with pytest.raises(DomainError):
        hand_over(assessment=assessment, to=newcomer, by=docent)
    assert OutgoingMail.objects.filter(kind="handed_over").count() == 1


def test_only_docents_of_the_school_can_take_it_over(
    client: Client,
    assessment: Assessment,
    docent: User,
    stranger: User,
    committee_member: User,
    school: School,
    colleague: User,
) -> None:
    gone = member(school, Role.DOCENT, is_active=False)
    MembershipFactory(user=assessment.student.user, school=school, role=Role.DOCENT)
    assert colleagues(assessment) == [colleague]
    client.force_login(docent)
    for user in (stranger, committee_member, gone, docent, assessment.student.user):
        assert "Kies een collega." in client.post(page(assessment), {"colleague": user.pk}).content.decode()
        with pytest.raises(DomainError):
            hand_over(assessment=assessment, to=user, by=docent)


def test_closed_assessment_is_not_handed_over(
    assessed: Assessment, docent: User, colleague: User, committee_member: User
) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    with pytest.raises(DomainError):
        hand_over(assessment=assessed, to=colleague, by=docent)
