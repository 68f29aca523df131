"""Lost and damaged files are never shown; they are reported, and a PDF is rendered again if that gives its bytes."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments import links
from assessments.models import Assessment, Document, Invitation, InvitationAttachment, Viewing
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import StoredFile
from digibeoordelen.outbox.storage import keep


def path_of(stored: StoredFile | None) -> Path:
    assert stored is not None
    return Path(default_storage.path(str(stored.file.name)))


def lose(stored: StoredFile | None) -> None:
    path_of(stored).unlink()


def change(stored: StoredFile | None) -> None:
    """Change one byte."""
    path, content = path_of(stored), path_of(stored).read_bytes()
    path.write_bytes(content[:-2] + b"!" + content[-1:])


@pytest.fixture
def pdf(assessed: Assessment, committee_member: User) -> Document:
    document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(document.pk)
    return Document.objects.select_related("file").get(pk=document.pk)


HARM = pytest.mark.parametrize("harm", [lose, change])


def check_files(*options: str) -> tuple[int, str]:
    """Return the exit code and the output."""
    output = StringIO()
    try:
        call_command("check_files", *options, stdout=output)
    except SystemExit as ended:
        return int(str(ended.code)), output.getvalue()
    return 0, output.getvalue()


@HARM
def test_damaged_pdf_is_not_shown(
    harm: Callable[[StoredFile | None], None],
    client: Client,
    pdf: Document,
    committee_member: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    harm(pdf.file)
    client.force_login(committee_member)
    response = client.get(reverse("assessments:document", args=[pdf.public_id]))
    assert response.status_code == 503
    assert "Het resultaat zelf is bewaard" in response.content.decode()
    assert pdf.file is not None
    assert pdf.file.sha256 in caplog.text
    assert not Viewing.objects.exists(), "nobody saw it"


def test_damaged_attachment_is_not_shown(client: Client, invitation: Invitation) -> None:
    attached = InvitationAttachment.objects.create(
        invitation=invitation, filename="toelichting.txt", content_type="text/plain", file=keep(b"Toelichting")
    )
    lose(attached.file)
    client.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]))
    address = reverse("assessments:attachment", args=[invitation.public_id, attached.pk])
    assert client.get(address).status_code == 503


def test_check_without_damage_reports_zero_files(pdf: Document) -> None:
    assert check_files() == (0, f"0 of {StoredFile.objects.count()} files are not as they were kept\n")


@HARM
def test_missing_file_is_named_with_its_owner(harm: Callable[[StoredFile | None], None], pdf: Document) -> None:
    harm(pdf.file)
    code, output = check_files()
    assert code == 1
    assert f"assessments.Document {pdf.pk}" in output
    assert f"1 of {StoredFile.objects.count()} files" in output


@HARM
def test_mend_restores_the_same_pdf_bytes(harm: Callable[[StoredFile | None], None], pdf: Document) -> None:
    assert pdf.file is not None
    before = pdf.file.read()
    harm(pdf.file)
    assert check_files("--mend")[0] == 0
    assert StoredFile.objects.get(sha256=pdf.file.sha256).read() == before
    assert Document.objects.count() == 1


def test_pdf_with_other_bytes_is_not_restored(pdf: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    change(pdf.file)
    before = path_of(pdf.file).read_bytes()
    monkeypatch.setattr("assessments.documents.documents.render", lambda *_, **__: b"%PDF of a later program")
    assert check_files("--mend")[0] == 1
    assert path_of(pdf.file).read_bytes() == before


def test_check_files_continues_after_unrenderable_pdf(pdf: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(pdf.file)
    another = keep(b"een logo")
    lose(another)

    def fail(*_: object, **__: object) -> bytes:
        raise ValueError("a colour that is none")

    monkeypatch.setattr("assessments.documents.documents.render", fail)
    code, output = check_files("--mend")
    assert code == 1
    assert f"assessments.Document {pdf.pk} can't be made again: ValueError('a colour that is none')\n" in output
    assert f", assessments.Document {pdf.pk}\n" in output
    assert f"{another.sha256} is missing" in output


def test_missing_file_other_than_pdf_is_only_named(db: None) -> None:
    lost = keep(b"een logo")
    lose(lost)
    code, output = check_files("--mend")
    assert code == 1
    assert f"{lost.sha256} is missing: nothing refers to it\n" in output
