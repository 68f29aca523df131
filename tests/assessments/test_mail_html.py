"""The HTML of each mail works in Outlook, Gmail and dark mode; its text has each link on a line."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import School, User
from addressbook.models import Contact
from assessments import mails
from assessments.invitations import invite, reminders
from assessments.models import Assessment, Invitation
from digibeoordelen.outbox import links
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests.factories import MembershipFactory
from tests.steps import assess, choose, start_assessment

CUT_OFF = 102 * 1024  # bytes of HTML that Gmail shows


@pytest.fixture
def all_mails(invitation: Invitation, school: School) -> list[OutgoingMail]:
    """Invitation, reminder, sent back and all done, of a school with header and tag characters in its name."""
    School.objects.filter(pk=school.pk).update(name="ROC <Hier>\r\nBcc: x@y.test, Zuid")
    Assessment.objects.update(planned_on=timezone.localdate() + timedelta(days=9), place="’s-Gravenhage")
    invitation = Invitation.objects.select_related("contact").get()
    invitation.assessment = Assessment.objects.for_pages().get()
    invitation.remark = "Neem de <map> mee."
    mails.queue_invitations(invitations=[invitation], by=invitation.assessment.initiator)
    mails.queue_reminder(invitation=invitation, parts=4, open_parts=3)
    mails.queue_sent_back(invitation=invitation, remark="Kijk <nog> eens.", by=invitation.assessment.initiator)
    assess(invitation)
    return [mail for mail in OutgoingMail.objects.all() if mail.pk != invitation.mail_id]


def test_html_works_in_mail_programs(all_mails: list[OutgoingMail]) -> None:
    assert {mail.kind for mail in all_mails} == {"invitation", "reminder", "sent_back", "all_done"}
    for mail in all_mails:
        html = mail.html
        assert html.startswith('<!DOCTYPE html>\n<html lang="nl">')
        assert 'name="color-scheme" content="light dark"' in html
        assert html.count("<table") == html.count('role="presentation"')
        assert "mso-hide:all" in html, "the preheader"
        assert not re.search(r"<(img|script|link|svg|form)\b|flex|grid|url\(|position:", html)
        assert not re.search("<(map|nog|Hier)>", html)
        assert mail.from_name == "ROC <Hier> Bcc: x@y.test, Zuid via Digitaal beoordelen"


def test_only_the_start_button_is_green(all_mails: list[OutgoingMail]) -> None:
    for mail in all_mails:
        buttons = re.findall(r'<td bgcolor="(#\w+)".*?>([^<>]+)</a>', mail.html, re.DOTALL)
        assert [colour for colour, _ in buttons] == ["#5b2a86" if mail.kind == "all_done" else "#1b7a43"]
        assert (buttons[0][1] == "Start beoordeling") == (mail.kind != "all_done")


def test_each_link_is_a_line_of_text(all_mails: list[OutgoingMail]) -> None:
    for mail in all_mails:
        for name in mail.links:
            assert links.placeholder(name) in mail.text.splitlines()


def test_mail_for_thirty_students_is_not_clipped(
    unit: ExamUnit, docent: User, school: School, examiner: Contact, settings
) -> None:
    batch_mails = []
    for number in range(30):
        student = MembershipFactory(school=school, user__last_name=f"Van-de-Bosch-Vanderstraten {number}")
        batch_mails.append(start_assessment(student, unit, docent))
        choose(batch_mails[-1], examiner)
    invite.invite(assessments=batch_mails, contacts=[examiner], by=docent, one_mail=True, remark=1500 * "x")
    mail = OutgoingMail.objects.get(kind="invitation_together")
    html = links.fill(mail.html, links.resolve(mail.links))
    assert len(html.encode()) < CUT_OFF / 2
    invitations = Invitation.objects.select_related("assessment__student__user", "assessment__unit", "contact")
    reminder = mails.queue_reminders(students=[(invitation, 3, 4) for invitation in invitations])
    html = links.fill(reminder.html, links.resolve(reminder.links))
    assert html.count("Van-de-Bosch-Vanderstraten") == reminders.MAX_IN_ONE == 30
    assert html.count(">Start beoordeling</a>") == 1
    assert len(html.encode()) < CUT_OFF / 2
