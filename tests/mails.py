"""Every mail of the site, once, for tests of their common properties."""

from __future__ import annotations

import html
import re
from datetime import timedelta

from django.utils import timezone

from accounts.auth import mails as auth_mails
from accounts.auth.adapter import NOTICES
from accounts.auth.password import password_link
from accounts.models import EmailChange, Membership, Role, RoleChange, SchoolInvitation, User
from accounts.people.invite import invite
from accounts.people.mails import queue_roles_given
from accounts.people.notify import GrantedRole
from accounts.school import student_numbers
from accounts.sso.proof import queue_code
from assessments import mails
from assessments.models import Assessment, Document, Invitation, Proposal
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import OutgoingMail

from . import steps
from .factories import MembershipFactory, RegistrationFactory, member

PLANNED = timedelta(days=9)
_LINK = re.compile(r'<a\b[^>]*href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_UNSEEN = re.compile(r'<(head|style)\b.*?</\1>|<!--.*?-->|<div style="display:none;.*?</div>', re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.?!])\s+|\n")


def queue_all(assessment: Assessment, invitation: Invitation, colleague: User, committee_member: User) -> None:
    """Queue each mail about `invitation` of `assessment`, with every optional part; the exam is in nine days."""
    Assessment.objects.update(planned_on=timezone.localdate() + PLANNED, place="Utrecht")
    assessment = Assessment.objects.for_pages().get(pk=assessment.pk)
    other = MembershipFactory(school=assessment.school, student_number="654321")
    second = steps.start_assessment(other, assessment.unit, assessment.initiator)
    steps.choose(second, invitation.contact)
    both = [invitation, steps.send_invitation(second, invitation.contact)]
    OutgoingMail.objects.all().delete()
    for one in both:
        one.remark = "Neem de map mee."
    both[0].assessment = assessment
    _to_examiners(both)
    _about_what_became_of_it(assessment, both[0], committee_member)
    _about_accounts(assessment.student, colleague)


def _to_examiners(invitations: list[Invitation]) -> None:
    one = invitations[0]
    mails.queue_invitations(invitations=[one], by=one.assessment.initiator)
    mails.queue_invitations(invitations=invitations, by=one.assessment.initiator)
    mails.queue_reminder(invitation=one, open_parts=3, parts=4)
    mails.queue_reminders(students=[(invitation, 3, 4) for invitation in invitations])
    mails.queue_sent_back(invitation=one, remark="Kijk nog eens.", by=one.assessment.initiator)
    mails.queue_cancelled(invitation=one, by=one.assessment.initiator)
    proposal = Proposal(invitation=one, first_name="Nia", last_name="Nieuw", email="nia@bedrijf.test")
    mails.queue_proposal(proposal=proposal)
    mails.queue_proposal_declined(proposal=proposal)
    mails.queue_not_arrived(invitations=invitations)


def _about_what_became_of_it(assessment: Assessment, invitation: Invitation, committee_member: User) -> None:
    steps.assess(invitation)  # mails the initiator
    mails.queue_handed_over(assessment=assessment, by=committee_member)
    mails.queue_cancelled_to_initiator(assessment=assessment, by=committee_member)
    mails.queue_cancelled_to_student(assessment=assessment, by=committee_member)
    document = finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(document.pk)  # mails it
    document.refresh_from_db()
    mails.queue_result_withdrawn(document=document, to="bureau@hier.test", by=committee_member, reason="Klopt niet.")
    mails.queue_result_withdrawn_to_student(assessment=assessment, by=committee_member)
    mails.queue_own_data(student=assessment.student)


def _about_accounts(student: Membership, user: User) -> None:
    school, until = student.school, timezone.now() + timedelta(days=2)
    manager = member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")
    change = EmailChange.objects.create(user=user, old_email=user.email, new_email="nieuw@hier.test")
    auth_mails.queue_confirm_registration(registration=RegistrationFactory(school=school), until=until, language="nl")
    auth_mails.queue_confirm_email(change=change, until=until, language="nl")
    auth_mails.queue_email_change_asked(change=change, until=until, language="nl")
    auth_mails.queue_email_given_back(to=user.email, language="nl")
    auth_mails.queue_has_account(to=user.email, language="nl")
    auth_mails.queue_no_account(to="weg@hier.test", language="nl")
    auth_mails.queue_new_password(user=user, link=password_link(user=user, language="nl"), language="nl")
    auth_mails.queue_password_changed(user=user, language="nl")
    for kind in NOTICES.values():
        auth_mails.queue_notice(kind, user=user, device="Firefox op Linux")
    auth_mails.queue_notice("school_account_linked", user=user, device="Firefox op Linux")
    queue_code(to="noa@hier.test", school=school, pending="1", language="nl")
    auth_mails.queue_second_step_removed(user=user)
    auth_mails.queue_recovery_code_used(user=user, left=3, device="Firefox op Linux")
    auth_mails.queue_wrong_codes(user=user)
    asked = SchoolInvitation(first_name="Noa", last_name="Wit", email="noa@hier.test")
    invite(school=school, invitation=asked, roles=["DOCENT", "EXAMENCOMMISSIE"], by=manager)
    how = str(RoleChange.How.BY_HAND.label)
    queue_roles_given(
        to=manager,
        school=school,
        given=[GrantedRole(user, Role.EXAMENCOMMISSIE)],
        by_name="Otto Ander",
        how=how,
        sees_log=True,
    )
    student_numbers.notify_school(student=student, number="654321")


def sentences(text: str) -> list[str]:
    """Return the sentences in order; a list item counts as one."""
    return [plain for sentence in _SENTENCE.split(text) if (plain := _plain(sentence))]


def words_of(mail: OutgoingMail) -> str:
    """Return the HTML's text: a line per block, with link URLs after it, without the inbox preview."""
    page = _LINK.sub(r"\n\2 \n\1\n", _UNSEEN.sub(" ", mail.html).replace("\n", " "))
    page = re.sub(r"</?(?:strong|em|br)\b[^>]*>", "", page)
    return "\n".join(filter(None, map(_plain, html.unescape(re.sub(r"<[^>]+>", "\n", page)).split("\n"))))


def _plain(text: str) -> str:
    """Remove the characters that replace tables and lists in plain text."""
    return " ".join(re.sub(r"(?m)^- |[:,](?=\s|$)", "", text).split())
