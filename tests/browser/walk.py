"""The whole flow in a browser, by visible labels; used for every way to run the site."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from digibeoordelen.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from tests.processes import wait_until
from tests.smtp import Received, SmtpSink

Shots = Callable[[Page, str], None]

# From the demo's data.
EXAM, UNIT = "Verzorgende IG", "PVB-1"
STUDENT, STUDENT_NUMBER = "Anouk van 't Hoff", "100100"
EXAMINER, EXAMINER_EMAIL = "Wilma Hofstede", "wilma.hofstede@examinator.demo.example"
ANOTHER_OFFICE = "archief@school.demo.example"  # not in the school's list
JUSTIFICATION = "Anouk stelde mevrouw gerust & legde alles uit."


def no_shots(page: Page, name: str) -> None:
    """Save no picture."""


def whole_flow(
    url: str, *, sink: SmtpSink, new_browser: Callable[..., Page], folder: Path, shots: Shots = no_shots
) -> None:
    """Run from login to CSV: teacher, examiner, committee and student, each in a separate browser."""
    attachment = folder / "toelichting.pdf"
    attachment.write_bytes(b"%PDF-1.4 toelichting")
    teacher = new_browser()
    log_in(teacher, url, "DOCENT")
    start_assessment(teacher, shots=shots)
    choose_examiner(teacher, shots=shots)
    invite_examiner(teacher, remark="Graag voor vrijdag.", attachment=attachment, shots=shots)

    invitation = mail_to(sink, EXAMINER_EMAIL, subject=STUDENT)
    assert "Graag voor vrijdag." in invitation.text
    assert invitation.html.index("Graag voor vrijdag.") < invitation.html.index(">Start beoordeling</a>")
    assert [part.get_filename() for part in invitation.message.iter_attachments()] == ["toelichting.pdf"]
    examiner = new_browser()
    examiner.goto(start_link(invitation))
    assert "/beoordelen/u/" in examiner.url
    fill_in(examiner, shots=shots)

    committee = new_browser()
    log_in(committee, url, "EXAMENCOMMISSIE")
    make_final(committee, shots=shots)
    [pdf] = mail_to(sink, ANOTHER_OFFICE).message.iter_attachments()
    archived = pdf.get_content()
    read_pdf(archived)

    student = new_browser()
    log_in(student, url, "STUDENT")
    assert student_downloads(student, shots=shots) == archived

    [header, *rows] = [line.split(";") for line in download_csv(committee, shots=shots).splitlines()]
    [row] = [dict(zip(header, row, strict=True)) for row in rows if STUDENT_NUMBER in row]
    assert row["resultaat"] == "V"

    teacher.get_by_role("link", name="Terug naar studenten").click()
    row_of_student = teacher.get_by_role("row", name=STUDENT)
    for shown in ("Definitief", row["cijfer"], "Voldoende"):
        expect(row_of_student).to_contain_text(shown)
    expect(row_of_student.get_by_role("link", name="Pdf")).to_be_visible()
    shots(teacher, "e1-digitaal-beoordelen-definitief")


def log_in(page: Page, url: str, role: str) -> None:
    """Log in with the demo account of `role` in a new browser."""
    email = next(account["email"] for account in DEMO_ACCOUNTS if account["role"] == role)
    page.goto(url)
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    expect(page.get_by_role("button", name="Uitloggen")).to_be_visible()


def start_assessment(page: Page, *, shots: Shots = no_shots) -> None:
    """Mijn Digibib → exam → unit → 'Digitaal beoordelen' → '+' → student → 'Ga verder'."""
    page.get_by_role("link", name="Mijn Digibib").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mijn Digibib")
    shots(page, "a1-mijn-digibib")
    page.get_by_role("link", name=EXAM).click()
    page.get_by_role("link", name=UNIT).first.click()
    page.get_by_role("main").get_by_role("link", name="Digitaal beoordelen", exact=True).click()
    expect(page.get_by_role("link", name="Digitaal beoordelen starten voor student")).to_be_visible()
    shots(page, "a3-digitaal-beoordelen")
    page.get_by_role("link", name="Digitaal beoordelen starten voor student").click()
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("hoff 1001")
    take = page.get_by_role("button", name=f"Toevoegen van {STUDENT}")
    expect(take).to_be_visible()  # the search runs while typing
    shots(page, "a4-student-zoeken")
    take.click()
    expect(page.get_by_role("heading", name="Toegevoegd: 1 student")).to_be_visible()
    shots(page, "a5-student-toegevoegd")
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Examinator(en) kiezen")


def open_picker(page: Page, student_number: str) -> None:
    """Start an assessment of a student and open the address book for the whole exam."""
    page.get_by_role("link", name="Mijn Digibib").click()
    page.get_by_role("link", name=EXAM).click()
    page.get_by_role("link", name=UNIT).first.click()
    page.get_by_role("main").get_by_role("link", name="Digitaal beoordelen", exact=True).click()
    page.get_by_role("link", name="Digitaal beoordelen starten voor student").click()
    page.get_by_label("Naam, e-mailadres of studentnummer").fill(student_number)
    page.get_by_role("button", name="Ga verder").click()
    page.get_by_role("link", name="Kies examinator(en) voor het hele examen").click()


def choose_examiner(page: Page, *, shots: Shots = no_shots) -> None:
    """'Kies examinator(en) voor het hele examen' → address book → tick → 'Overnemen'."""
    shots(page, "a6-examinatoren-kiezen")
    page.get_by_role("link", name="Kies examinator(en) voor het hele examen").click()
    page.get_by_label(EXAMINER).check()
    expect(page.get_by_role("group", name="Gekozen")).to_contain_text(EXAMINER)
    shots(page, "a7-adresboek")
    page.get_by_role("button", name="Overnemen").click()
    expect(page.get_by_text("Gekozen voor het hele examen:")).to_be_visible()
    shots(page, "a8-naam-bij-de-criteria")


def invite_examiner(page: Page, *, remark: str, attachment: Path, shots: Shots = no_shots) -> None:
    """'Examinatoren uitnodigen' → ticks at 'Uitnodigen' → remark, attachment → 'Uitnodiging(en) verzenden'."""
    page.get_by_role("link", name="Examinatoren uitnodigen").click()
    expect(page.get_by_role("group", name="Uitnodigen").get_by_label(EXAMINER)).to_be_checked()
    shots(page, "a9-uitnodigen")
    page.get_by_label("Opmerking").fill(remark)
    page.get_by_label("Bijlagen").set_input_files(attachment)
    shots(page, "a10-bericht")
    page.get_by_role("button", name="Uitnodiging(en) verzenden").click()
    expect(page.get_by_role("status")).to_contain_text("De uitnodiging is verzonden aan")
    shots(page, "a11-verzonden")


def mail_to(sink: SmtpSink, address: str, *, subject: str = "") -> Received:
    """Wait for a mail to `address` whose subject contains `subject`; return the newest."""

    def newest() -> Received | None:
        mails = [mail for mail in sink.received if mail.to == address and subject in mail.subject]
        return mails[-1] if mails else None

    newest_mail = wait_until(newest, f"a mail to {address}")
    assert newest_mail is not None
    return newest_mail


def start_link(mail: Received) -> str:
    """Return the URL of the green button 'Start beoordeling'."""
    match = re.search(r'<a href="([^"]+)"[^>]*>Start beoordeling</a>', mail.html)
    assert match is not None, mail.html
    return match[1]


def fill_in(page: Page, *, shots: Shots = no_shots) -> None:
    """Score the first criterion G and the others V, save, complete, and expect a read-only form.

    Before completing, the missing justification of the G is refused and the scores are kept.
    """
    groups = page.get_by_role("radiogroup")
    count = groups.count()
    shots(page, "b1-formulier")
    for number in range(count):
        word = "G Goed" if number == 0 else "V Voldoende"
        groups.nth(number).get_by_role("radio", name=word).check()
    page.get_by_role("button", name="Tussentijds opslaan").click()
    expect(page.get_by_role("status")).to_contain_text("Tussentijds opgeslagen om")
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("de onderbouwing is verplicht bij een O of een G", timeout=15_000)
    expect(page.locator("input[type=radio]:checked")).to_have_count(count)
    shots(page, "b2-onderbouwing-ontbreekt")
    page.get_by_role("alert").get_by_role("link").first.click()
    page.get_by_label("Onderbouwing").first.fill(JUSTIFICATION)
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_label("Ik heb deze beoordeling zelf gegeven")).to_be_visible()
    shots(page, "b3-nakijken")
    page.get_by_label("Ik heb deze beoordeling zelf gegeven").check()
    page.get_by_role("button", name=re.compile("Beoordeling van .* afronden")).click()
    expect(page.get_by_role("status")).to_contain_text("Uw beoordeling is afgerond")
    expect(page.get_by_role("radiogroup")).to_have_count(0)
    expect(page.get_by_text(JUSTIFICATION)).to_be_visible()
    shots(page, "b4-afgerond")


def make_final(page: Page, *, shots: Shots = no_shots) -> None:
    """'Examen afnames' → filter → open → 'Afronden' → exam office → 'Terug naar studenten'."""
    page.get_by_role("link", name="Examen afnames").click()
    page.get_by_role("link", name=re.compile("^Beoordeeld")).click()
    expect(page).to_have_url(re.compile("status="))
    with page.expect_event("load"):
        page.get_by_role("button", name="Zoeken").click()
    shots(page, "c1-examen-afnames")
    page.get_by_role("link", name=STUDENT).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(STUDENT)
    shots(page, "c2-afname")
    # Where the exam's office is remembered, 'Afronden' is a button, and this link leads to the screen that asks for it.
    asks = page.get_by_role("link", name="Een ander adres").or_(page.get_by_role("link", name="Afronden", exact=True))
    asks.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Afronden")
    shots(page, "c3-afronden")
    page.get_by_label("Een ander adres").check()
    page.get_by_label("E-mailadres van het examenbureau").fill("geen adres")
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_visible()
    page.get_by_label("E-mailadres van het examenbureau").fill(ANOTHER_OFFICE)
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("is definitief")
    shots(page, "c4-definitief")
    page.get_by_role("link", name="Terug naar studenten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Examen afnames")


def read_pdf(content: bytes) -> None:
    """Check that the PDF contains the student's name and the justification."""
    text = " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())
    assert STUDENT in text
    assert JUSTIFICATION in text


def student_downloads(page: Page, *, shots: Shots = no_shots) -> bytes:
    """Check status and result in 'Mijn examens'; return the PDF's bytes."""
    page.get_by_role("link", name="Mijn examens").click()
    expect(page.get_by_text("Definitief").first).to_be_visible()
    expect(page.get_by_text("Voldoende").first).to_be_visible()
    shots(page, "d1-mijn-examens")
    link = page.get_by_role("link", name=re.compile("pdf", re.IGNORECASE)).first
    response = page.request.get(str(link.evaluate("link => link.href")))
    assert response.headers["content-type"] == "application/pdf"
    return response.body()


def download_csv(page: Page, *, shots: Shots = no_shots) -> str:
    """Choose the exam, click 'Zoeken' and 'Download resultaten als CSV'; return the file's text."""
    page.get_by_role("link", name="Examen afnames").click()
    expect(page).to_have_url(re.compile(r"/commissie/$"))  # without the earlier search of the list
    page.wait_for_load_state()
    options = page.get_by_label("Examen", exact=True).locator("option")
    label = next(text for text in options.all_inner_texts() if EXAM in text)
    page.get_by_label("Examen", exact=True).select_option(label=label)
    download = page.get_by_role("button", name="Download resultaten als CSV")
    expect(download).to_be_visible()
    with page.expect_event("load"):
        page.get_by_role("button", name="Zoeken").click()
    expect(download).to_be_visible()
    shots(page, "c5-csv")
    with page.expect_download() as started:
        download.click()
    return Path(started.value.path()).read_bytes().decode("utf-8-sig")
