"""Subjects distinguish rounds, units and attempts, in the reader's language."""

from __future__ import annotations

import pytest

from accounts.models import School, User
from addressbook.models import Contact
from assessments import mails
from assessments.invitations.invite import invite
from assessments.models import Assessment, Invitation
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory

pytestmark = pytest.mark.usefixtures("at_noon")


def subjects(kind: str) -> list[str]:
    return list(OutgoingMail.objects.filter(kind=kind).order_by("pk").values_list("subject", flat=True))


def test_rounds_of_equal_size_have_different_subjects(
    school: School, unit: ExamUnit, docent: User, examiner: Contact, pass_time
) -> None:
    for _ in range(2):
        students = MembershipFactory.create_batch(2, school=school)
        group = [steps.start_assessment(student, unit, docent) for student in students]
        for one in group:
            steps.choose(one, examiner)
        invite(assessments=group, contacts=[examiner], by=docent, one_mail=True)
        mails.queue_reminders(students=[(one.invitations.get(), 4, 4) for one in group])
        pass_time(days=1)
    for kind in ("invitation_together", "reminder_together"):
        first, second = subjects(kind)
        assert first != second
        assert first.startswith(("Verzoek om 2 studenten te beoordelen (", "Herinnering: wilt u 2 studenten "))


@pytest.mark.parametrize("attempt", [1, 2])
def test_subject_names_the_resit_attempt(invitation: Invitation, committee_member: User, attempt: int) -> None:
    Assessment.objects.update(attempt=attempt)
    invitation = Invitation.objects.select_related("contact", "assessment").get()
    OutgoingMail.objects.all().delete()
    mails.queue_invitations(invitations=[invitation], by=invitation.assessment.initiator)
    mails.queue_reminder(invitation=invitation, open_parts=4, parts=4)
    mails.queue_sent_back(invitation=invitation, remark="Kijk nog eens.", by=committee_member)
    mails.queue_cancelled(invitation=invitation, by=committee_member)
    for subject in OutgoingMail.objects.values_list("subject", flat=True):
        assert "Anouk van 't Hoff" in subject
        assert subject.endswith("Verzorgende IG, B1 (poging 2)" if attempt == 2 else "Verzorgende IG, B1")
    mails.queue_final_to_student(assessments=[invitation.assessment], by=committee_member)
    [subject] = subjects("final_student")
    assert "Verzorgende IG, B1 is vastgesteld" in subject
    assert ("(poging 2)" in subject) is (attempt == 2)
