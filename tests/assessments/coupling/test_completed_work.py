"""From 'Beoordeeld' on only the committee can remove completed work, not the docent."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.coupling import batch, couplings
from assessments.examiner import saving
from assessments.invitations import invite, proposals
from assessments.invitations.replace import replace
from assessments.invitations.send_back import send_back
from assessments.models import Assessment, Assignment, Invitation, Proposal, Status
from exams.models import Part
from tests import steps
from tests.factories import ContactFactory

STAYS = "Tineke Tweede heeft al afgerond"


@pytest.fixture
def disagreeing(assessment: Assessment, examiner: Contact, second_examiner: Contact) -> Assessment:
    """ASSESSED: G by `examiner`, O by the strict `second_examiner`."""
    steps.choose(assessment, examiner, second_examiner)
    for contact, score in ((examiner, "G"), (second_examiner, "O")):
        steps.assess(steps.send_invitation(assessment, contact), score)
    assessment.refresh_from_db()
    return assessment


def choose_only(assessment: Assessment, *contacts: Contact, target: couplings.Target | None = None) -> None:
    """Choose these contacts only, as the teacher who confirms 'Toch weghalen'."""
    couplings.choose_examiners(
        assessment=assessment,
        target=target or couplings.Target(),
        contacts=contacts,
        by=assessment.initiator,
        remove_begun=True,
        replace_finer=True,
    )


def completed_by(contact: Contact) -> int:
    return Assignment.objects.live().filter(contact=contact, completed_at__isnull=False).count()


def test_completed_examiner_is_not_removed(
    disagreeing: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    with pytest.raises(couplings.CompletedWorkLocked, match=STAYS) as refused:
        choose_only(disagreeing, examiner)
    assert "terugsturen of zelf beslissen" in str(refused.value)
    assert completed_by(second_examiner) == 4
    assert disagreeing.couplings.filter(contact=second_examiner).exists()


def test_finer_choice_keeps_completed_work(
    disagreeing: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    part = Part.objects.filter(work_process__core_task__unit=disagreeing.unit).first()
    with pytest.raises(couplings.CompletedWorkLocked):
        choose_only(disagreeing, examiner, target=couplings.Target(part=part))
    assert completed_by(second_examiner) == 4


def test_reopened_assessment_keeps_completed_work(
    disagreeing: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    """A third examiner returns it to 'Wordt beoordeeld'; earlier work stays with the committee."""
    third = ContactFactory(school=disagreeing.school)
    steps.choose(disagreeing, examiner, second_examiner, third)
    assert disagreeing.status == Status.IN_PROGRESS
    with pytest.raises(couplings.CompletedWorkLocked, match=STAYS):
        choose_only(disagreeing, examiner, third)
    choose_only(disagreeing, examiner, second_examiner)  # the third has no work yet
    disagreeing.refresh_from_db()
    assert (disagreeing.status, completed_by(second_examiner)) == (Status.ASSESSED, 4)


def test_withdrawn_invitations_keep_completed_work(
    disagreeing: Assessment, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    for invitation in disagreeing.invitations.all():
        invite.withdraw(invitation=invitation, by=docent)
    disagreeing.refresh_from_db()
    assert disagreeing.status == Status.NEW
    with pytest.raises(couplings.CompletedWorkLocked):
        choose_only(disagreeing, examiner)
    assert completed_by(second_examiner) == 4


def test_completed_examiner_is_not_replaced(
    disagreeing: Assessment, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    own = list(disagreeing.assignments.filter(contact=second_examiner).values_list("pk", flat=True))
    for new in (examiner, ContactFactory(school=disagreeing.school)):
        with pytest.raises(couplings.CompletedWorkLocked):
            replace(assessment=disagreeing, old=second_examiner, new=new, by=docent, remove_begun=own)
    assert completed_by(second_examiner) == 4


def test_earlier_proposal_keeps_completed_work(
    disagreeing: Assessment, docent: User, committee_member: User, second_examiner: Contact
) -> None:
    send_back(assessment=disagreeing, contacts=[second_examiner], by=committee_member, remark="Kijk dit nog eens na.")
    returned_invitation = disagreeing.invitations.get(contact=second_examiner)
    greet = Proposal(first_name="Greet", last_name="Nieuw", email="greet@bedrijf.test")
    proposal = proposals.propose(invitation=returned_invitation, proposal=greet)
    saving.complete(invitation=returned_invitation)
    with pytest.raises(couplings.CompletedWorkLocked, match=STAYS):
        proposals.confirm(proposal=proposal, by=docent)
    assert completed_by(second_examiner) == 4
    assert not Contact.objects.filter(email="greet@bedrijf.test").exists()
    with pytest.raises(lifecycle.DomainError, match="al afgerond"):
        proposals.propose(invitation=returned_invitation, proposal=greet)


def test_batch_keeps_completed_work(disagreeing: Assessment, docent: User, examiner: Contact) -> None:
    confirmed = list(disagreeing.assignments.values_list("pk", flat=True))
    versions = {disagreeing.pk: disagreeing.version}
    outcome = batch.choose_for_all(
        assessments=[disagreeing], contacts=[examiner], versions=versions, by=docent, asked_about=confirmed
    )
    assert (outcome.done, outcome.to_ask) == ([], [])
    assert STAYS in outcome.refused[0]
    lines = batch.read_lines([disagreeing])
    assert batch.choose_each(lines=lines, contacts={disagreeing.pk: examiner}, versions=versions, by=docent) == []
    assert STAYS in lines[0].error
    assert not disagreeing.assignments.filter(removed_at__isnull=False).exists()


def test_withdrawn_result_keeps_completed_work(
    assessed: Assessment, committee_member: User, second_examiner: Contact
) -> None:
    lifecycle.make_final(assessed, by=committee_member, ovg="V", grade=6.5)  # type: ignore[arg-type]
    lifecycle.withdraw_final(assessment=assessed, by=committee_member, reason="Verwisseld.")
    with pytest.raises(couplings.CompletedWorkLocked):
        choose_only(assessed, second_examiner)


def test_docent_removes_completed_work_before_assessed(
    assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    steps.send_invitation(assessment, examiner)
    steps.assess(steps.send_invitation(assessment, second_examiner), "O")
    assert second_examiner in {a.contact for a in assessment.live_assignments}
    choose_only(assessment, examiner)
    assert completed_by(second_examiner) == 0


def test_docent_removes_work_sent_back(
    disagreeing: Assessment, committee_member: User, examiner: Contact, second_examiner: Contact
) -> None:
    send_back(assessment=disagreeing, contacts=[second_examiner], by=committee_member, remark="Kijk dit nog eens na.")
    with pytest.raises(couplings.CompletedWorkLocked, match="Erik Examinator heeft al afgerond"):
        choose_only(disagreeing, second_examiner)
    choose_only(disagreeing, examiner)
    disagreeing.refresh_from_db()
    assert (disagreeing.status, completed_by(second_examiner)) == (Status.ASSESSED, 0)


def test_work_completed_again_is_locked(
    disagreeing: Assessment, committee_member: User, examiner: Contact, second_examiner: Contact
) -> None:
    send_back(assessment=disagreeing, contacts=[second_examiner], by=committee_member, remark="Kijk dit nog eens na.")
    saving.complete(invitation=disagreeing.invitations.get(contact=second_examiner))
    with pytest.raises(couplings.CompletedWorkLocked):
        choose_only(disagreeing, examiner)


# --- Pages ----------------------------------------------------------------------------------------
@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


def test_picker_refers_to_the_committee(teacher: Client, disagreeing: Assessment, examiner: Contact) -> None:
    ticked = {"examinator": [examiner.pk], f"versie-{disagreeing.pk}": disagreeing.version}
    page = teacher.post(reverse("assessments:take_over", args=[disagreeing.public_id]), ticked).content.decode()
    assert STAYS in page
    assert "de examencommissie kan de beoordeling terugsturen of zelf beslissen" in page
    assert "Toch weghalen" not in page


def test_replacement_pages_warn_of_completed_work(
    teacher: Client, disagreeing: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    for name in ("assessments:pick_replacement", "assessments:replace"):
        address = reverse(name, args=[disagreeing.public_id, second_examiner.pk]) + f"?examinator={examiner.pk}"
        assert STAYS in teacher.get(address, follow=True).content.decode()


def test_only_open_parts_go_to_the_replacement(
    teacher: Client, invitation: Invitation, committee_member: User, second_examiner: Contact
) -> None:
    """Completed on its parts and assigned another part since."""
    assessment, examiner = invitation.assessment, invitation.contact
    parts = list(Part.objects.filter(work_process__core_task__unit=assessment.unit))
    steps.choose(assessment, second_examiner, part=parts[0])
    steps.assess(invitation)
    steps.assess(steps.send_invitation(assessment, second_examiner))
    steps.choose(assessment, examiner, second_examiner, part=parts[0])
    address = reverse("assessments:replace", args=[assessment.public_id, examiner.pk])
    new = ContactFactory(school=assessment.school)
    page = teacher.get(address, {"examinator": new.pk})
    text = page.content.decode()
    assert 'value="over"' not in text
    assert "blijft meetellen" in text
    sent = {"version": page.context["assessment"].version, "examinator": new.pk, "afgerond": "houden"}
    sent["vervalt"] = [column.assignment.pk for column in page.context["begun"]]
    teacher.post(address, sent)
    assert completed_by(examiner) == 3
    assert Assignment.objects.live().get(contact=new).part == parts[0]


def test_removing_begun_work_mentions_the_committee(
    teacher: Client, invitation: Invitation, second_examiner: Contact
) -> None:
    steps.fill_in(invitation, "O")
    sees = "De examencommissie ziet"
    assessment = invitation.assessment
    ticked = {"examinator": [second_examiner.pk], f"versie-{assessment.pk}": assessment.version}
    assert sees in teacher.post(reverse("assessments:take_over", args=[assessment.public_id]), ticked).content.decode()
    address = reverse("assessments:replace", args=[assessment.public_id, invitation.contact_id])
    assert sees in teacher.get(address, {"examinator": second_examiner.pk}).content.decode()
