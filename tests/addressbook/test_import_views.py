"""The pages of the import: upload, preview, 'Importeren', report."""

from __future__ import annotations

import io
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import strip_tags
from openpyxl import load_workbook

from accounts.importing.columns import Outcome
from accounts.models import Membership, Role
from addressbook.models import Import
from tests.factories import ContactFactory, MembershipFactory

from .files import ANOUK, BART, csv_file

START = reverse("addressbook_import:start")


@pytest.fixture
def browser(client, docent):
    client.force_login(docent)
    return client


def hand_in(browser, *rows, address=START, **data):
    file = SimpleUploadedFile("lijst.csv", csv_file(*rows).getvalue())
    return browser.post(address, {"file": file, **data}, follow=True)


def apply_address(prepared):
    return reverse("addressbook_import:apply", args=[prepared.public_id])


def test_upload_shows_the_preview(browser, school):
    page = hand_in(browser, ANOUK, ["", "", "", "x", "", "", ""]).content.decode()
    assert "1 nieuw, 0 bijgewerkt" in page
    assert "1 regel kan niet worden geïmporteerd" in " ".join(page.split())
    assert "is geen e-mailadres" in page
    assert not school.contacts.filter(email="anouk@bedrijf.test").exists()


def test_preview_shows_every_imported_column(browser):
    page = hand_in(browser, ANOUK, [*BART[:6], ""])
    rows = [" ".join(unescape(strip_tags(row)).split()) for row in page.content.decode().split("<tr>")[2:]]
    assert rows[0] == "2 Anouk van 't Hoff anouk@bedrijf.test Chef Bakkerij Bos Beroepsonderwijs Nederlands Nieuw"
    assert rows[1].startswith("3 Bart Bos bart@bedrijf.test Monteur Garage Bos Beroepsonderwijs Nederlands Nieuw")


def test_preview_shows_how_the_file_was_read(browser):
    file = SimpleUploadedFile("lijst.csv", b"Examinatoren\r\n" + csv_file(ANOUK).getvalue())
    page = browser.post(START, {"file": file}, follow=True).content.decode()
    assert "Kolomkoppen in regel 2; wat erboven staat is niet gelezen." in page


def test_importing_shows_a_report(browser, school):
    hand_in(browser, ANOUK, BART)
    page = browser.post(apply_address(Import.objects.get()), follow=True)
    assert "Het importeren is gelukt: 2 nieuwe examinatoren" in " ".join(page.content.decode().split())
    assert b">Importeren</button>" not in page.content
    assert school.contacts.filter(email="anouk@bedrijf.test").exists()


def test_a_second_click_ends_at_the_same_report(browser):
    hand_in(browser, ANOUK)
    address = apply_address(Import.objects.get())
    browser.post(address)
    page = browser.post(address, follow=True)
    assert "Het importeren is gelukt: 1 nieuwe examinator," in " ".join(page.content.decode().split())


def test_outdated_preview_is_explained(browser, school):
    hand_in(browser, ANOUK)
    ContactFactory(school=school, email="anouk@bedrijf.test")
    page = browser.post(apply_address(Import.objects.get()), follow=True).content.decode()
    assert "Het adresboek is intussen veranderd; er is nog niets geïmporteerd." in page
    assert "0 nieuw, 1 bijgewerkt" in page
    assert Import.objects.get().imported_at is None


def test_without_valid_rows_there_is_no_button(browser):
    page = hand_in(browser, ["", "", "", "x", "", "", ""])
    assert "Er is niets om te importeren." in page.content.decode()
    assert b">Importeren</button>" not in page.content


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "Dit bestand is leeg."), (b"%PDF-1.7", "Dit is geen Excel- of csv-bestand."), (b"a;b\r\n", "ontbreken")],
)
def test_invalid_file_is_reported_at_the_field(browser, content, sentence):
    page = browser.post(START, {"file": SimpleUploadedFile("lijst.csv", content)}).content.decode()
    assert sentence in page
    assert 'aria-invalid="true"' in page
    assert not Import.objects.exists()


def test_missing_file_is_requested(browser):
    assert "Kies eerst een bestand." in browser.post(START, {}).content.decode()


def test_several_files_are_refused_with_advice(browser):
    several = [SimpleUploadedFile(f"{n}.csv", csv_file(ANOUK).getvalue()) for n in range(2)]
    page = browser.post(START, {"file": several}).content.decode()
    assert "U koos meer dan één bestand. Kies er één" in page
    assert not Import.objects.exists()


def test_unused_column_is_named(browser):
    file = SimpleUploadedFile("lijst.csv", b"voornaam;achternaam;e-mail;Telefoon\r\nA;B;a@b.test;06\r\n")
    page = browser.post(START, {"file": file}, follow=True).content.decode()
    assert "Deze kolommen worden niet gebruikt: Telefoon." in page


def test_rows_can_be_filtered_by_outcome(browser):
    hand_in(browser, ANOUK, ["", "", "", "x", "", "", ""])
    address = reverse("addressbook_import:preview", args=[Import.objects.get().public_id])
    page = browser.get(address, {"toon": Outcome.ERROR}).content.decode()
    assert "anouk@bedrijf.test" not in page
    assert "is geen e-mailadres" in page


def test_error_file_can_be_corrected_and_imported(browser, school):
    hand_in(browser, ANOUK, ["Bart", "", "Bos", "bart", "=1+1", "", ""])
    content = browser.get(reverse("addressbook_import:to_mend", args=[Import.objects.get().public_id])).content
    book = load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    assert sheet["I2"].value == (
        "Regel 3: Functie is een formule; zet er de uitkomst zelf neer; E-mailadres is geen e-mailadres"
    )
    sheet["D2"], sheet["E2"] = "bart@bedrijf.test", "Monteur"
    mended = io.BytesIO()
    book.save(mended)
    page = browser.post(START, {"file": SimpleUploadedFile("t.xlsx", mended.getvalue())}, follow=True)
    assert "1 nieuw, 0 bijgewerkt" in page.content.decode()


def test_names_are_escaped(browser):
    page = hand_in(browser, ["<b>Anouk</b>", *ANOUK[1:]])
    assert b"<b>Anouk" not in page.content
    assert b"&lt;b&gt;Anouk" in page.content


def test_templates(browser):
    excel = browser.get(reverse("addressbook_import:excel_template"))
    assert excel["Content-Disposition"] == 'attachment; filename="examinatoren.xlsx"'
    assert load_workbook(io.BytesIO(excel.content)).sheetnames == ["Examinatoren", "Toelichting"]
    text = browser.get(reverse("addressbook_import:csv_template")).content
    assert text.startswith(b"\xef\xbb\xbfVoornaam;Tussenvoegsel;Achternaam;E-mailadres;Functie;Organisatie;Verbonden")


def test_docent_at_two_schools_chooses_one(browser, docent, school, other_school):
    MembershipFactory(user=docent, school=other_school, role=Role.DOCENT)
    assert "Kies een school" in browser.get(START).content.decode()
    assert not Import.objects.exists()
    hand_in(browser, ANOUK, school=other_school.pk)
    assert Import.objects.get().school == other_school


def test_other_school_is_refused(browser, docent, other_school):
    MembershipFactory(user=docent, role=Role.DOCENT)
    hand_in(browser, ANOUK, school=other_school.pk)
    assert not Import.objects.exists()


def test_import_is_not_visible_to_a_colleague(browser, colleague):
    hand_in(browser, ANOUK)
    browser.force_login(colleague)
    assert browser.post(apply_address(Import.objects.get())).status_code == 404


def test_former_docent_loses_access(browser, docent):
    hand_in(browser, ANOUK)
    Membership.objects.get(user=docent, role=Role.DOCENT).delete()
    assert browser.post(apply_address(Import.objects.get())).status_code == 404


# --- Return URL ----------------------------------------------------------------------------------
def test_import_returns_to_the_picker(browser, assessment):
    picker = reverse("assessments:pick", args=[assessment.public_id])
    place = f"?werkproces={assessment.unit.core_tasks.get().work_processes.first().pk}"
    page = browser.get(picker + place)
    assert b"icons.svg#import" in page.content
    href = page.content.decode().split('href="' + START)[1].split('"')[0].replace("&amp;", "&")
    response = hand_in(browser, ANOUK, address=START + href)
    assert response.context["back"] == picker + place
    page = browser.post(
        apply_address(Import.objects.get()) + "?" + response.request["QUERY_STRING"], follow=True
    ).content.decode()
    assert f'href="{picker}{place}">Naar het adresboek</a>' in page


@pytest.mark.parametrize("elsewhere", ["https://kwaad.test/", "//kwaad.test/", "javascript:alert(1)", "/\\kwaad.test"])
def test_the_way_back_stays_on_this_site(browser, elsewhere):
    assert browser.get(START, {"terug": elsewhere}).context["back"] == reverse("addressbook:contacts")
