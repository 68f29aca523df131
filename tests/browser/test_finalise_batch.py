"""'Meer tegelijk afronden' of a large batch in a real browser: progress, leaving the page and returning."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import ExamCommittee, School, User
from addressbook.models import Contact
from assessments.models import Assessment, Status
from committee.decisions.batch import CHANGED
from committee.decisions.finalise import propose
from committee.models import NOT_DONE, FinalBatch
from exams.models import ExamUnit
from tests import steps
from tests.committee.conftest import AfnameMaker, make_afname  # noqa: F401  a fixture
from tests.factories import MembershipFactory, member

pytestmark = pytest.mark.django_db(transaction=True)

OFFICE = "bureau@hier.test"


@pytest.fixture
def twelve(school: School, unit: ExamUnit, docent: User, examiner: Contact) -> list[Assessment]:
    made = []
    for number in range(12):
        student = MembershipFactory(school=school, user__first_name="Bart", user__last_name=f"Boom{number}")
        assessment = steps.start_assessment(student, unit, docent)
        steps.choose(assessment, examiner)
        made.append(steps.assess(steps.send_invitation(assessment, examiner)))
    return made


def test_progress_can_be_left_and_ends_with_refusals(
    log_in_at: Callable[..., Page],
    committee_member: User,
    twelve: list[Assessment],
    shots: Callable[[Page, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    page = log_in_at(committee_member, "/commissie/")
    bar = page.locator(".bottom-bar")
    expect(bar).to_be_hidden()
    page.get_by_role("checkbox", name="Bart Boom7").check()
    expect(bar).to_contain_text("1 gekozen")
    page.get_by_label("Alles kiezen").check()
    expect(bar).to_contain_text("12 gekozen")
    shots(page, "samen-0-kiezen")
    page.get_by_role("button", name="Meer tegelijk afronden").click()
    expect(page.get_by_role("row")).to_have_count(13)
    expect(page.get_by_role("row", name="Bart Boom7")).to_contain_text("5,5")
    shots(page, "samen-0-nakijken")

    page.go_back()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(13)
    expect(bar).to_contain_text("12 gekozen")
    page.get_by_role("button", name="Meer tegelijk afronden").click()
    page.get_by_label("E-mailadres van het examenbureau").fill(OFFICE)
    page.get_by_role("button", name="12 beoordelingen definitief maken").dblclick()
    expect(page.get_by_text("0 van 12 beoordelingen verwerkt")).to_be_visible()
    batch = FinalBatch.objects.get()
    batch.items.filter(assessment__in=twelve[:5]).update(outcome="FINAL")
    expect(page.get_by_text("5 van 12 beoordelingen verwerkt")).to_be_visible()
    shots(page, "samen-1-bezig")

    page.get_by_role("link", name="Examen afnames", exact=True).last.click()
    link = page.get_by_role("link", name="Meer beoordelingen afronden")
    expect(link).to_be_visible()
    shots(page, "samen-2-terug")
    link.click()
    expect(page.get_by_role("progressbar")).to_be_visible()

    Assessment.objects.filter(pk__in=[one.pk for one in twelve[5:7]]).update(version=99)
    assert FinalBatch.objects.run(batch.pk)
    expect(page.get_by_text("10 beoordelingen zijn definitief.")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_role("row", name="Bart Boom5")).to_contain_text("intussen gewijzigd")
    shots(page, "samen-3-klaar")


def test_proposals_have_a_separate_list(
    log_in_at: Callable[..., Page],
    committee_member: User,
    school: School,
    twelve: list[Assessment],
    make_afname: AfnameMaker,  # noqa: F811
    shots: Callable[[Page, str], None],
) -> None:
    ExamCommittee.objects.update(four_eyes=True)
    make_afname(Status.FINAL)
    for one in twelve[:2]:
        propose(assessment=one, by=member(school, "EXAMENCOMMISSIE"), exam_office_email=OFFICE)
    page = log_in_at(committee_member, "/commissie/")
    page.get_by_role("link", name="Voorgedragen 2").click()
    expect(page.locator("[data-row]")).to_have_text(["Bart Boom0", "Bart Boom1"])
    shots(page, "voorgedragen")
    page.get_by_role("link", name="Beeld van het werk").click()
    expect(page.get_by_text("Gestart van 1 augustus")).to_be_visible()
    shots(page, "beeld")


def test_each_refusal_has_a_reason_and_a_link(
    log_in_at: Callable[..., Page],
    committee_member: User,
    school: School,
    make_afname: AfnameMaker,  # noqa: F811
    shots: Callable[[Page, str], None],
) -> None:
    now = timezone.now()
    batch = FinalBatch.objects.create(
        school=school, by=committee_member, exam_office_email=OFFICE, started_at=now, finished_at=now
    )
    reasons = [CHANGED, NOT_DONE, "Examinatoren zijn het niet eens over 8 criteria; beslis daarover."]
    for number in range(31):
        student = MembershipFactory(school=school, user__first_name="Bart", user__last_name=f"Boom{number}")
        outcome = {"outcome": "REFUSED", "reason": reasons[number % 3]} if number else {"outcome": "FINAL"}
        one = make_afname(Status.ASSESSED if number else Status.FINAL, student=student)
        batch.items.create(assessment=one, version=one.version, proposing=False, **outcome)
    page = log_in_at(committee_member, f"/commissie/afronden/{batch.public_id}/")
    expect(page.get_by_text("30 van 31 niet gelukt; hieronder staat waarom.")).to_be_visible()
    expect(page.get_by_role("table", name="Niet gelukt").get_by_role("row")).to_have_count(31)
    expect(page.get_by_role("table", name="Wat er is gebeurd").get_by_role("row")).to_have_count(2)
    shots(page, "samen-4-geweigerd")
    page.get_by_role("link", name="Bart Boom30").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bart Boom30")
