"""The remark and attachments of an invitation, as the teacher sees them afterwards."""

from __future__ import annotations

import errno
import re

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import School, User
from addressbook.models import Contact
from assessments.invitations import invite
from assessments.models import Assessment, Invitation
from digibeoordelen.file_storage import NOT_SAVED
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.storage import destroy
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory

PDF = b"%PDF-1.4 toelichting"


@pytest.fixture
def teacher(client: Client, docent: User) -> Client:
    client.force_login(docent)
    return client


@pytest.fixture
def sent(teacher: Client, assessment: Assessment, examiner: Contact) -> Invitation:
    """An invitation by the teacher with a remark and a file."""
    steps.choose(assessment, examiner)
    post = {
        "examinator": [examiner.pk],
        f"versie-{assessment.pk}": assessment.version,
        "remark": "Graag voor <vrijdag>",
        "attachments": [SimpleUploadedFile("toelichting bij PvB.pdf", PDF, content_type="application/pdf")],
    }
    teacher.post(reverse("assessments:send_invitations", args=[assessment.public_id]), post)
    return Invitation.objects.get()


def row(client: Client, invitation: Invitation) -> str:
    page = client.get(reverse("assessments:detail", args=[invitation.assessment.public_id])).content.decode()
    return page.partition('<table class="table table-cards examiners">')[2].partition("</table>")[0]


def link(invitation: Invitation) -> str:
    return reverse("assessments:sent_attachment", args=[invitation.public_id, invitation.attachments.get().pk])


def test_invitation_shows_remark_and_attachment(teacher: Client, sent: Invitation) -> None:
    shown = " ".join(re.sub("<[^>]+>", " ", row(teacher, sent)).split())
    assert "Opmerking en 1 bijlage" in shown
    assert "Graag voor &lt;vrijdag&gt;" in shown
    assert f"toelichting bij PvB.pdf {len(PDF)} bytes" in shown.replace("\xa0", " ")
    assert f'href="{link(sent)}"' in row(teacher, sent)


def test_invitation_without_remark_or_attachment_shows_neither(teacher: Client, invitation: Invitation) -> None:
    assert "invited-with" not in row(teacher, invitation)


def test_attachment_is_downloaded_as_sent(teacher: Client, sent: Invitation) -> None:
    answer = teacher.get(link(sent))
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="toelichting bij PvB.pdf"'
    assert "no-store" in answer["Cache-Control"]


def test_storage_that_is_down_keeps_the_message(
    teacher: Client, assessment: Assessment, examiner: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("digibeoordelen.outbox.storage.os.fsync", refuse)
    steps.choose(assessment, examiner)
    post = {
        "examinator": [examiner.pk],
        f"versie-{assessment.pk}": assessment.version,
        "remark": "Graag voor vrijdag",
        "attachments": [SimpleUploadedFile("toelichting.pdf", PDF + b" die niet past")],
    }
    answer = teacher.post(reverse("assessments:send_invitations", args=[assessment.public_id]), post)
    page = answer.content.decode()
    assert answer.context["form"].errors["attachments"] == [NOT_SAVED]
    assert NOT_SAVED in page
    assert "Graag voor vrijdag" in page
    assert [invitee.is_ticked for invitee in answer.context["rows"]] == [True]
    assert not Invitation.objects.exists()


def test_attachment_survives_purging_of_mails_and_files(teacher: Client, sent: Invitation, pass_time) -> None:
    OutgoingMail.objects.all().delete()
    pass_time(days=400)
    destroy()
    teacher.force_login(sent.assessment.initiator)
    assert teacher.get(link(sent)).content == PDF


def test_repeated_invitation_shows_its_latest_attachments(
    teacher: Client, sent: Invitation, docent: User, assessment: Assessment
) -> None:
    before = link(sent)
    invite.withdraw(invitation=sent, by=docent)
    assessment.refresh_from_db()
    steps.send_invitation(assessment, sent.contact, remark="Nu echt")
    shown = row(teacher, sent)
    assert "Nu echt" in shown
    assert "toelichting" not in shown
    assert teacher.get(before).status_code == 404


def test_attachment_of_another_invitation_is_not_found(
    teacher: Client, sent: Invitation, school: School, unit: ExamUnit, docent: User, stranger: User
) -> None:
    other = steps.start_assessment(MembershipFactory(school=school), unit, docent)
    steps.choose(other, sent.contact)
    elsewhere = steps.send_invitation(other, sent.contact)
    wrong = reverse("assessments:sent_attachment", args=[elsewhere.public_id, sent.attachments.get().pk])
    assert teacher.get(wrong).status_code == 404
    teacher.force_login(stranger)
    assert teacher.get(link(sent)).status_code == 404


def test_missing_attachment_file_is_reported(teacher: Client, sent: Invitation) -> None:
    default_storage.delete(str(sent.attachments.get().file.file.name))
    answer = teacher.get(link(sent), follow=True)
    assert "‘toelichting bij PvB.pdf’ is niet meer te lezen." in answer.content.decode()
