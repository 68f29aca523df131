"""Resending an undelivered PDF to another address, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import School, User
from assessments.models import Assessment, Document
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from digibeoordelen.outbox.models import MailState, OutgoingMail
from tests.factories import ExamOfficeFactory, FinalBatchFactory

from .walk import Shots

pytestmark = pytest.mark.django_db(transaction=True)

WRONG = "bureua@hier.test"


@pytest.fixture
def refused(assessed: Assessment, committee_member: User, monkeypatch: pytest.MonkeyPatch) -> Assessment:
    """A final assessment whose PDF was refused by the mail server."""
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    Document.objects.run(finalise(assessment=assessed, by=committee_member, exam_office_email=WRONG).pk)
    OutgoingMail.objects.filter(kind="result").update(
        state=MailState.FAILED, last_error="550 5.1.1 De mailserver kent dit adres niet."
    )
    OutgoingMail.objects.filter(kind="final_student").update(state=MailState.SENT, sent_at="2026-11-23T10:00Z")
    return assessed


def test_corrected_address_with_double_click_sends_once(
    refused: Assessment, school: School, committee_member: User, log_in_at: Callable[..., Page], shots: Shots
) -> None:
    ExamOfficeFactory(school=school, name="Examenbureau Zorg", email="zorg@hier.test")
    page = log_in_at(committee_member, f"/commissie/{refused.public_id}/")
    shots(page, "opnieuw-verzenden-1")
    page.get_by_role("link", name="Opnieuw verzenden").click()
    expect(page.get_by_label("E-mailadres van het examenbureau")).to_have_value(WRONG)
    shots(page, "opnieuw-verzenden-2")
    page.get_by_label("Examenbureau Zorg").check()
    page.get_by_role("button", name="Opnieuw verzenden").dblclick()
    expect(page.get_by_text("Aan zorg@hier.test: in de wachtrij")).to_be_visible()
    shots(page, "opnieuw-verzenden-3")
    assert OutgoingMail.objects.filter(kind="result").count() == 2


def test_failed_delivery_is_found_from_the_list(
    refused: Assessment, committee_member: User, log_in_at: Callable[..., Page], shots: Shots
) -> None:
    """Includes the mail about a withdrawn result, which is resent from the assessment's page."""
    OutgoingMail.objects.filter(kind="result").update(state=MailState.SENT, sent_at="2026-11-23T10:00Z", last_error="")
    withdraw_final(assessment=refused, by=committee_member, reason="De score bij criterium 3 was verkeerd.")
    mails = OutgoingMail.objects.filter(kind__startswith="result_withdrawn")
    mails.update(state=MailState.FAILED, last_error="550 5.1.1 De mailserver kent dit adres niet.")
    page = log_in_at(committee_member, "/commissie/")
    shots(page, "verzending-mislukt-1")
    page.get_by_role("link", name="Verzending mislukt 1").click()
    shots(page, "verzending-mislukt-2")
    page.get_by_role("link", name="Anouk van 't Hoff").click()
    expect(page.get_by_text(f"Bericht aan {WRONG} dat versie 1 is ingetrokken: mislukt")).to_be_visible()
    shots(page, "verzending-mislukt-3")
    page.get_by_role("button", name=f"Opnieuw verzenden aan {WRONG}").click()
    expect(page.get_by_role("status")).to_contain_text(f"Het bericht aan {WRONG} wordt opnieuw verzonden.")
    shots(page, "verzending-mislukt-4")


def test_batch_shows_the_delivery_of_each_pdf(
    refused: Assessment, school: School, committee_member: User, log_in_at: Callable[..., Page], shots: Shots
) -> None:
    batch = FinalBatchFactory(school=school, by=committee_member, finished_at=timezone.now())
    batch.items.create(assessment=refused, version=refused.version, proposing=False, outcome="FINAL")
    page = log_in_at(committee_member, f"/commissie/afronden/{batch.public_id}/")
    expect(page.get_by_text("Van de pdf’s: 1 niet verzonden.")).to_be_visible()
    shots(page, "verzending-samen")
