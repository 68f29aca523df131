"""PDFs together as a ZIP, and the events of an assessment as a file."""

import hashlib
import json
import zipfile
from io import BytesIO

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.models import Assessment, Document, Viewing
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import FileGone
from exchange.downloads import archive

SEARCH = reverse("exchange:pdfs_of_search")


@pytest.fixture
def document(assessed: Assessment, committee_member: User) -> Document:
    made = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(made.pk)
    made.refresh_from_db()
    return made


def read_zip(response: HttpResponseBase) -> dict[str, bytes]:
    content = b"".join(response.streaming_content)
    assert int(response["Content-Length"]) == len(content)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_search_gives_pdfs_with_their_hashes(client: Client, document: Document, committee_member: User) -> None:
    client.force_login(committee_member)
    files = read_zip(client.get(SEARCH, {"status": "ALLE"}))
    pdf = files[document.filename]
    assert pdf == document.file.read()
    [entry] = json.loads(files[archive.MANIFEST])
    assert entry == {"name": document.filename, "sha256": hashlib.sha256(pdf).hexdigest(), "size": len(pdf)}


def test_search_for_someone_else_gives_none(client: Client, document: Document, committee_member: User) -> None:
    client.force_login(committee_member)
    assert client.get(SEARCH, {"student": "xylofoon"}).status_code == 302


def test_too_many_are_refused(
    client: Client, document: Document, committee_member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.downloads.views.MAX_PDFS", 0)
    client.force_login(committee_member)
    assert client.get(SEARCH).status_code == 302


def test_dossier_of_a_student_is_logged(client: Client, document: Document, committee_member: User) -> None:
    client.force_login(committee_member)
    page = client.get(reverse("committee:afname", args=[document.assessment.public_id])).content.decode()
    url = reverse("exchange:pdfs_of_student", args=[document.assessment.public_id])
    assert url in page
    assert document.filename in read_zip(client.get(url))
    viewing = Viewing.objects.get(what=Viewing.What.DOCUMENT)
    assert (viewing.assessment, viewing.by) == (document.assessment, committee_member)


def test_student_gets_own_pdfs_alone(client: Client, document: Document, docent: User) -> None:
    client.force_login(document.assessment.student.user)
    assert document.filename in read_zip(client.get(reverse("exchange:own_pdfs")))
    client.force_login(docent)
    assert client.get(reverse("exchange:own_pdfs")).status_code == 302


def test_withdrawn_pdf_is_left_out(client: Client, document: Document, committee_member: User) -> None:
    Document.objects.filter(pk=document.pk).update(superseded_at=document.created_at)
    client.force_login(committee_member)
    assert client.get(SEARCH).status_code == 302


def test_missing_file_cuts_the_archive_off(document: Document) -> None:
    document.file.file.delete(save=False)
    with pytest.raises(FileGone):
        b"".join(archive.stream(Document.objects.current()))


def test_events_of_an_assessment(client: Client, document: Document, committee_member: User) -> None:
    client.force_login(committee_member)
    response = client.get(reverse("exchange:events", args=[document.assessment.public_id]))
    kinds = [event["kind"] for event in response.json()["events"]]
    assert kinds[0] == "STARTED"
    assert "FINALISED" in kinds
    assert "attachment" in response["Content-Disposition"]
