"""The student of an assessment is never its examiner."""

from __future__ import annotations

import pytest

from accounts.models import Membership, School, User
from addressbook.correct import correct, fingerprint
from addressbook.models import Contact
from assessments import lifecycle
from assessments.coupling import batch
from assessments.invitations import invite, proposals
from assessments.invitations.replace import replace
from assessments.models import Assessment, Coupling, Event, Invitation, Proposal
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.factories import ContactFactory, MembershipFactory

REFUSED = "is de student zelf"


@pytest.fixture(params=["address", "account"])
def self_contact(request: pytest.FixtureRequest, school: School, student: Membership) -> Contact:
    """The student as a contact: by the same address, or by the same account (a trainer elsewhere)."""
    if request.param == "address":
        return ContactFactory(school=school, email=student.user.email.upper())
    return ContactFactory(school=school, user=student.user, email="anouk@bijbaan.test")


def test_student_cannot_be_chosen(assessment: Assessment, self_contact: Contact, examiner: Contact) -> None:
    part = assessment.unit.core_tasks.get().work_processes.all()[0].parts.all()[0]
    with pytest.raises(lifecycle.DomainError, match=REFUSED):
        steps.choose(assessment, examiner, self_contact)
    with pytest.raises(lifecycle.DomainError, match=REFUSED):
        steps.choose(assessment, self_contact, part=part)
    assert not Coupling.objects.exists()


def test_student_cannot_replace_an_examiner(invitation: Invitation, self_contact: Contact, docent: User) -> None:
    with pytest.raises(lifecycle.DomainError, match=REFUSED):
        replace(assessment=invitation.assessment, old=invitation.contact, new=self_contact, by=docent)
    assert invitation.assessment.couplings.get().contact == invitation.contact
    assert OutgoingMail.objects.count() == 1


def test_batch_skips_the_student_among_the_examiners(
    assessment: Assessment, self_contact: Contact, docent: User, unit: ExamUnit, school: School
) -> None:
    other = steps.start_assessment(MembershipFactory(school=school), unit, docent)
    outcome = batch.choose_for_all(assessments=[assessment, other], contacts=[self_contact], by=docent)
    assert outcome.done == [other]  # allowed for another student
    assert not assessment.couplings.exists()


def test_contact_with_the_student_address_gets_no_invitation(
    assessment: Assessment, examiner: Contact, student: Membership
) -> None:
    steps.choose(assessment, examiner)
    Contact.objects.filter(pk=examiner.pk).update(email=student.user.email)
    with pytest.raises(lifecycle.DomainError, match=REFUSED):
        steps.send_invitation(assessment, examiner)
    assert not OutgoingMail.objects.exists()


def test_correction_to_the_student_address_withdraws_the_invitation(
    invitation: Invitation, student: Membership, docent: User
) -> None:
    examiner = invitation.contact
    opened = fingerprint(examiner, ["email"])
    assert correct(contact=examiner, values={"email": student.user.email}, opened=opened, by=docent) == 0
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is not None
    assert OutgoingMail.objects.count() == 1
    event = invitation.assessment.events.latest("pk")
    assert (event.kind, "van de student zelf" in event.data["reason"]) == (Event.Kind.WITHDRAWN, True)


def test_student_address_is_not_invited_again(invitation: Invitation, student: Membership, docent: User) -> None:
    Contact.objects.filter(pk=invitation.contact_id).update(email=student.user.email)
    with pytest.raises(lifecycle.DomainError, match=REFUSED):
        invite.invite_again(invitation=invitation, by=docent)


def test_proposal_of_the_student_address_is_not_confirmed(
    invitation: Invitation, student: Membership, docent: User
) -> None:
    proposed = Proposal(first_name="Greet", last_name="Nieuw", email="greet@bedrijf.test")
    proposal = proposals.propose(invitation=invitation, proposal=proposed)
    student.user.email = "greet@bedrijf.test"
    student.user.save()
    with pytest.raises(lifecycle.DomainError, match=REFUSED):
        proposals.confirm(proposal=proposal, by=docent)
    assert not Contact.objects.filter(email="greet@bedrijf.test").exists()
