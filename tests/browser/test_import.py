"""Import of examiners by a teacher (source text, appendix 'Beheren Adresboek')."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.ops.conftest import MakeRun

from . import walk

STUDENT_NUMBER = "100102"  # a different student than in the whole flow


def test_examiners_are_imported_from_the_template(
    running: MakeRun, new_browser: Callable[..., Page], tmp_path: Path, shots: walk.Shots
) -> None:
    page = new_browser()
    walk.log_in(page, running.url, "DOCENT")
    walk.open_picker(page, STUDENT_NUMBER)
    page.get_by_role("link", name="Examinatoren importeren").click()
    shots(page, "e1-importeren")

    excel = download(page, "Excel template", tmp_path / "examinatoren.xlsx")
    fill_in_excel(excel)
    page.get_by_label("Bestanden kiezen").set_input_files(excel)
    page.get_by_role("button", name="Bestand bekijken").click()
    expect(page.get_by_text("1 nieuw, 0 bijgewerkt")).to_be_visible()
    expect(page.get_by_text("‘geen adres’ is geen e-mailadres")).to_be_visible()
    shots(page, "e2-voorbeeld")
    page.get_by_role("button", name="Importeren", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Het importeren is gelukt: 1 nieuwe examinator,")
    shots(page, "e3-gelukt")

    page.get_by_role("link", name="Ander bestand kiezen").click()
    text = download(page, "csv-template", tmp_path / "examinatoren.csv").read_text(encoding="utf-8")
    drop(page, f"{text}Iris;;Ingesleept;iris@bedrijf.example;;Drogisterij;School\r\n")
    page.get_by_role("button", name="Bestand bekijken").click()
    page.get_by_role("button", name="Importeren", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Het importeren is gelukt")

    page.get_by_role("link", name="Naar het adresboek", exact=True).click()
    for name in ("Emma de Excel", "Iris Ingesleept"):
        page.get_by_label(name).check()
        expect(page.get_by_role("group", name="Gekozen")).to_contain_text(name)
    shots(page, "e4-in-het-adresboek")


def download(page: Page, words: str, path: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("link", name=words).click()
    started.value.save_as(path)
    return path


def fill_in_excel(path: Path) -> None:
    """Add a valid and an invalid row below the template's example."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    sheet.append(["Emma", "de", "Excel", "emma@bedrijf.example", "Chef", "Bakkerij", "Beroepsonderwijs"])
    sheet.append(["Fred", "", "Fout", "geen adres", "", "", ""])
    book.save(path)


def drop(page: Page, text: str) -> None:
    """Drop a file with this text on the drop zone."""
    make = """text => {
        const dragged = new DataTransfer();
        dragged.items.add(new File([text], "examinatoren.csv", {type: "text/csv"}));
        return dragged;
    }"""
    dragged = page.evaluate_handle(make, text)
    for event in ("dragover", "drop"):
        page.dispatch_event("[data-drop]", event, {"dataTransfer": dragged})
