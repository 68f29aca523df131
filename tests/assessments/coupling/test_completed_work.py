"""From 'Beoordeeld' on the docent takes nobody's completed work away: that is the committee's by then."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.coupling import batch, copy, couplings
from assessments.examiner import saving
from assessments.invitations import invite, proposals
from assessments.invitations.replace import replace
from assessments.invitations.send_back import send_back
from assessments.models import Assessment, Assignment, Invitation, Proposal, Status
from exams.models import ExamUnit, Part
from tests import steps
from tests.factories import ContactFactory, MembershipFactory

STAYS = "Tineke Tweede heeft al afgerond"


@pytest.fixture
def differ(assessment: Assessment, examiner: Contact, second_examiner: Contact) -> Assessment:
    """ASSESSED: G by `examiner`, O by the strict `second_examiner`."""
    steps.choose(assessment, examiner, second_examiner)
    for contact, score in ((examiner, "G"), (second_examiner, "O")):
        steps.assess(steps.send_invitation(assessment, contact), score)
    assessment.refresh_from_db()
    return assessment


def only(assessment: Assessment, *contacts: Contact, target: couplings.Target | None = None) -> None:
    """The teacher chooses these alone, and says 'Toch weghalen' of whoever loses work."""
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


def test_the_strict_one_is_not_chosen_away(differ: Assessment, examiner: Contact, second_examiner: Contact) -> None:
    with pytest.raises(couplings.CompletedWorkLocked, match=STAYS) as refused:
        only(differ, examiner)
    assert "terugsturen of zelf beslissen" in str(refused.value)
    assert completed_by(second_examiner) == 4
    assert differ.couplings.filter(contact=second_examiner).exists()


def test_nor_by_a_finer_choice(differ: Assessment, examiner: Contact, second_examiner: Contact) -> None:
    part = Part.objects.filter(work_process__core_task__unit=differ.unit).first()
    with pytest.raises(couplings.CompletedWorkLocked):
        only(differ, examiner, target=couplings.Target(part=part))
    assert completed_by(second_examiner) == 4


def test_nor_by_another_examiner_who_opens_the_assessment_again(
    differ: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    """With a third it is 'Wordt beoordeeld' once more; what was there before it stays the committee's."""
    third = ContactFactory(school=differ.school)
    steps.choose(differ, examiner, second_examiner, third)
    assert differ.status == Status.IN_PROGRESS
    with pytest.raises(couplings.CompletedWorkLocked, match=STAYS):
        only(differ, examiner, third)
    only(differ, examiner, second_examiner)  # the third began nothing
    differ.refresh_from_db()
    assert (differ.status, completed_by(second_examiner)) == (Status.ASSESSED, 4)


def test_nor_after_all_invitations_were_withdrawn(
    differ: Assessment, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    for invitation in differ.invitations.all():
        invite.withdraw(invitation=invitation, by=docent)
    differ.refresh_from_db()
    assert differ.status == Status.NEW
    with pytest.raises(couplings.CompletedWorkLocked):
        only(differ, examiner)
    assert completed_by(second_examiner) == 4


def test_nor_by_someone_in_their_place(
    differ: Assessment, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    own = list(differ.assignments.filter(contact=second_examiner).values_list("pk", flat=True))
    for new in (examiner, ContactFactory(school=differ.school)):
        with pytest.raises(couplings.CompletedWorkLocked):
            replace(assessment=differ, old=second_examiner, new=new, by=docent, remove_begun=own)
    assert completed_by(second_examiner) == 4


def test_nor_by_a_colleague_who_was_proposed_before(
    differ: Assessment, docent: User, committee_member: User, second_examiner: Contact
) -> None:
    send_back(assessment=differ, contacts=[second_examiner], by=committee_member, remark="Kijk dit nog eens na.")
    asked = differ.invitations.get(contact=second_examiner)
    greet = Proposal(first_name="Greet", last_name="Nieuw", email="greet@bedrijf.test")
    proposal = proposals.propose(invitation=asked, proposal=greet)
    saving.complete(invitation=asked)
    with pytest.raises(couplings.CompletedWorkLocked, match=STAYS):
        proposals.confirm(proposal=proposal, by=docent)
    assert completed_by(second_examiner) == 4
    assert not Contact.objects.filter(email="greet@bedrijf.test").exists()
    with pytest.raises(lifecycle.DomainError, match="al afgerond"):
        proposals.propose(invitation=asked, proposal=greet)


def test_nor_with_the_choices_of_other_students(
    differ: Assessment, docent: User, unit: ExamUnit, examiner: Contact, second_examiner: Contact
) -> None:
    other = steps.start_assessment(MembershipFactory(school=differ.school), unit, docent)
    steps.choose(other, examiner)
    confirmed = list(differ.assignments.values_list("pk", flat=True))
    versions = {differ.pk: differ.version}
    for outcome in (
        copy.apply_to_all(
            source=other,
            version=other.version,
            assessments=[differ],
            versions=versions,
            by=docent,
            asked_about=confirmed,
        ),
        batch.choose_for_all(
            assessments=[differ], contacts=[examiner], versions=versions, by=docent, asked_about=confirmed
        ),
    ):
        assert (outcome.done, outcome.to_ask) == ([], [])
        assert STAYS in outcome.refused[0]
    lines = batch.read_lines([differ])
    assert batch.choose_each(lines=lines, contacts={differ.pk: examiner}, versions=versions, by=docent) == []
    assert STAYS in lines[0].error
    assert completed_by(second_examiner) == 4


def test_nor_when_a_final_result_was_withdrawn(
    assessed: Assessment, committee_member: User, second_examiner: Contact
) -> None:
    lifecycle.make_final(assessed, by=committee_member, ovg="V", grade=6.5)  # type: ignore[arg-type]
    lifecycle.withdraw_final(assessment=assessed, by=committee_member, reason="Verwisseld.")
    with pytest.raises(couplings.CompletedWorkLocked):
        only(assessed, second_examiner)


def test_before_all_is_assessed_the_coupling_is_the_docent_s(
    assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    steps.send_invitation(assessment, examiner)
    steps.assess(steps.send_invitation(assessment, second_examiner), "O")
    assert second_examiner in {a.contact for a in assessment.live_assignments}
    only(assessment, examiner)
    assert completed_by(second_examiner) == 0


def test_what_the_committee_sent_back_is_open_to_the_docent_too(
    differ: Assessment, committee_member: User, examiner: Contact, second_examiner: Contact
) -> None:
    send_back(assessment=differ, contacts=[second_examiner], by=committee_member, remark="Kijk dit nog eens na.")
    with pytest.raises(couplings.CompletedWorkLocked, match="Erik Examinator heeft al afgerond"):
        only(differ, second_examiner)
    only(differ, examiner)
    differ.refresh_from_db()
    assert (differ.status, completed_by(second_examiner)) == (Status.ASSESSED, 0)


def test_what_was_completed_since_is_not(
    differ: Assessment, committee_member: User, examiner: Contact, second_examiner: Contact
) -> None:
    send_back(assessment=differ, contacts=[second_examiner], by=committee_member, remark="Kijk dit nog eens na.")
    saving.complete(invitation=differ.invitations.get(contact=second_examiner))
    with pytest.raises(couplings.CompletedWorkLocked):
        only(differ, examiner)


# --- What the teacher reads -----------------------------------------------------------------------
@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


def test_the_picker_says_who_can_help(teacher: Client, differ: Assessment, examiner: Contact) -> None:
    ticked = {"examinator": [examiner.pk], "version": differ.version}
    page = teacher.post(reverse("assessments:take_over", args=[differ.public_id]), ticked).content.decode()
    assert STAYS in page
    assert "de examencommissie kan de beoordeling terugsturen of zelf beslissen" in page
    assert "Toch weghalen" not in page


def test_replacing_says_so_before_one_chooses(
    teacher: Client, differ: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    for name in ("assessments:pick_replacement", "assessments:replace"):
        address = reverse(name, args=[differ.public_id, second_examiner.pk]) + f"?examinator={examiner.pk}"
        assert STAYS in teacher.get(address, follow=True).content.decode()


def test_of_who_has_more_to_do_only_that_can_go_to_another(
    teacher: Client, invitation: Invitation, committee_member: User, second_examiner: Contact
) -> None:
    """Completed and assessed on one part, and chosen for another since."""
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


def test_who_takes_off_what_was_begun_reads_that_the_committee_sees_it(
    teacher: Client, invitation: Invitation, second_examiner: Contact
) -> None:
    steps.fill_in(invitation, "O")
    sees = "De examencommissie ziet"
    assessment = invitation.assessment
    ticked = {"examinator": [second_examiner.pk], "version": assessment.version}
    assert sees in teacher.post(reverse("assessments:take_over", args=[assessment.public_id]), ticked).content.decode()
    address = reverse("assessments:replace", args=[assessment.public_id, invitation.contact_id])
    assert sees in teacher.get(address, {"examinator": second_examiner.pk}).content.decode()
