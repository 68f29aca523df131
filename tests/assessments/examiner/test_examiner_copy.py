"""'Bewaar een kopie (pdf)': the examiner's own parts only."""

from __future__ import annotations

import io
import time

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import User
from addressbook.models import Contact
from assessments import links
from assessments.examiner import saving, signature
from assessments.models import Assessment, Invitation
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import StoredFile
from exams.models import Criterion
from tests import steps


def download(invitation: Invitation):
    browser = Client()
    browser.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]))
    return browser.get(reverse("assessments:copy", args=[invitation.public_id]))


def read(invitation: Invitation) -> tuple[PdfReader, list[str]]:
    answer = download(invitation)
    assert answer["Content-Type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.content))
    return reader, [" ".join(page.extract_text().split()) for page in reader.pages]


def test_copy_has_scores_justifications_and_signature(invitation: Invitation) -> None:
    steps.fill_in(invitation, "G", "Rustig & <b>duidelijk</b>.")
    today = signature.proposed(invitation).assessed_on
    saving.complete(
        invitation=invitation, signature=signature.Signature(today, "Utrecht", "Werkbegeleider", "Zorg & Co")
    )
    _, pages = read(invitation)
    text = " ".join(pages)
    for phrase in ("Anouk van 't Hoff", "123456", "Erik Examinator, Werkbegeleider, Zorg & Co", "Utrecht", "ROC Hier"):
        assert phrase in text
    assert text.count("Rustig & <b>duidelijk</b>.") == 4
    assert text.count("G Goed") == 8
    for criterion in Criterion.objects.all():
        assert criterion.text in text


def test_every_page_is_marked_as_a_concept(invitation: Invitation) -> None:
    steps.fill_in(invitation, "G", "Een heel verhaal. " * 300)
    saving.complete(invitation=invitation)
    _, pages = read(invitation)
    assert len(pages) > 3
    for page in pages:
        assert "CONCEPT – nog niet vastgesteld" in page


def test_copy_is_tagged_with_title_and_language(invitation: Invitation) -> None:
    steps.assess(invitation)
    reader, _ = read(invitation)
    root = reader.root_object
    title = reader.metadata.title if reader.metadata else ""
    assert "/StructTreeRoot" in root
    assert (root["/Lang"], title) == ("nl", "Kopie van de beoordeling van Anouk van 't Hoff – CONCEPT")


def test_copy_excludes_other_examiners(assessment: Assessment, examiner: Contact, second_examiner: Contact) -> None:
    [first, second] = assessment.unit.core_tasks.get().work_processes.all()
    steps.choose(assessment, examiner, second_examiner, work_process=first)
    steps.choose(assessment, second_examiner, work_process=second)
    mine, theirs = (steps.send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    steps.assess(mine, "V")
    steps.fill_in(theirs, "O", "Geheim van Tineke.")
    saving.complete(invitation=theirs)
    reader, pages = read(mine)
    whole = " ".join(pages) + str(reader.metadata)
    assert whole.count("V Voldoende") == 4
    for secret in ("Onvoldoende", "Geheim", "Tineke", second.code, second.title):
        assert secret not in whole


@pytest.mark.parametrize("text", ["x" * 20_000, "a\n" * 9_999, "a\n\n" * 6_666], ids=["word", "lines", "paragraphs"])
def test_longest_texts_are_rendered_within_a_request(invitation: Invitation, text: str) -> None:
    steps.fill_in(invitation, "G", text)
    saving.complete(invitation=invitation)
    started = time.process_time()
    _, pages = read(invitation)
    assert time.process_time() - started < 30  # a request has 60 seconds
    drawn = "".join(pages)
    assert sum(drawn.count(letter) for letter in "ax") >= 4 * sum(text.count(letter) for letter in "ax")


def test_copy_is_unavailable_before_completing(invitation: Invitation) -> None:
    steps.fill_in(invitation, "V")
    assert download(invitation)["Location"] == reverse("assessments:form", args=[invitation.public_id])


def test_copy_needs_the_link(invitation: Invitation) -> None:
    steps.assess(invitation)
    assert Client().get(reverse("assessments:copy", args=[invitation.public_id])).status_code == 403


@pytest.mark.parametrize("score", ["V", "G"])
def test_copy_of_a_final_assessment_refers_to_the_document(
    invitation: Invitation, committee_member: User, score: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    assessment = steps.assess(invitation, score)
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    assessment.refresh_from_db()
    _, pages = read(invitation)
    for page in pages:
        assert "het definitieve document is bij de school" in page
        assert "CONCEPT" not in page
        assert str(assessment.grade).replace(".", ",") not in page
        assert "Carla Commissie" not in page


def test_copy_is_not_stored_and_file_name_is_anonymous(invitation: Invitation) -> None:
    steps.assess(invitation)
    before = StoredFile.objects.count()
    answer = download(invitation)
    assert StoredFile.objects.count() == before
    assert answer["Content-Disposition"] == (
        f'attachment; filename="kopie-beoordeling-123456-{invitation.assessment.exam.code.lower()}-b1.pdf"'
    )
    assert "no-store" in answer["Cache-Control"]
