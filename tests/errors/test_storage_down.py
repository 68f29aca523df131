"""File storage that is down or full costs nobody what was typed."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from addressbook.models import Contact
from assessments.models import Assessment, Invitation
from digibeoordelen.outbox.models import StoredFile
from digibeoordelen.outbox.storage import keep
from tests import steps

REASON = "Bestanden zijn nu niet bereikbaar"


@pytest.fixture
def teacher(docent: User) -> Client:
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(docent)
    return client


def refuse(*args: object, **kwargs: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def invite_with_large_file(teacher: Client, assessment: Assessment, examiner: Contact) -> tuple[int, str]:
    """Post an invitation with a file that goes to the disk; return the status and the page."""
    steps.choose(assessment, examiner)
    file = SimpleUploadedFile("toelichting.pdf", b"%PDF-1.4 " + 3_000_000 * b"x")
    version = {f"versie-{assessment.pk}": assessment.version}
    post = {"examinator": [examiner.pk], "remark": "Graag voor vrijdag", "attachments": [file], **version}
    answer = teacher.post(reverse("assessments:send_invitations", args=[assessment.public_id]), post)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    "step",
    [
        "TemporaryUploadedFile",
        "TemporaryFileUploadHandler.receive_data_chunk",
        "TemporaryFileUploadHandler.file_complete",
    ],
)
def test_full_disk_keeps_the_form_of_an_upload(
    teacher: Client, assessment: Assessment, examiner: Contact, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(f"django.core.files.uploadhandler.{step}", refuse)
    status, page = invite_with_large_file(teacher, assessment, examiner)
    assert status == 503
    assert REASON in page
    assert 'name="remark" value="Graag voor vrijdag"' in page
    assert "Kies toelichting.pdf opnieuw" in page
    assert not Invitation.objects.exists()


def test_large_upload_arrives_whole(teacher: Client, assessment: Assessment, examiner: Contact) -> None:
    assert invite_with_large_file(teacher, assessment, examiner)[0] == 302
    assert Invitation.objects.get().attachments.get().file.size == 3_000_009


def test_file_that_a_form_makes_keeps_the_form(
    teacher: Client, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    Assessment.objects.update(planned_on=timezone.localdate())  # its mail has a calendar file
    monkeypatch.setattr("digibeoordelen.outbox.storage.tempfile.NamedTemporaryFile", refuse)
    answer = teacher.post(reverse("assessments:invite_again", args=[invitation.public_id]), {"link": 1})
    assert answer.status_code == 503
    assert REASON in answer.content.decode()
    assert 'name="link" value="1"' in answer.content.decode()
    invitation.refresh_from_db()
    assert invitation.generation == 1


def test_page_of_a_file_explains_that_storage_is_down(teacher: Client, invitation: Invitation) -> None:
    attachment = invitation.attachments.create(filename="a.pdf", content_type="application/pdf", file=keep(b"%PDF-"))
    path = Path(default_storage.path(str(StoredFile.objects.get().file.name)))
    path.unlink()
    path.mkdir()  # what is there can't be read
    address = reverse("assessments:sent_attachment", args=[invitation.public_id, attachment.pk])
    answer = teacher.get(address)
    path.rmdir()
    assert answer.status_code == 503
    assert REASON in answer.content.decode()
