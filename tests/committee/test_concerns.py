"""What a member is asked to look at before a result becomes final."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from addressbook.models import Contact
from assessments import form
from assessments.models import Assessment, Invitation
from committee.concerns import concerns
from committee.reading import read
from tests import steps


def found(assessment: Assessment, by: User) -> list[str]:
    return list(concerns(read(assessment).rubric, by=by))


def test_one_examiner_on_everything(member: Client, assessed: Assessment, committee_member: User) -> None:
    said = ["Eén examinator heeft alles beoordeeld: Erik Examinator."]
    assert found(assessed, committee_member) == said
    page = member.get(reverse("committee:finalise", args=[assessed.public_id])).content.decode()
    assert said[0] in page


def test_two_who_agree_are_no_concern(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, committee_member: User
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    for contact in (examiner, second_examiner):
        steps.assess(steps.send_invitation(assessment, contact))
    assessment.refresh_from_db()
    assert found(assessment, committee_member) == []


@pytest.mark.parametrize(("text", "words"), [("Gaat wel goed.", "3 woorden"), ("Prima!", "1 woord")])
def test_a_required_justification_that_says_nothing(
    invitation: Invitation, committee_member: User, text: str, words: str
) -> None:
    steps.fill_in(invitation, "G", text)
    form.complete(invitation=invitation)
    invitation.assessment.refresh_from_db()
    said = found(invitation.assessment, committee_member)
    assert f"B1-K1-W1 Gedragsobservatie: de onderbouwing van Erik Examinator telt {words}." in said
    assert len(said) == 5


def test_four_words_are_enough_and_none_is_required_of_a_v(invitation: Invitation, committee_member: User) -> None:
    steps.fill_in(invitation, "G", "Dit ging heel goed.")
    form.complete(invitation=invitation)
    invitation.assessment.refresh_from_db()
    assert len(found(invitation.assessment, committee_member)) == 1


def test_the_initiator_and_the_member_who_examined_too(
    assessment: Assessment, docent: User, examiner: Contact, committee_member: User
) -> None:
    own = assessment.school.contacts.get(user=docent)
    Contact.objects.filter(pk=examiner.pk).update(email="commissie@hier.test")
    steps.choose(assessment, own, examiner)
    for contact in (own, Contact.objects.get(pk=examiner.pk)):
        steps.assess(steps.send_invitation(assessment, contact))
    assessment.refresh_from_db()
    assert found(assessment, committee_member) == [
        "De initiator, Dirk Docent, heeft zelf ook beoordeeld.",
        "U hebt zelf ook beoordeeld.",
    ]
    assert "U hebt deze beoordeling zelf gestart." in found(assessment, docent)
