"""The source text's part C up to the archived PDF, sentence by sentence in a browser (C.1, C.3 – C.8, C.12 – C.16)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from accounts.models import Membership, School, User
from assessments.models import Assessment, Document, Status
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.worker import deliver
from tests.committee.conftest import AfnameMaker, make_afname  # noqa: F401  a fixture
from tests.factories import ExamOfficeFactory, MembershipFactory
from tests.smtp import SmtpSink

from .logging_in import give_password

pytestmark = pytest.mark.django_db(transaction=True)

Opened = Callable[..., Page]
FIELD = "E-mailadres van het examenbureau"
IN_STATUS = {
    Status.NEW: "Nils Nieuw",
    Status.INVITED: "Ulla Uitgenodigd",
    Status.IN_PROGRESS: "Bas Bezig",
    Status.ASSESSED: "Klaas Klaar",
    Status.FINAL: "Dora Definitief",
    Status.CANCELLED: "Inge Ingetrokken",
}


@pytest.fixture
def at_list(log_in_at: Opened, committee_member: User) -> Opened:
    """Return a function that opens 'Examen afnames' as the committee member."""
    return lambda **browser: log_in_at(committee_member, "/commissie/", **browser)


@pytest.fixture
def at_afname(log_in_at: Opened, committee_member: User, assessed: Assessment) -> Opened:
    """Return a function that opens the assessment's page as the committee member."""
    return lambda **browser: log_in_at(committee_member, f"/commissie/{assessed.public_id}/", **browser)


@pytest.fixture
def one_of_each(make_afname: AfnameMaker, school: School) -> None:  # noqa: F811
    """An assessment in each status, of a student named after it."""
    for days, (status, name) in enumerate(IN_STATUS.items()):
        first, last = name.split()
        student = MembershipFactory(school=school, user__first_name=first, user__last_name=last)
        make_afname(status, student=student, since=timezone.now() - timedelta(days=days + 1))


@pytest.fixture
def pdf_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Return a function that renders the PDF; until it is called no PDF is made."""
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)


def rows(page: Page) -> Locator:
    return page.locator("[data-row]")


def finish(page: Page, address: str) -> None:
    """Use 'Afronden' with a typed address."""
    page.get_by_role("link", name="Afronden").click()
    page.get_by_label(FIELD).fill(address)
    page.get_by_role("button", name="Afronden", exact=True).click()


def test_c1_and_c15_examencommissie_sets_the_final_result(
    at_afname: Opened, assessed: Assessment, pdf_waits: None
) -> None:
    page = at_afname()
    finish(page, "bureau@hier.test")
    expect(page.get_by_role("status").first).to_contain_text("is definitief")
    expect(page.locator(".step-done").last).to_contain_text("Definitief")
    expect(page.get_by_role("link", name="Afronden")).to_have_count(0)
    assessed.refresh_from_db()
    assert (assessed.status, assessed.final_by and assessed.final_by.email) == (Status.FINAL, "commissie@hier.test")
    page.get_by_role("link", name="Terug naar studenten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Examen afnames")


def test_c3_role_examencommissie_opens_the_overview(
    live_server, new_browser: Opened, committee_member: User, assessed: Assessment
) -> None:
    page = new_browser()
    page.goto(live_server.url)
    give_password(page, committee_member)
    expect(page.get_by_role("heading", level=1)).to_have_text("Examen afnames")
    expect(rows(page)).to_have_text(["Anouk van 't Hoff"])


def test_c4_running_and_closed_exams_each_with_its_status(at_list: Opened, one_of_each: None) -> None:
    page = at_list()
    page.get_by_role("link", name="Alle statussen").click()
    expect(rows(page)).to_have_count(len(IN_STATUS))
    for status, name in IN_STATUS.items():
        expect(page.get_by_role("row", name=name)).to_contain_text(Status(status).label)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("Student", "klaar"),
        ("Sinds: van", "week"),
        ("Initiator", "collega"),
        ("Examinator", "erik"),
    ],
)
def test_c5_each_search_field_filters_the_list(
    at_list: Opened,
    assessed: Assessment,
    one_of_each: None,
    colleague: User,
    field: str,
    typed: str,
) -> None:
    """Of all statuses; the assessment with an examiner is new and of another docent."""
    expected = "Klaas Klaar" if field == "Student" else "Anouk van 't Hoff"
    Assessment.objects.filter(pk=assessed.pk).update(initiator=colleague)
    if typed == "week":
        Assessment.objects.exclude(pk=assessed.pk).update(status_since=timezone.now() - timedelta(days=30))
        typed = (timezone.localdate() - timedelta(days=7)).isoformat()
    if typed == "collega":
        typed = colleague.last_name
    page = at_list()
    page.get_by_role("link", name="Alle statussen").click()
    expect(rows(page)).to_have_count(len(IN_STATUS) + 1)
    if field != "Student":
        page.get_by_text("Meer filters").click()
    page.get_by_label(field, exact=True).fill(typed)
    page.get_by_role("button", name="Zoeken").click()
    expect(rows(page)).to_have_text([expected])


def test_c6_pending_assessments_are_filtered_on_beoordeeld(at_list: Opened, one_of_each: None) -> None:
    page = at_list()
    expect(rows(page)).to_have_text([IN_STATUS[Status.ASSESSED]])  # the initial state
    page.get_by_role("link", name="Definitief 1").click()
    expect(rows(page)).to_have_text([IN_STATUS[Status.FINAL]])
    page.get_by_role("link", name="Beoordeeld 1", exact=True).click()
    expect(rows(page)).to_have_text([IN_STATUS[Status.ASSESSED]])


def test_c7_and_c8_opened_exam_can_be_finalised_or_changed(at_list: Opened, assessed: Assessment) -> None:
    page = at_list()
    rows(page).get_by_text("Anouk van 't Hoff").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anouk van 't Hoff")
    expect(page.get_by_role("link", name="Bewerken", exact=True)).to_be_visible()
    page.get_by_role("link", name="Afronden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Afronden")


@pytest.mark.parametrize("how", ["typed", "chosen"])
def test_c12_exam_office_address_is_typed_or_chosen(
    at_afname: Opened, school: School, pdf_waits: None, how: str
) -> None:
    ExamOfficeFactory(school=school, name="Examenbureau Zorg", email="zorg@hier.test")
    ExamOfficeFactory(school=school, name="Examenbureau Techniek", email="techniek@hier.test")
    page = at_afname()
    page.get_by_role("link", name="Afronden").click()
    expect(page.get_by_role("radio")).to_have_count(3)
    if how == "typed":
        page.get_by_label("Een ander adres").check()
        page.get_by_label(FIELD).fill("archief@hier.test")
    else:
        page.get_by_label("Examenbureau Techniek").check()
    page.get_by_role("button", name="Afronden", exact=True).click()
    address = {"typed": "archief@hier.test", "chosen": "techniek@hier.test"}[how]
    expect(page.get_by_role("status").first).to_contain_text(f"gemaild naar {address}")
    assert Document.objects.get().exam_office_email == address


def test_c13_and_c14_pdf_is_mailed_to_the_archive(at_afname: Opened, pdf_waits: None, mail_server: SmtpSink) -> None:
    page = at_afname()
    finish(page, "afdeling@archief.test")
    page.get_by_label("Ja, afdeling@archief.test klopt").check()  # not in the list and not of the school
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_text("De pdf wordt gemaakt").first).to_be_visible()
    document = Document.objects.get()
    Document.objects.run(document.pk)
    for mail in OutgoingMail.objects.filter(to="afdeling@archief.test"):
        deliver(mail.pk)
    [received] = [mail for mail in mail_server.received if mail.to == "afdeling@archief.test"]
    assert "/beoordelingen/" not in received.text
    assert not User.objects.filter(email=received.to).exists()
    [pdf] = received.message.iter_attachments()
    assert str(pdf.get_filename()).endswith(".pdf")
    document.refresh_from_db()
    assert document.file is not None
    assert pdf.get_content() == document.file.read()
    text = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(pdf.get_content())).pages)
    assert "Anouk van 't Hoff" in text
    page.reload()
    expect(page.get_by_text("afdeling@archief.test").first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("[Pp]df")).first).to_be_visible()


def test_c16_student_sees_the_status_and_the_pdf(
    at_afname: Opened, log_in_at: Opened, student: Membership, pdf_waits: None
) -> None:
    theirs = log_in_at(student.user, "/mijn-examens/")
    expect(theirs.locator('[aria-current="step"]')).to_have_text("Beoordeeld")
    expect(theirs.get_by_role("link", name="Pdf van de beoordeling")).to_have_count(0)
    page = at_afname()
    finish(page, "bureau@hier.test")
    expect(page.get_by_role("status").first).to_contain_text("is definitief")
    expect(theirs.get_by_role("link", name="Pdf van de beoordeling")).to_have_count(0)
    Document.objects.run(Document.objects.get().pk)
    theirs.reload()
    expect(theirs.locator(".step-done").last).to_contain_text("Definitief")
    with theirs.expect_response(re.compile("/documenten/")) as response:
        theirs.get_by_role("link", name="Pdf van de beoordeling").click()
    assert response.value.headers["content-type"] == "application/pdf"
