"""The school's logo and colour on PDFs and mails, as they were at finalisation."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader

from accounts.models import School, User
from addressbook.models import Contact
from assessments.documents import pdf
from assessments.examiner import summary
from assessments.models import Assessment, Document, Invitation
from assessments.rubric import read_rubric
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import OutgoingMail, StoredFile
from tests import steps
from tests.factories import given_logo


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)


@pytest.fixture
def blue(school: School) -> School:
    """A school with a logo and a colour."""
    given_logo(school)
    school.colour = "#1d5fa8"
    school.save(update_fields=["colour"])
    return school


@pytest.fixture
def document(blue: School, assessed: Assessment, committee_member: User) -> Document:
    assessed.refresh_from_db()
    return finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")


def pictures(content: bytes) -> list[dict[str, Any]]:
    """The pictures of the first page."""
    resources = PdfReader(io.BytesIO(content)).pages[0]["/Resources"]
    objects = [thing.get_object() for thing in resources.get("/XObject", {}).values()]
    return [thing for thing in objects if thing["/Subtype"] == "/Image"]


def test_branded_pdf_conforms_to_pdf_a(document: Document) -> None:
    html = pdf.page(document.result)
    assert "color: #1d5fa8" in html
    assert "#5b2a86" not in html
    [logo] = pictures(pdf.render(document.result, name=document.filename))
    assert (logo["/Width"], logo["/Height"]) == (300, 100)
    for picture in (logo, logo["/SMask"].get_object()):
        assert picture["/Interpolate"].value is False  # ISO 19005-3, 6.2.8


def test_later_branding_leaves_the_document_unchanged(document: Document, blue: School) -> None:
    before = pdf.page(document.result)
    School.objects.update(logo=None, colour="")
    assert pdf.page(document.result) == before


def test_missing_logo_does_not_stop_the_document(document: Document) -> None:
    School.objects.update(logo=None)
    StoredFile.objects.filter(sha256=document.result["look"]["logo"]).delete()
    assert pictures(pdf.render(document.result, name=document.filename)) == []


def test_default_branding_applies_without_own_branding(assessed: Assessment, committee_member: User) -> None:
    document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    page = pdf.page(document.result)
    assert "color: #5b2a86" in page
    assert 'class="school-logo"' not in page
    del document.result["look"]
    assert pdf.page(document.result) == page


def test_examiner_copy_has_the_branding(blue: School, invitation: Invitation) -> None:
    invitation = Invitation.objects.select_related("contact", "assessment__school__logo").get(pk=invitation.pk)
    assert len(pictures(summary.render_copy(invitation=invitation, rubric=read_rubric(invitation.assessment)))) == 1


def test_examiner_mail_shows_the_logo_in_html(blue: School, assessment: Assessment, examiner: Contact) -> None:
    assessment.refresh_from_db()
    steps.choose(assessment, examiner)
    steps.send_invitation(assessment, examiner)
    mail = OutgoingMail.objects.get(kind="invitation")
    assert f'<img src="http://testserver{blue.branding.logo_url}" alt="ROC Hier"' in " ".join(mail.html.split())
    assert blue.branding.logo_url not in mail.text


def test_mail_without_logo_has_no_picture(invitation: Invitation) -> None:
    assert "<img" not in OutgoingMail.objects.get(kind="invitation").html
