"""The warnings before a result becomes final."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import School, User
from addressbook.models import Contact
from assessments.examiner import saving
from assessments.models import Assessment, Assignment, Invitation
from committee.review.review import read, warnings
from exams.models import Exam
from tests import steps

BOX = "\U0010fffd"  # of a private use plane


def warning_texts(assessment: Assessment, by: User) -> list[str]:
    return list(warnings(read(assessment), by=by))


def test_usual_assessment_gives_no_warning(member: Client, assessed: Assessment, committee_member: User) -> None:
    """One examiner who assessed everything is the usual case; the page names the examiner."""
    assert warning_texts(assessed, committee_member) == []
    page = member.get(reverse("committee:afname", args=[assessed.public_id])).content.decode()
    assert "Let op" not in page
    assert "Erik Examinator" in page


def test_two_agreeing_examiners_give_no_warning(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, committee_member: User
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    for contact in (examiner, second_examiner):
        steps.assess(steps.send_invitation(assessment, contact))
    assessment.refresh_from_db()
    assert warning_texts(assessment, committee_member) == []


@pytest.mark.parametrize(("text", "words"), [("Gaat wel goed.", "3 woorden"), ("Prima!", "1 woord")])
def test_short_required_justification(invitation: Invitation, committee_member: User, text: str, words: str) -> None:
    steps.fill_in(invitation, "G", text)
    saving.complete(invitation=invitation)
    invitation.assessment.refresh_from_db()
    expected = warning_texts(invitation.assessment, committee_member)
    assert f"B1-K1-W1 Gedragsobservatie: de onderbouwing van Erik Examinator telt {words}." in expected
    assert len(expected) == 4


@pytest.mark.parametrize(
    ("place", "put"),
    [
        ("de naam van de student", lambda a: User.objects.filter(memberships=a.student).update(last_name=BOX)),
        ("de naam van de initiator", lambda a: User.objects.filter(pk=a.initiator_id).update(last_name=BOX)),
        ("de naam van de school", lambda a: School.objects.update(name=BOX)),
        ("de plaats van de afname", lambda a: Assessment.objects.update(place=BOX)),
        ("de gegevens van Erik Examinator", lambda a: Invitation.objects.update(signed_organisation=BOX)),
        ("de inhoud van het examen", lambda a: Exam.objects.update(title=BOX)),
        (
            "B1-K1-W1 Gedragsobservatie: de onderbouwing van Erik Examinator",
            lambda a: Assignment.objects.filter(pk=a.live_assignments.first().pk).update(justification=BOX),
        ),
    ],
)
def test_unprintable_character_is_named_with_its_place(
    member: Client, assessed: Assessment, committee_member: User, place: str, put: Callable[[Assessment], object]
) -> None:
    put(assessed)
    assessed = Assessment.objects.for_pages().get(pk=assessed.pk)
    expected = f"De pdf kan ‘{BOX}’ (U+10FFFD) niet tonen en zet daar ‘\ufffd’; zie {place}."
    assert [line for line in warning_texts(assessed, committee_member) if "pdf" in line] == [expected]
    assert expected in member.get(reverse("committee:finalise", args=[assessed.public_id])).content.decode()


def test_printable_letters_and_emoji_give_no_warning(assessed: Assessment, committee_member: User) -> None:
    User.objects.filter(memberships=assessed.student).update(first_name="René 王小明 🎉", last_name="Ğ أحمد ተስፋይ")
    assessed = Assessment.objects.for_pages().get(pk=assessed.pk)
    assert not any("pdf" in line for line in warning_texts(assessed, committee_member))


def test_four_words_are_enough_and_v_needs_no_text(invitation: Invitation, committee_member: User) -> None:
    steps.fill_in(invitation, "G", "Dit ging heel goed.")
    saving.complete(invitation=invitation)
    invitation.assessment.refresh_from_db()
    assert warning_texts(invitation.assessment, committee_member) == []


def test_initiator_or_member_as_examiner(
    assessment: Assessment, docent: User, examiner: Contact, committee_member: User
) -> None:
    own = assessment.school.contacts.get(user=docent)
    Contact.objects.filter(pk=examiner.pk).update(email="commissie@hier.test")
    steps.choose(assessment, own, examiner)
    for contact in (own, Contact.objects.get(pk=examiner.pk)):
        steps.assess(steps.send_invitation(assessment, contact))
    assessment.refresh_from_db()
    assert warning_texts(assessment, committee_member) == [
        "De initiator, Dirk Docent, heeft zelf ook beoordeeld.",
        "U hebt zelf ook beoordeeld.",
    ]
    assert "U hebt deze beoordeling zelf gestart." in warning_texts(assessment, docent)
