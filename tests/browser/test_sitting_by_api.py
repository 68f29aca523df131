"""A sitting that a test planning system makes, from its first call to the result and the PDF that it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import School, User
from assessments.models import Assessment, Document
from exams.models import ExamUnit
from exchange.calling import client
from exchange.models import Delivery
from tests.exchange.calling.conftest import make_receiver
from tests.exchange.calling.standin import contract, stand_in
from tests.exchange.serving.conftest import Planner, make_partner, person
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db(transaction=True)
STUDENTS = 4


@pytest.fixture(autouse=True)
def stays_queued(monkeypatch: pytest.MonkeyPatch, settings: Any, live_server: Any) -> None:
    """Keep mails and jobs in their tables; links lead to this test's site."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    settings.SITE_URL, settings.EXCHANGE_ALLOW_LOCAL = live_server.url, True
    client._tokens.clear()


def test_sitting_arrives_is_assessed_and_goes_back(
    live_server: Any,
    log_in_at: Callable[..., Page],
    new_browser: Callable[..., Page],
    school: School,
    unit: ExamUnit,
    docent: User,
    committee_member: User,
) -> None:
    published = contract()
    with stand_in(published) as planning:
        partner = make_partner(school, docent)
        make_receiver(school, planning, partner=partner)
        planner = Planner(partner, published)
        offering = planner.new_offering(unit)
        students = [MembershipFactory(school=school) for _ in range(STUDENTS)]
        associations = {
            planner.add(offering, person(number=one.student_number, mail=one.user.email)): one for one in students
        }
        assessor = planner.add(offering, person(mail="loes@bedrijf.test", first="Loes", last="Lasser"), role="assessor")
        link = planner.get(f"/associations/{assessor}/url")

        page = new_browser()
        page.goto(link)
        expect(page.get_by_role("heading", level=1)).to_have_text("Uw studenten")
        association, student = next(iter(associations.items()))
        page.get_by_role("link", name=student.user.full_name).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(student.user.full_name)
        assess(page)

        assessment = Assessment.objects.get(student=student)
        committee = log_in_at(committee_member, f"/commissie/{assessment.public_id}/")
        make_final(committee)
        Document.objects.run(Document.objects.get().pk)
        for delivery in Delivery.objects.due():
            Delivery.objects.run(delivery.pk)

        result = planning.held[f"/associations/{association}"][-1]["result"]
        assert (result["state"], result["score"], result["consumers"][0]["final"]) == (
            "completed",
            "satisfactory",
            True,
        )
        [document] = result["consumers"][0]["documents"]
        pdf = planner.call("GET", f"/documents/{document['documentId']}")
        assert int(pdf["Content-Length"]) == Document.objects.get().file.size
        read = planner.get(f"/offerings/{offering}/associations", "role=student")["items"]
        assert len(read) == STUDENTS
        assert [item["associationId"] for item in read if "score" in item.get("result", {})] == [association]
        committee.goto(f"{live_server.url}/commissie/{assessment.public_id}/")
        expect(committee.get_by_text("Aangeleverd op")).to_be_visible()


def assess(page: Page) -> None:
    """Score everything V and complete."""
    for group in page.get_by_role("radiogroup").all():
        group.locator("input[value=V]").check()
    page.get_by_role("button", name="Afronden", exact=True).click()
    page.get_by_label("Ik heb deze beoordeling zelf gegeven").check()
    page.get_by_role("button", name="Beoordeling van").click()
    expect(page.get_by_role("status")).to_contain_text("Uw beoordeling is afgerond")


def make_final(page: Page) -> None:
    page.get_by_role("link", name="Een ander adres").or_(page.get_by_role("link", name="Afronden", exact=True)).click()
    page.get_by_label("E-mailadres van het examenbureau").fill("archief@hier.test")
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("is definitief")
