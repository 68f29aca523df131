"""The committee sends an assessment back: ASSESSED → IN_PROGRESS, with a remark and a fresh link."""

import pytest

from assessments import lifecycle, links
from assessments.examiner import saving
from assessments.invitations import invite, send_back
from assessments.models import Event, Status
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import OutgoingMail
from tests.steps import assess, choose, fill_in, send_invitation


def back(assessment, *contacts, by, remark="Leg de G uit."):
    send_back.send_back(assessment=assessment, contacts=contacts, by=by, remark=remark)
    assessment.refresh_from_db()


def test_earlier_answers_can_be_changed(invitation, examiner, committee_member):
    assessment = assess(invitation, "G")
    back(assessment, examiner, by=committee_member)
    assert assessment.status == Status.IN_PROGRESS
    own = assessment.live_assignments
    assert {(a.justification, a.completed_at) for a in own} == {("Onderbouwing van Erik Examinator.", None)}
    assert fill_in(invitation, "G", "Nu uitgelegd.") == []
    saving.complete(invitation=invitation)
    assessment.refresh_from_db()
    assert assessment.status == Status.ASSESSED


def test_mail_has_the_remark_and_a_new_link(invitation, examiner, committee_member):
    old = links.token_for(invitation=invitation)
    back(assess(invitation), examiner, by=committee_member, remark="Klopt de score bij criterium 2?")
    mail = OutgoingMail.objects.order_by("pk").last()
    assert mail.to == "erik@bedrijf.test"
    assert "Klopt de score bij criterium 2?" in mail.text
    assert "Klopt de score bij criterium 2?" in mail.html
    with pytest.raises(links.NoAccess):
        links.open_token(old)
    assert links.resolve(mail.links["start"]["data"])


def test_log_has_the_remark_and_the_examiners(invitation, examiner, committee_member):
    back(assess(invitation), examiner, by=committee_member)
    event = invitation.assessment.events.last()
    assert (event.kind, event.actor) == (Event.Kind.SENT_BACK, committee_member)
    assert event.data == {"remark": "Leg de G uit.", "examiners": ["Erik Examinator"]}


def test_only_selected_examiners_get_it_back(assessment, examiner, second_examiner, committee_member):
    choose(assessment, examiner, second_examiner)
    invitations = [send_invitation(assessment, contact) for contact in (examiner, second_examiner)]
    for invitation in invitations:
        assess(invitation)
    back(assessment, second_examiner, by=committee_member)
    open_now = assessment.live_assignments.filter(completed_at=None)
    assert {a.contact for a in open_now} == {second_examiner}
    invitations[0].refresh_from_db()
    assert invitations[0].generation == 1


@pytest.mark.parametrize("remark", ["", " \n"])
def test_remark_is_required(remark, assessed, examiner, committee_member):
    with pytest.raises(lifecycle.DomainError, match="waarom"):
        back(assessed, examiner, by=committee_member, remark=remark)
    assessed.refresh_from_db()
    assert assessed.status == Status.ASSESSED


def test_examiner_is_required(assessed, committee_member):
    with pytest.raises(lifecycle.DomainError, match="Kies aan wie"):
        back(assessed, by=committee_member)


def test_uninvited_contact_is_refused_by_name(assessed, examiner, second_examiner, committee_member):
    with pytest.raises(lifecycle.DomainError, match="Tineke Tweede"):
        back(assessed, examiner, second_examiner, by=committee_member)
    assert not assessed.live_assignments.filter(completed_at=None).exists()


def test_withdrawn_examiner_cannot_get_it_back(assessment, examiner, second_examiner, docent, committee_member):
    choose(assessment, examiner, second_examiner)
    first, second = (send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    assess(first)
    assess(second)
    invite.withdraw(invitation=first, by=docent)
    with pytest.raises(lifecycle.DomainError, match="Erik Examinator"):
        back(assessment, examiner, by=committee_member)


def test_only_assessed_assessments_are_sent_back(invitation, examiner, committee_member):
    assessment = invitation.assessment
    with pytest.raises(lifecycle.TransitionRefused):
        back(assessment, examiner, by=committee_member)
    fill_in(invitation, "V")
    with pytest.raises(lifecycle.TransitionRefused):
        back(assessment, examiner, by=committee_member)
    saving.complete(invitation=invitation)
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    with pytest.raises(lifecycle.TransitionRefused):
        back(assessment, examiner, by=committee_member)


def test_second_member_is_refused(invitation, examiner, committee_member):
    assessment = assess(invitation)
    back(assessment, examiner, by=committee_member)
    mails = OutgoingMail.objects.count()
    with pytest.raises(lifecycle.TransitionRefused):
        back(assessment, examiner, by=committee_member)
    assert OutgoingMail.objects.count() == mails
