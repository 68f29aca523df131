"""'Mijn examens' and the PDF (source text, 'Beoordeling inzien student')."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.models import Assessment, CancelKind, Document, Invitation, Status
from committee.decisions.finalise import finalise
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory, UserFactory, first_unit, make_exam
from tests.pages import without_tokens

PAGE = reverse("assessments:my_exams")


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)


@pytest.fixture
def own(client: Client, student: Membership) -> Client:
    """The student's browser."""
    client.force_login(student.user)
    return client


@pytest.fixture
def final(assessed: Assessment, committee_member: User, plain_pdf: None) -> Assessment:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    assessed.refresh_from_db()
    return assessed


@pytest.fixture
def pdf(final: Assessment) -> Document:
    """The current PDF, rendered."""
    Document.objects.run(final.documents.get().pk)
    return final.documents.get()


def page_of(client: Client) -> str:
    return " ".join(without_tokens(client.get(PAGE).content.decode()).split())


def test_account_without_an_exam_explains_how_to_begin(client: Client, db: None) -> None:
    client.force_login(UserFactory())
    page = page_of(client)
    assert "Er staat nog geen examen op uw account." in page
    assert f'href="{reverse("exams:catalogue")}"' in page


def test_empty_page_explains_itself(own: Client) -> None:
    assert "zodra een docent er een voor u start" in page_of(own)


def test_progress_is_shown_without_scores(own: Client, invitation: Invitation) -> None:
    steps.fill_in(invitation, "G", "Uitstekend gedaan.")
    page = page_of(own)
    assert "Verzorgende IG" in page
    assert "B1 Eenheid 1" in page
    assert re.search(r'aria-current="step"\s*>\s*Wordt beoordeeld', page)
    for hidden in ("Goed", "Uitstekend", "Erik", "Cijfer", "Pdf"):
        assert hidden not in page


def test_assessed_assessment_shows_no_score(own: Client, assessed: Assessment) -> None:
    page = page_of(own)
    assert re.search(r'aria-current="step"\s*>\s*Beoordeeld', page)
    for hidden in ("Voldoende", "Cijfer", "Pdf", "5,5"):
        assert hidden not in page


def test_final_result_is_shown_before_its_pdf(own: Client, final: Assessment) -> None:
    page = page_of(own)
    assert final.grade == Decimal("5.5")
    assert "5,5" in page
    assert "Voldoende" in page
    assert "De pdf wordt gemaakt" in page


def test_pdf_link_appears_after_rendering(own: Client, pdf: Document) -> None:
    address = reverse("assessments:document", args=[pdf.public_id])
    assert f'href="{address}"' in page_of(own)
    response = own.get(address)
    assert b"".join(response.streaming_content).startswith(b"%PDF-1.7")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{pdf.filename}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


def test_file_name_has_numbers_without_names(pdf: Document) -> None:
    code = pdf.assessment.exam.code
    assert pdf.filename == f"beoordeling-123456-{code}-b1-poging1-v1.pdf"


def test_withdrawn_result_is_visible_to_the_committee_only(
    own: Client, pdf: Document, committee_member: User, docent: User
) -> None:
    address = reverse("assessments:document", args=[pdf.public_id])
    lifecycle.withdraw_final(assessment=pdf.assessment, by=committee_member, reason="Verkeerde score.")
    page = page_of(own)
    assert "Voldoende" not in page
    assert address not in page
    assert own.get(address).status_code == 404
    own.force_login(docent)
    assert own.get(address).status_code == 404
    own.force_login(committee_member)
    assert own.get(address).status_code == 200


def test_only_the_newest_pdf_is_offered(own: Client, pdf: Document, committee_member: User) -> None:
    lifecycle.withdraw_final(assessment=pdf.assessment, by=committee_member, reason="Verkeerde score.")
    newest = finalise(assessment=pdf.assessment, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(newest.pk)
    page = page_of(own)
    assert reverse("assessments:document", args=[newest.public_id]) in page
    assert reverse("assessments:document", args=[pdf.public_id]) not in page


@pytest.mark.parametrize("counts", [True, False])
def test_cancelled_assessment_shows_reason_without_scores(
    own: Client, assessed: Assessment, docent: User, counts: bool
) -> None:
    kind = CancelKind.IRREGULARITY
    lifecycle.cancel(
        assessment=assessed, by=docent, kind=kind, reason="Er lag een <telefoon>.", counts_as_attempt=counts
    )
    page = page_of(own)
    assert "Ingetrokken" in page
    assert "Onregelmatigheid" in page
    assert "Er lag een &lt;telefoon&gt;." in page
    assert f"Dit telt {'' if counts else 'niet '}als poging." in page
    assert 'aria-current="step"' not in page
    for hidden in ("Voldoende", "Cijfer", "Pdf"):
        assert hidden not in page


def test_older_cancel_reason_is_hidden(own: Client, assessed: Assessment, docent: User) -> None:
    lifecycle.cancel(assessment=assessed, by=docent, reason="Niet voor de student.", counts_as_attempt=True)
    Assessment.objects.update(cancel_kind="")
    page = page_of(own)
    assert "Dit telt als poging." in page
    assert "Niet voor de student." not in page


def test_removed_exam_does_not_hide_results(own: Client, final: Assessment, student: Membership) -> None:
    student.user.account_exams.all().delete()
    assert "5,5" in page_of(own)


def test_attempts_are_listed_newest_first(
    own: Client, final: Assessment, student: Membership, unit: ExamUnit, docent: User
) -> None:
    steps.start_assessment(student, unit, docent)
    page = page_of(own)
    assert page.index("poging 2") < page.index("5,5")
    assert "poging 1" not in page


def test_assessment_of_another_student_is_hidden(
    client: Client, pdf: Document, stranger: User, student: Membership
) -> None:
    fellow = MembershipFactory(school=student.school).user
    address = reverse("assessments:document", args=[pdf.public_id])
    for user in (fellow, stranger):
        client.force_login(user)
        assert "Verzorgende IG" not in page_of(client)
        assert client.get(address).status_code == 404


def test_pdf_being_rendered_is_not_found(own: Client, final: Assessment) -> None:
    assert own.get(reverse("assessments:document", args=[final.documents.get().public_id])).status_code == 404


def test_query_count_is_constant(
    own: Client, pdf: Document, student: Membership, docent: User, examiner: Contact
) -> None:
    own.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        own.get(PAGE)
    for _ in range(5):
        steps.start_assessment(student, first_unit(make_exam()), docent)
    with CaptureQueriesContext(connection) as six:
        page = own.get(PAGE).content.decode()
    assert page.count("<article") == 6
    assert Assessment.objects.filter(status=Status.FINAL).count() == 1
    assert len(one) == len(six) == 7
