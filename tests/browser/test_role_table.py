"""The source text's Workflow and its table of roles, sentence by sentence in a real browser (S.9, R.1 – R.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership, Role, School, User
from addressbook.models import Contact
from assessments import links
from assessments.models import Assessment, Document, Invitation, Status
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import Exam, ExamUnit
from tests import steps
from tests.factories import MembershipFactory, make_exam, member

from . import walk
from .logging_in import give_password
from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

Browse = Callable[..., Page]
OFFICE = "bureau@hier.test"
START = "Digitaal beoordelen starten voor student"
WORDS = ["Nieuw", "Uitgenodigd", "Wordt beoordeeld", "Beoordeeld", "Definitief"]


@pytest.fixture
def open_form(live_server: Any, new_browser: Browse, invitation: Invitation) -> Callable[[], Page]:
    """Return a function that opens the mailed link in an anonymous browser."""

    def open_page() -> Page:
        page = new_browser()
        page.goto(f"{live_server.url}/beoordelen/{links.token_for(invitation=invitation)}/")
        return page

    return open_page


@pytest.fixture
def at_afname(
    live_server: Any,
    new_browser: Browse,
    committee_member: User,
    assessed: Assessment,
    monkeypatch: pytest.MonkeyPatch,
) -> Page:
    """The page of an assessment that is Beoordeeld, opened by the committee after login."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    page = new_browser()
    page.goto(live_server.url)
    give_password(page, committee_member)
    expect(page.get_by_role("heading", level=1)).to_have_text("Examen afnames")
    page.get_by_role("link", name="Anouk van 't Hoff").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anouk van 't Hoff")
    return page


def make_final(page: Page) -> None:
    """Click 'Afronden', fill in the exam office's address and click 'Afronden' again."""
    page.get_by_role("link", name="Afronden").click()
    page.get_by_label("E-mailadres van het examenbureau").fill(OFFICE)
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("is definitief")


def test_s9_workflow_shows_the_process_and_roles(log_in_at: Browse, docent: User, shots) -> None:
    page = log_in_at(docent, "/adresboek/")
    page.get_by_role("contentinfo").get_by_role("link", name="Workflow").click()
    process = page.get_by_role("list", name="Stappen")
    expect(process.get_by_role("heading")).to_have_text(WORDS)
    new, final = process.locator(".workflow-step").first, process.locator(".workflow-step").last
    expect(new).to_contain_text("Initiator")
    expect(new.get_by_text("uw rol").first).to_be_visible()
    expect(final).to_contain_text("Examenbureau")
    for actor in ("Student", "Initiator", "Examinator", "Examencommissie", "Examenbureau"):
        expect(page.get_by_role("rowheader", name=actor)).to_be_visible()
    shots(page, "workflow")


def test_s9_student_reads_the_workflow_in_english_at_any_size(log_in_at: Browse, student: Membership, shots) -> None:
    page = log_in_at(student.user, "/mijn-digibib/")
    page.get_by_role("link", name="Workflow: zo verloopt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Workflow Digitaal beoordelen")
    check_page(page)
    shots(page, "workflow-student")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Workflow of digital assessment")
    expect(page.get_by_role("rowheader").first).to_contain_text("your role")
    check_page(page)


def test_r1_student_only_sees_result_and_pdf(
    log_in_at: Browse,
    student: Membership,
    unit: ExamUnit,
    assessed: Assessment,
    committee_member: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)
    page = log_in_at(student.user, f"/examens/eenheid/{unit.pk}/")
    expect(page.get_by_role("main").get_by_role("link", name="Digitaal beoordelen")).to_have_count(0)
    document: Document = finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE)
    Document.objects.run(document.pk)
    page.get_by_role("link", name="Mijn examens").click()
    expect(page.locator(".step-done").last).to_contain_text("Definitief")
    expect(page.get_by_role("link", name="Pdf van de beoordeling")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)


def test_r2_initiator_has_the_role_docent(
    log_in_at: Browse, school: School, docent: User, exam: Exam, unit: ExamUnit
) -> None:
    path = f"/examens/eenheid/{unit.pk}/"
    page = log_in_at(docent, path)
    page.get_by_role("main").get_by_role("link", name="Digitaal beoordelen", exact=True).click()
    expect(page.get_by_role("link", name=START)).to_be_visible()
    for role in (Role.PRAKTIJKOPLEIDER, Role.EXAMENCOMMISSIE, Role.SCHOOLBEHEER):
        other = log_in_at(member(school, role, exam), path)
        expect(other.get_by_role("heading", level=1)).to_contain_text("B1")
        expect(other.get_by_role("main").get_by_role("link", name="Digitaal beoordelen")).to_have_count(0)
        answer = other.goto(page.url)
        assert answer is not None
        assert answer.status == 404


def test_r3_initiator_chooses_the_exam_and_students(log_in_at: Browse, school: School, student: Membership) -> None:
    exam = make_exam(title="Helpende", units=2)
    MembershipFactory(school=school, user__first_name="Bram", user__last_name="van Hoffen")
    page = log_in_at(member(school, Role.DOCENT, exam), "/mijn-digibib/")
    page.get_by_role("link", name="Helpende").click()
    page.get_by_role("link", name="B2").first.click()
    page.get_by_role("main").get_by_role("link", name="Digitaal beoordelen", exact=True).click()
    page.get_by_role("link", name=START).click()
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("hoff")
    expect(page.get_by_role("button", name="Toevoegen van Bram van Hoffen")).to_be_visible()
    page.get_by_role("button", name="Toevoegen van Anouk van 't Hoff").click()
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Examinator(en) kiezen")
    started = Assessment.objects.get()
    assert (started.student, started.unit.code) == (student, "B2")


def test_r4_the_initiator_invites_the_examiners(
    log_in_at: Browse, docent: User, assessment: Assessment, examiner: Contact, second_examiner: Contact
) -> None:
    steps.choose(assessment, examiner, second_examiner)
    page = log_in_at(docent, f"/beoordelingen/{assessment.public_id}/")
    page.get_by_role("link", name="Examinatoren uitnodigen").click()
    for contact in (examiner, second_examiner):
        page.get_by_label(str(contact)).check()
    page.get_by_role("button", name="Uitnodiging(en) verzenden").click()
    expect(page.get_by_role("status")).to_contain_text("verzonden")
    assert {mail.to for mail in OutgoingMail.objects.all()} == {examiner.email, second_examiner.email}


def test_r5_and_r6_examiner_assesses_by_mail_without_account(
    open_form: Callable[[], Page], invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    assert not User.objects.filter(email=invitation.contact.email).exists()
    page = open_form()
    expect(page.get_by_role("main")).to_contain_text("Anouk van 't Hoff")
    expect(page.get_by_role("radiogroup")).to_have_count(8)
    assert "sessionid" not in {cookie["name"] for cookie in page.context.cookies()}
    walk.fill_in(page)
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.ASSESSED


def test_r7_docent_and_praktijkopleider_are_in_the_address_book(
    log_in_at: Browse, school: School, docent: User, colleague: User
) -> None:
    trainer = member(school, Role.PRAKTIJKOPLEIDER, first_name="Petra", last_name="Praktijk")
    member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer")
    page = log_in_at(docent, "/adresboek/")
    for user in (docent, colleague, trainer):
        row = page.get_by_role("row").filter(has_text=user.full_name)
        expect(row.get_by_role("img", name="Gegevens uit Digibib")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Bea Beheer")).to_have_count(0)


def test_r8_examencommissie_sets_and_finalises_the_result(
    at_afname: Page, log_in_at: Browse, docent: User, assessed: Assessment
) -> None:
    expect(at_afname.get_by_role("main")).to_contain_text("Voldoende")
    url = at_afname.url
    make_final(at_afname)
    assessed.refresh_from_db()
    assert assessed.status == Status.FINAL
    teacher = log_in_at(docent, "/mijn-digibib/")
    expect(teacher.get_by_role("link", name="Examen afnames")).to_have_count(0)
    answer = teacher.goto(url)
    assert answer is not None
    assert answer.status == 404
