"""An exam from upload to assessment, by the Consortium's staff without a restart (docs/examens.md)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from scripts.environment import BASE
from tests.ops.conftest import MakeRun

from . import walk
from .wcag import check_page

GUIDE = (BASE / "docs" / "examens.md").read_text(encoding="utf-8")
TITLE = "Voorbeeld gastheer"
UNIT = "Gasten ontvangen en bedienen"


def test_new_exam_version_goes_live_without_a_restart(
    running: MakeRun, new_browser: Callable[..., Page], tmp_path: Path, shots: walk.Shots
) -> None:
    staff, teacher = new_browser(), new_browser()
    walk.log_in(staff, running.url, "CONSORTIUM")
    walk.log_in(teacher, running.url, "DOCENT")

    [example_of_guide] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    wrong = tmp_path / "gastheer-met-fouten.yaml"
    wrong.write_text(
        example_of_guide.replace("cohort: 2026-2027", "cohort: 2026")
        .replace("text: De bon klopt.", "tekst: De bon klopt.")
        .replace('"3.3", "5.5", "7.8"', '"5.5", "3.3", "7,8"'),
        encoding="utf-8",
    )
    open_upload(staff, running.url)
    check_page(staff)
    shots(staff, "1-inlezen")
    hand_in(staff, wrong)
    expect(staff.get_by_role("alert")).to_contain_text(
        "gastheer-met-fouten.yaml, regel 6: Examen: 'cohort' klopt niet."
    )
    check_page(staff)
    shots(staff, "2-fouten")

    staff.get_by_role("link", name="de handleiding").click()
    expect(staff.get_by_role("heading", name="Fouten en wat u eraan doet")).to_be_in_viewport()
    check_page(staff)
    shots(staff, "2-handleiding")
    staff.get_by_role("link", name="Examen inlezen").click()

    right = tmp_path / "gastheer.yaml"
    right.write_text(example_of_guide, encoding="utf-8")
    hand_in(staff, right)
    expect(staff.get_by_text("Dit wordt een nieuw examen.")).to_be_visible()
    staff.get_by_text("Werkproces B1-K1-W1 Ontvangt gasten").first.click()
    expect(staff.get_by_role("columnheader", name="Cijfer zonder O")).to_be_visible()
    check_page(staff)
    shots(staff, "3-bekijken")
    staff.get_by_role("link", name=f"Formulier van PVB-1 {UNIT}").click()
    look_at_form(staff, shots)
    staff.get_by_role("link", name="Terug naar het examen").click()
    staff.get_by_role("button", name="Opslaan als concept").click()
    expect(staff.get_by_text("is opgeslagen als concept")).to_be_visible()
    check_page(staff)
    shots(staff, "5-concept")
    publish(staff, shots, "6-publiceren")

    start_assessment(teacher, "100103")
    expect(teacher.get_by_role("heading", level=1)).to_contain_text("Examinator(en) kiezen")

    next_version = download_and_change(staff, tmp_path)
    open_upload(staff, running.url)
    hand_in(staff, next_version)
    expect(staff.get_by_role("heading", name="Verschillen met versie 1")).to_be_visible()
    expect(staff.get_by_text("De titel was ‘Ontvangt gasten’ en wordt ‘Verwelkomt gasten’.")).to_be_visible()
    check_page(staff)
    shots(staff, "7-verschillen")
    staff.emulate_media(color_scheme="dark")
    check_page(staff)
    staff.emulate_media(color_scheme="light")
    staff.get_by_role("button", name="Opslaan als concept").click()
    publish(staff, shots, "8-publiceren-nieuwe-versie")

    teacher.get_by_role("link", name="Mijn Digibib").click()
    teacher.get_by_role("main").get_by_role("link", name=TITLE).click()
    teacher.get_by_role("link", name=UNIT).first.click()
    expect(teacher.get_by_role("main").get_by_text("Verwelkomt gasten").first).to_be_visible()


def open_upload(page: Page, url: str) -> None:
    page.goto(f"{url}/beheer/examens/")
    page.get_by_role("link", name="Examen inlezen").click()
    expect(page.get_by_role("heading", name="Examen inlezen", level=1)).to_be_visible()


def hand_in(page: Page, file: Path) -> None:
    page.get_by_label("Bestand").set_input_files(file)
    page.get_by_role("button", name="Bestand bekijken").click()


def look_at_form(page: Page, shots: walk.Shots) -> None:
    """Check that the preview counts open criteria and requires a justification for an O, as the real form does."""
    expect(page.get_by_role("heading", name="B1-K1-W1 Ontvangt gasten")).to_be_visible()
    expect(page.locator("[data-open-count]")).to_have_text("5")
    page.locator(".ovg-segment.ovg-O").first.click()
    expect(page.get_by_text("verplicht", exact=True).first).to_be_visible()
    expect(page.get_by_role("button", name="Afronden")).to_be_disabled()
    check_page(page)
    shots(page, "4-formulier")


def publish(page: Page, shots: walk.Shots, name: str) -> None:
    page.get_by_role("link", name="Publiceren").click()
    expect(page.get_by_role("button", name="Publiceren")).to_be_visible()
    check_page(page)
    shots(page, name)
    page.get_by_role("button", name="Publiceren").click()
    expect(page.get_by_text("is gepubliceerd en geldt vanaf nu")).to_be_visible()


def start_assessment(page: Page, student_number: str) -> None:
    """Catalogue → exam → unit → 'Digitaal beoordelen' → '+' → student → 'Ga verder'."""
    page.get_by_role("link", name="Productcatalogus").click()
    page.get_by_role("row", name=TITLE).get_by_role("button", name="Toevoegen").click()
    expect(page.get_by_text("staat nu op uw account")).to_be_visible()
    page.get_by_role("link", name="Mijn Digibib").click()
    page.get_by_role("main").get_by_role("link", name=TITLE).click()
    page.get_by_role("link", name=UNIT).first.click()
    page.get_by_role("main").get_by_role("link", name="Digitaal beoordelen", exact=True).click()
    page.get_by_role("link", name="Digitaal beoordelen starten voor student").click()
    page.get_by_label("Naam, e-mailadres of studentnummer").fill(student_number)
    page.get_by_role("button", name="Ga verder").click()


def download_and_change(page: Page, folder: Path) -> Path:
    """Return the version as a workbook with a changed title and an extra grade."""
    path = folder / "gastheer.xlsx"
    with page.expect_download() as started:
        page.get_by_role("link", name="Download als Excel").click()
    started.value.save_as(path)
    assert started.value.suggested_filename == "99999-2026-2027-versie-1.xlsx"
    book = load_workbook(path)
    book["Werkprocessen"]["D2"] = "Verwelkomt gasten"
    book["Cijfers"]["E3"] = 2.1
    book["Criteria"]["F2"] = "Laat de gast wachten zonder iets te zeggen of op te kijken."
    book.save(path)
    return path
