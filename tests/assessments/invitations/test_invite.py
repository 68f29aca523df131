"""Inviting, inviting again, withdrawing, and the new link that an examiner asks for (source text, part A)."""

from datetime import timedelta

import pytest
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.models import User
from assessments import lifecycle, links
from assessments.coupling import couplings
from assessments.invitations import invite
from assessments.models import Assessment, Event, Status
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import Attachment
from digibeoordelen.outbox.storage import keep
from tests.factories import ContactFactory
from tests.steps import assess, choose, fill_in, invite_for_one, send_invitation


def mails():
    return list(OutgoingMail.objects.order_by("pk"))


def test_invitable_examiners_have_parts_and_no_active_invitation(assessment, examiner, second_examiner):
    assert couplings.invitable(assessment) == []
    choose(assessment, examiner, second_examiner)
    assert couplings.invitable(assessment) == [examiner, second_examiner]
    send_invitation(assessment, examiner)
    assert couplings.invitable(assessment) == [second_examiner]


def test_each_examiner_gets_a_mail_with_the_remark(assessment, docent, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    invite_for_one(assessment, contacts=[examiner, second_examiner], by=docent, remark="Neem de <map> mee.")
    assert [mail.to for mail in mails()] == ["erik@bedrijf.test", "tineke@bedrijf.test"]
    for mail in mails():
        assert "Neem de <map> mee." in mail.text
        assert "Neem de &lt;map&gt; mee." in mail.html
        assert "Anouk van 't Hoff" in mail.text
        assert mail.reply_to == "docent@hier.test"
    assessment.refresh_from_db()
    assert assessment.status == Status.INVITED
    assert assessment.events.last().data["examiners"] == ["Erik Examinator", "Tineke Tweede"]


def test_link_is_not_stored(invitation):
    [mail] = mails()
    token = links.token_for(invitation=invitation)
    assert token not in mail.text + mail.html + str(mail.links)
    assert mail.links["start"]["data"] == {"invitation": invitation.pk, "generation": 1}


def test_attachments_are_sent_and_kept_with_the_invitation(assessment, docent, examiner):
    choose(assessment, examiner)
    report = Attachment(filename="proces-verbaal.pdf", content_type="application/pdf", file=keep(b"%PDF-1.7"))
    [invitation] = invite_for_one(assessment, contacts=[examiner], by=docent, attachments=[report])
    assert [(a.filename, a.file.read()) for a in invitation.attachments.all()] == [("proces-verbaal.pdf", b"%PDF-1.7")]
    assert [a.filename for a in mails()[0].attachments.all()] == ["proces-verbaal.pdf"]


def test_link_is_valid_for_the_term_of_the_school(assessment, examiner):
    assessment.school.link_days = 14
    assessment.school.save()
    choose(assessment, examiner)
    invitation = send_invitation(assessment, examiner)
    assert invitation.expires_at - invitation.invited_at == timedelta(days=14)


def test_double_submit_mails_once(invitation, docent):
    assert invite_for_one(invitation.assessment, contacts=[invitation.contact], by=docent) == []
    assert len(mails()) == 1


def test_only_contacts_with_parts_are_invited(assessment, examiner, second_examiner, other_school, docent):
    choose(assessment, examiner)
    stranger = ContactFactory(school=other_school)
    [invitation] = invite_for_one(assessment, contacts=[examiner, second_examiner, stranger], by=docent)
    assert (invitation.contact, assessment.invitations.get()) == (examiner, invitation)
    assert [mail.to for mail in mails()] == [examiner.email]


def test_stale_version_is_refused(assessment, examiner, docent):
    opened = assessment.version
    choose(assessment, examiner)
    with pytest.raises(lifecycle.DomainError, match="Iemand anders"):
        invite_for_one(assessment, contacts=[examiner], by=docent, version=opened)


# --- Inviting again and withdrawing --------------------------------------------------------------
def test_inviting_again_voids_the_old_link(invitation, docent, pass_time):
    old = links.token_for(invitation=invitation)
    pass_time(days=10)
    invite.invite_again(invitation=invitation, by=docent)
    invitation.refresh_from_db()
    assert invitation.generation == 2
    assert invitation.expires_at - timezone.now() > timedelta(days=59)
    assert len(mails()) == 2
    with pytest.raises(links.NoAccess) as refused:
        links.open_token(old)
    assert refused.value.reason == "void"
    assert links.open_token(links.token_for(invitation=invitation)) == invitation


def test_withdrawal_is_logged_and_makes_assessment_new(invitation, docent):
    invite.withdraw(invitation=invitation, by=docent, reason=" Werkt er niet meer. ")
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.NEW
    event = invitation.assessment.events.last()
    assert (event.kind, event.actor_name) == (Event.Kind.WITHDRAWN, "Dirk Docent")
    assert event.data == {"examiner": "Erik Examinator", "reason": "Werkt er niet meer."}


def test_withdrawing_one_of_two_leaves_it_invited(assessment, docent, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    first = send_invitation(assessment, examiner)
    send_invitation(assessment, second_examiner)
    invite.withdraw(invitation=first, by=docent)
    assessment.refresh_from_db()
    assert assessment.status == Status.INVITED


def test_withdrawing_keeps_the_choice_and_texts(invitation, docent):
    fill_in(invitation, "G", "Al getypt.")
    invite.withdraw(invitation=invitation, by=docent)
    assert {a.justification for a in invitation.assessment.live_assignments} == {"Al getypt."}
    assert couplings.invitable(invitation.assessment) == [invitation.contact]


def test_old_link_stays_void_after_reinviting(invitation, docent):
    fill_in(invitation, "V", "Al getypt.")
    old = links.token_for(invitation=invitation)
    invite.withdraw(invitation=invitation, by=docent)
    again = send_invitation(invitation.assessment, invitation.contact)
    assert again == invitation
    assert again.generation == 2
    assert again.assessment.status == Status.IN_PROGRESS
    with pytest.raises(links.NoAccess) as refused:
        links.open_token(old)
    assert refused.value.reason == "void"


def test_withdrawing_makes_an_opened_page_stale(invitation, docent):
    opened = invitation.assessment.version
    invite.withdraw(invitation=invitation, by=docent)
    with pytest.raises(lifecycle.DomainError, match="Iemand anders"):
        invite_for_one(invitation.assessment, contacts=[invitation.contact], by=docent, version=opened)


def test_withdrawing_twice_is_refused(invitation, docent):
    invite.withdraw(invitation=invitation, by=docent)
    with pytest.raises(lifecycle.DomainError, match="ingetrokken"):
        invite.withdraw(invitation=invitation, by=docent)
    with pytest.raises(lifecycle.DomainError, match="ingetrokken"):
        invite.invite_again(invitation=invitation, by=docent)


def test_final_assessment_sends_no_invitation(assessed, invitation, docent, committee_member):
    from committee.decisions.finalise import finalise

    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    for step in (invite.invite_again, invite.withdraw):
        with pytest.raises(lifecycle.TransitionRefused):
            step(invitation=invitation, by=docent)


# --- 'Vraag een nieuwe link aan' -----------------------------------------------------------------
def test_new_link_is_mailed_with_the_same_generation(invitation, pass_time):
    pass_time(minutes=6)
    invite.request_new_link(invitation=invitation)
    invitation.refresh_from_db()
    assert invitation.generation == 1
    assert [mail.to for mail in mails()] == ["erik@bedrijf.test"] * 2
    event = invitation.assessment.events.last()
    assert (event.kind, event.actor_name) == (Event.Kind.LINK_RENEWED, "Erik Examinator")


def test_at_most_one_new_link_in_five_minutes(invitation, pass_time):
    pass_time(minutes=4, seconds=59)
    invite.request_new_link(invitation=invitation)
    assert len(mails()) == 1
    pass_time(seconds=2)
    for _ in range(3):
        invite.request_new_link(invitation=invitation)
    assert len(mails()) == 2


def test_expired_link_is_replaced_once(invitation, pass_time):
    pass_time(days=61)
    for _ in range(3):
        invite.request_new_link(invitation=invitation)
    invitation.refresh_from_db()
    assert (invitation.generation, invitation.is_expired) == (2, False)
    assert len(mails()) == 2


def test_completed_examiner_can_request_a_link(invitation, pass_time):
    assess(invitation)
    pass_time(days=61)
    invite.request_new_link(invitation=invitation)
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.ASSESSED
    assert [mail.kind for mail in mails()] == ["invitation", "all_done", "invitation"]


def test_closed_invitation_gives_no_new_link(invitation, docent, second_examiner):
    invite.withdraw(invitation=invitation, by=docent)
    with pytest.raises(lifecycle.DomainError):
        invite.request_new_link(invitation=invitation)
    send_invitation(invitation.assessment, invitation.contact)
    choose(invitation.assessment, second_examiner)
    with pytest.raises(lifecycle.DomainError):
        invite.request_new_link(invitation=invitation)
    replacement = send_invitation(invitation.assessment, second_examiner)
    lifecycle.cancel(assessment=invitation.assessment, by=docent, reason="Ziek.", counts_as_attempt=False)
    with pytest.raises(lifecycle.DomainError):
        invite.request_new_link(invitation=replacement)


def test_line_breaks_in_a_name_add_no_mail_lines(assessment, examiner):
    """Names from before cleaning: a student could put a heading and a link above the examiner's own."""
    name = RawSQL("%s", ["Anouk\r\n\r\nOpen eerst\u2028boef.test\u202e"])
    User.objects.filter(pk=assessment.student.user_id).update(first_name=name)
    assessment = Assessment.objects.for_pages().get(pk=assessment.pk)
    choose(assessment, examiner)
    send_invitation(assessment, examiner)
    mail = OutgoingMail.objects.get()
    assert "Anouk Open eerst boef.test van" in mail.subject
    assert "Anouk Open eerst boef.test van" in mail.text
    assert "\u202e" not in mail.text + mail.html
