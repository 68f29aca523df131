"""A Docent who is the student too cannot handle the own assessment and reads it as a student.

`tests/committee/decisions/test_own_assessment.py` covers a student in the committee.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import Membership, Role, School, User
from addressbook.models import Contact
from assessments import access, lifecycle, links
from assessments.coupling import batch, couplings
from assessments.invitations import invite, proposals, reminders
from assessments.invitations.replace import replace
from assessments.models import Assessment, Coupling, Event, Invitation, Proposal
from assessments.progress import listing
from assessments.start import selection, start
from committee.review.review import read, warnings
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import Attachment
from digibeoordelen.outbox.storage import keep
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory
from tests.pages import missed_the_view

OWN = "uw eigen beoordeling"
PATTERNS = [
    pattern
    for resolver in get_resolver().url_patterns
    if getattr(resolver, "app_name", "") == "assessments"
    for pattern in resolver.url_patterns
    if isinstance(pattern, URLPattern)
]


def below(*beginnings: str) -> list[URLPattern]:
    return [pattern for pattern in PATTERNS if str(pattern.pattern).startswith(beginnings)]


OF_ONE = below("beoordelingen/<uuid:public_id>/", "uitnodigingen/<uuid:public_id>/", "voorstellen/<uuid:public_id>/")


@pytest.fixture
def student(student: Membership, school: School) -> Membership:
    """A student who is Docent at the same school, with the exam on the account."""
    MembershipFactory(user=student.user, school=school, role=Role.DOCENT)
    return student


@pytest.fixture
def own(client: Client, student: Membership) -> Client:
    client.force_login(student.user)
    return client


@pytest.fixture
def of_another(unit: ExamUnit, docent: User, school: School) -> Assessment:
    bart = MembershipFactory(school=school, user__first_name="Bart", user__last_name="Hoffman", student_number="777001")
    return steps.start_assessment(bart, unit, docent)


@pytest.fixture
def proposal(invitation: Invitation) -> Proposal:
    greet = Proposal(first_name="Greet", last_name="Nieuw", email="greet@bedrijf.test")
    return proposals.propose(invitation=invitation, proposal=greet)


# --- Every page ----------------------------------------------------------------------------------
def test_every_assessment_page_is_covered() -> None:
    assert {"detail", "take_over", "replace", "sent_attachment", "confirm_proposal"} < {p.name for p in OF_ONE}
    assert len(OF_ONE) >= 20


def test_own_assessment_pages_are_not_found(own: Client, assessment: Assessment, examiner: Contact) -> None:
    steps.choose(assessment, examiner)
    note = Attachment(filename="pv.pdf", content_type="application/pdf", file=keep(b"%PDF-1.7"))
    [sent_invitation] = steps.invite_for_one(
        assessment, contacts=[examiner], by=assessment.initiator, attachments=[note]
    )
    colleague_proposal = proposals.propose(
        invitation=sent_invitation, proposal=Proposal(first_name="Greet", last_name="Nieuw", email="greet@bedrijf.test")
    )
    owners = {"beoordelingen": assessment, "uitnodigingen": sent_invitation, "voorstellen": colleague_proposal}
    for pattern in OF_ONE:
        named = {
            "public_id": owners[str(pattern.pattern).partition("/")[0]].public_id,
            "contact_id": examiner.pk,
            "attachment_id": sent_invitation.attachments.get().pk,
        }
        url_kwargs = {name: named[name] for name in pattern.pattern.converters}
        address = reverse(f"assessments:{pattern.name}", kwargs=url_kwargs)
        for method in ("get", "post"):
            answer = getattr(own, method)(address)
            assert answer.status_code == 404 or missed_the_view(answer, address, method), (method, address)


def test_own_assessment_is_left_out_of_a_selection(
    own: Client, assessment: Assessment, of_another: Assessment, student: Membership
) -> None:
    both = {"beoordeling": [assessment.public_id, of_another.public_id]}
    assert own.post(reverse("assessments:select"), both).status_code == 404
    page = own.get(steps.flow_url("examiners", [of_another, assessment], by=student.user))
    assert page.context["assessments"] == [of_another]


def test_own_scores_are_hidden_before_definitief(own: Client, assessed: Assessment, student: Membership) -> None:
    assert own.get(reverse("assessments:detail", args=[assessed.public_id])).status_code == 404
    assert not Assessment.objects.for_docent(student.user).exists()
    assert list(Assessment.objects.visible_to(student.user)) == [assessed]
    assert "Beoordeeld" in own.get(reverse("assessments:my_exams")).content.decode()


def test_own_assessment_is_in_no_list(
    own: Client, invitation: Invitation, of_another: Assessment, student: Membership, unit: ExamUnit
) -> None:
    page = own.get(reverse("assessments:unit_list", args=[unit.pk])).content.decode()
    assert str(of_another.public_id) in page
    assert str(invitation.assessment.public_id) not in page
    assert list(access.of_unit(user=student.user, unit=unit)) == [of_another]
    Assessment.objects.update(initiator=student.user)
    assert list(listing.own_running(student.user)) == [of_another]


# --- Starting ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("query", ["hoff", "anouk", "123456", "anouk@hier.test"])
def test_own_student_is_not_offered(student: Membership, of_another: Assessment, query: str) -> None:
    queryset = start.find_students(by=student.user, query=query)
    assert student not in queryset
    assert (of_another.student in queryset) == (query == "hoff")


def test_colleague_finds_the_student(docent: User, student: Membership) -> None:
    assert start.find_students(by=docent, query="hoff") == [student]


def test_pasted_list_excludes_own_number(
    student: Membership, of_another: Assessment, unit: ExamUnit, docent: User
) -> None:
    assert not selection.read_list(text="123456 anouk@hier.test", by=student.user, unit=unit).students
    assert list(selection.read_list(text="123456", by=docent, unit=unit).students) == [student]


def test_own_assessment_page_cannot_be_started(own: Client, student: Membership, unit: ExamUnit) -> None:
    address = reverse("assessments:choose_student", args=[unit.pk])
    for field in ({"erbij": student.pk}, {"q": student.student_number}):
        own.post(address, {**field, "verder": "1"}, follow=True)
        assert not Assessment.objects.filter(student=student).exists()


# --- Domain functions ------------------------------------------------------------------------------
def refused(step: Callable[[], object]) -> None:
    with pytest.raises(lifecycle.DomainError, match=OWN):
        step()


def test_starting_own_assessment_is_refused(student: Membership, of_another: Assessment, unit: ExamUnit) -> None:
    refused(lambda: start.start(unit=unit, student=student, by=student.user))
    refused(lambda: start.start_batch(unit=unit, students=[student], by=student.user))
    assert Assessment.objects.get() == of_another


def test_choosing_own_examiner_is_refused(
    student: Membership, assessment: Assessment, of_another: Assessment, examiner: Contact
) -> None:
    by = student.user
    steps.choose(of_another, examiner)
    refused(
        lambda: couplings.choose_examiners(assessment=assessment, target=couplings.Target(), contacts=[examiner], by=by)
    )
    outcome = batch.choose_for_all(assessments=[assessment], contacts=[examiner], by=by)
    assert OWN in outcome.refused[0]
    assert Coupling.objects.get().assessment == of_another
    refused(lambda: start.undo_start(assessment=assessment, by=by))


def test_inviting_and_later_steps_are_refused(
    student: Membership, invitation: Invitation, second_examiner: Contact, proposal: Proposal
) -> None:
    by, assessment = student.user, invitation.assessment
    steps.choose(assessment, invitation.contact, second_examiner)
    mails, version = OutgoingMail.objects.count(), assessment.version
    for step in (
        lambda: steps.invite_for_one(assessment, contacts=[second_examiner], by=by),
        lambda: invite.invite_again(invitation=invitation, by=by),
        lambda: invite.withdraw(invitation=invitation, by=by),
        lambda: reminders.remind(invitation=invitation, by=by),
        lambda: replace(assessment=assessment, old=invitation.contact, new=second_examiner, by=by),
        lambda: proposals.confirm(proposal=proposal, by=by),
        lambda: proposals.decline(proposal=proposal, by=by),
    ):
        refused(step)
    assessment.refresh_from_db()
    assert (OutgoingMail.objects.count(), assessment.version) == (mails, version)
    assert Proposal.objects.open().get() == proposal
    assert not Event.objects.filter(actor=by).exists()


def test_assessment_of_another_student_is_allowed(own: Client, of_another: Assessment, examiner: Contact) -> None:
    assert own.get(reverse("assessments:detail", args=[of_another.public_id])).status_code == 200
    ticked = {"examinator": [examiner.pk], f"versie-{of_another.pk}": of_another.version}
    own.post(reverse("assessments:take_over", args=[of_another.public_id]), ticked)
    assert of_another.couplings.get().contact == examiner


# --- Existing assessments ----------------------------------------------------------------------------
def test_student_as_initiator_is_a_warning(assessed: Assessment, student: Membership, committee_member: User) -> None:
    warning = "De initiator is de student zelf: Anouk van 't Hoff."
    assert warning not in warnings(read(assessed), by=committee_member)
    Assessment.objects.filter(pk=assessed.pk).update(initiator=student.user)
    queryset = Assessment.objects.for_pages().get(pk=assessed.pk)
    assert warning in warnings(read(queryset), by=committee_member)


@pytest.mark.parametrize("how", ["address", "account"])
def test_student_as_examiner_is_a_warning(
    assessed: Assessment, student: Membership, examiner: Contact, committee_member: User, how: str
) -> None:
    student.user.contacts.all().delete()
    same = {"email": student.user.email} if how == "address" else {"user": student.user}
    Contact.objects.filter(pk=examiner.pk).update(**same)
    warning = list(warnings(read(Assessment.objects.for_pages().get(pk=assessed.pk)), by=committee_member))
    assert "Een examinator is de student zelf: Erik Examinator." in warning


@pytest.mark.parametrize("how", ["address", "account"])
def test_link_of_the_student_address_is_refused(
    invitation: Invitation, student: Membership, examiner: Contact, how: str
) -> None:
    token = links.token_for(invitation=invitation)
    assert links.open_token(token) == invitation
    student.user.contacts.all().delete()
    same = {"email": student.user.email} if how == "address" else {"user": student.user}
    Contact.objects.filter(pk=examiner.pk).update(**same)
    with pytest.raises(links.NoAccess) as no_access:
        links.open_token(token)
    assert (no_access.value.reason, no_access.value.renewable) == ("withdrawn", False)
    with pytest.raises(lifecycle.DomainError, match="is de student zelf"):
        invite.request_new_link(invitation=invitation)
