"""The source text's 'Beoordelingen inzien', sentence by sentence in a real browser (D.1 – D.8)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership, User
from assessments.examiner import saving
from assessments.models import Assessment, Document, Invitation
from committee.decisions.finalise import finalise
from tests import steps
from tests.pages import without_tokens

from .walk import Shots

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def assessed(invitation: Invitation) -> Assessment:
    """An assessment with all G."""
    steps.fill_in(invitation, "G", "Anouk legt alles uit.")
    saving.complete(invitation=invitation)
    return invitation.assessment


@pytest.fixture
def make_final(assessed: Assessment, committee_member: User, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Document]:
    """Finalise the assessment as the committee and render its PDF."""
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)

    def finish() -> Document:
        document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
        Document.objects.run(document.pk)
        return document

    return finish


def test_d1_to_d3_initiator_reads_result_and_assessment(
    log_in_at: Callable[..., Page],
    docent: User,
    make_final: Callable[[], Document],
    shots: Shots,
) -> None:
    page = log_in_at(docent, "/mijn-digibib/")
    page.get_by_role("link", name="Verzorgende IG").click()
    page.get_by_role("link", name=re.compile("B1-K1-W1")).first.click()
    page.get_by_role("main").get_by_role("link", name="Digitaal beoordelen", exact=True).click()
    row = page.get_by_role("row").filter(has_text="Anouk van 't Hoff")
    expect(row).to_contain_text("Beoordeeld")
    expect(row).to_contain_text("Examencommissie")
    expect(row).not_to_contain_text("10,0")
    expect(row.get_by_role("link", name="Pdf")).to_have_count(0)
    make_final()
    page.reload()
    expect(row).to_contain_text("Definitief")
    expect(row).to_contain_text("10,0")
    expect(row).to_contain_text("Goed")
    expect(row.get_by_role("link", name="Pdf")).to_be_visible()
    shots(page, "inzien-initiator-lijst")
    row.get_by_role("link", name="Anouk van 't Hoff", exact=True).click()
    expect(page.get_by_role("heading", name="De beoordeling")).to_be_visible()
    expect(page.get_by_text("Anouk legt alles uit.").first).to_be_visible()
    shots(page, "inzien-initiator")


def test_d4_to_d8_student_saves_the_final_pdf_from_mijn_examens(
    log_in_at: Callable[..., Page],
    student: Membership,
    make_final: Callable[[], Document],
    assessed: Assessment,
    shots: Shots,
) -> None:
    student.school.appeal_text = "Mail de examencommissie: commissie@hier.test. Zet uw studentnummer erbij."
    student.school.save()
    page = log_in_at(student.user, "/mijn-digibib/")
    page.get_by_role("link", name="Mijn examens", exact=True).click()
    expect(page.locator('[aria-current="step"]')).to_have_text("Beoordeeld")
    assert not re.search("10,0|Goed|[Pp]df", without_tokens(page.content()))
    document = make_final()
    page.reload()
    expect(page.locator(".step-done").last).to_contain_text("Definitief")
    expect(page.get_by_text("10,0")).to_be_visible()
    expect(page.locator(".my-result")).to_contain_text("Goed")
    expect(page.get_by_text("U kunt bezwaar maken tot en met")).to_be_visible()
    page.get_by_text("Hoe u bezwaar maakt").click()
    expect(page.get_by_text("Mail de examencommissie: commissie@hier.test.")).to_be_visible()
    shots(page, "inzien-student")
    href = page.get_by_role("link", name="Pdf van de beoordeling").get_attribute("href")
    answer = page.request.get(page.url.split("/mijn-examens/")[0] + str(href))
    document.refresh_from_db()
    assert document.file is not None
    assert answer.body() == document.file.read()
