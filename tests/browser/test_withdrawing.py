"""The committee cancels, withdraws a final result, and records and closes an appeal, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership, User
from assessments.examiner import saving
from assessments.models import Assessment, Document, Invitation
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import OutgoingMail
from tests import steps

from .walk import Shots

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committee(log_in_at: Callable[..., Page], committee_member: User, invitation: Invitation) -> Callable[[], Page]:
    """Return a function that opens the assessment as the committee member."""
    return lambda: log_in_at(committee_member, f"/commissie/{invitation.assessment.public_id}/")


@pytest.fixture
def final(invitation: Invitation, committee_member: User, monkeypatch: pytest.MonkeyPatch) -> Assessment:
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    steps.fill_in(invitation, "V")
    saving.complete(invitation=invitation)
    document = finalise(assessment=invitation.assessment, by=committee_member, exam_office_email="bureau@hier.test")
    Document.objects.run(document.pk)
    return invitation.assessment


def test_double_click_cancels_once_and_student_reads_reason(
    committee: Callable[[], Page], log_in_at: Callable[..., Page], student: Membership, shots: Shots
) -> None:
    page = committee()
    page.get_by_role("link", name="Intrekken", exact=True).click()
    shots(page, "intrekken-1")
    page.get_by_role("button", name="Beoordeling intrekken").click()
    expect(page.get_by_role("alert")).to_contain_text("Kies waarom u de beoordeling intrekt.")
    shots(page, "intrekken-2")
    page.get_by_label("Niet verschenen").check()
    page.get_by_label("Toelichting").fill("U was er om 9:00 uur niet en had niet afgebeld.")
    page.get_by_role("button", name="Beoordeling intrekken").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Bericht gaat naar Anouk van 't Hoff, Erik Examinator.")
    shots(page, "intrekken-3")
    assert OutgoingMail.objects.filter(kind="cancelled").count() == 1
    own = log_in_at(student.user, "/mijn-examens/")
    expect(own.get_by_text("U was er om 9:00 uur niet")).to_be_visible()
    expect(own.get_by_text("Dit telt als poging.")).to_be_visible()
    shots(own, "intrekken-student")


def test_appeal_is_recorded_and_closed_by_withdrawal(
    final: Assessment, committee: Callable[[], Page], shots: Shots
) -> None:
    page = committee()
    shots(page, "bezwaar-0")
    page.get_by_role("link", name="Bezwaar noteren").click()
    page.get_by_label("Notitie").fill("Dossier 2026-17.")
    shots(page, "bezwaar-1")
    page.get_by_role("button", name="Bezwaar noteren").click()
    expect(page.get_by_text("Bezwaar loopt")).to_be_visible()
    shots(page, "bezwaar-2")
    page.get_by_role("link", name="Definitief intrekken").click()
    page.get_by_label("Reden").fill("Bezwaar gegrond: criterium 2 wordt opnieuw bekeken.")
    shots(page, "definitief-intrekken-1")
    page.get_by_role("button", name="Definitief intrekken").click()
    expect(page.get_by_text("Versie 1 is ingetrokken op")).to_be_visible()
    expect(page.get_by_role("link", name="Afronden", exact=True)).to_be_visible()
    shots(page, "definitief-intrekken-2")
    page.get_by_role("link", name="Terug naar studenten").click()
    page.get_by_role("link", name="Bezwaren", exact=True).click()
    shots(page, "bezwaren")
    page.get_by_role("link", name="Anouk van 't Hoff").click()
    page.get_by_role("link", name="Bezwaar afsluiten").click()
    page.get_by_label("Gegrond", exact=True).check()
    shots(page, "bezwaar-3")
    page.get_by_role("button", name="Bezwaar afsluiten").click()
    expect(page.get_by_text("Bezwaar: gegrond")).to_be_visible()


def test_upheld_appeal_leads_to_withdrawal(final: Assessment, committee: Callable[[], Page], shots: Shots) -> None:
    page = committee()
    page.get_by_role("link", name="Bezwaar noteren").click()
    page.get_by_role("button", name="Bezwaar noteren").click()
    page.get_by_role("link", name="Bezwaar afsluiten").click()
    page.get_by_label("Gegrond", exact=True).check()
    page.get_by_role("button", name="Bezwaar afsluiten").click()
    shots(page, "bezwaar-gegrond")
    page.get_by_text("Het bezwaar is gegrond.").get_by_role("link", name="Definitief intrekken").click()
    page.get_by_label("Reden").fill("Bezwaar gegrond.")
    page.get_by_role("button", name="Definitief intrekken").click()
    expect(page.get_by_text("Het bezwaar is gegrond.")).to_be_hidden()
    shots(page, "bezwaar-ingetrokken")
    page.get_by_role("link", name="Bezwaar noteren").click()
    shots(page, "bezwaar-ingetrokken-noteren")
