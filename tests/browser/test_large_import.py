"""Import of a large file: a progress bar that can be left and reopened, and the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.importing.preview import prepare
from accounts.models import School, User
from addressbook.models import Import
from tests.addressbook.files import csv_file, xlsx
from tests.ops.conftest import MakeRun

from . import walk
from .wcag import check_width

START = "/adresboek/importeren/"
ROWS = 1500


def people(count: int) -> list[list[str]]:
    return [["Jan", "", f"Nummer {n}", f"jan{n}@groot.example", "Chef", "Bakkerij", "School"] for n in range(count)]


def test_large_file_shows_a_bar_and_ends_in_the_report(
    running: MakeRun, new_browser: Callable[..., Page], tmp_path: Path
) -> None:
    file = tmp_path / "lijst.xlsx"
    file.write_bytes(xlsx(*people(ROWS)).getvalue())
    page = new_browser()
    walk.log_in(page, running.url, "DOCENT")
    page.goto(running.url + START)
    page.get_by_label("Bestanden kiezen").set_input_files(file)
    with page.expect_response(lambda response: "<progress" in text_of(response)):
        page.get_by_role("button", name="Bestand bekijken").click()
    expect(page.get_by_text("1.500 nieuw, 0 bijgewerkt")).to_be_visible(timeout=15_000)
    with page.expect_response(lambda response: "<progress" in text_of(response)):
        page.get_by_role("button", name="Importeren", exact=True).click()
    report = page.get_by_role("status")
    expect(report).to_contain_text("Het importeren is gelukt: 1.500 nieuwe examinatoren,", timeout=15_000)
    page.get_by_role("link", name="Ander bestand kiezen").click()
    page.get_by_role("listitem").filter(has_text="lijst.xlsx").get_by_role("link").click()
    expect(report).to_contain_text("Het importeren is gelukt")


def text_of(response: Any) -> str:
    if response.status != 200 or "text/html" not in response.headers.get("content-type", ""):
        return ""
    return str(response.text())


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the announced imports; the test acts as the worker."""
    job_ids: list[int] = []
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: job_ids.append(pk))
    return job_ids


@pytest.mark.parametrize("javascript", [True, False])
def test_progress_page_can_be_left_and_reopened(
    javascript: bool,
    log_in_at: Callable[..., Page],
    docent: User,
    announced: list[int],
    tmp_path: Path,
    shots: walk.Shots,
) -> None:
    file = tmp_path / f"{'examinatoren-van-alle-vestigingen-' * 3}2026.csv"
    file.write_bytes(csv_file(*people(ROWS)).getvalue())
    page = log_in_at(docent, START, javascript=javascript)
    page.get_by_label("Bestanden kiezen").set_input_files(file)
    page.get_by_role("button", name="Bestand bekijken").click()
    expect(page.get_by_text("1.500 regels worden gelezen")).to_be_visible()
    shots(page, "e5-wacht")
    Import.objects.update(state=Import.State.READING, done_rows=500)
    if not javascript:
        page.get_by_role("link", name="Vernieuwen").click()
    expect(page.get_by_text("500 van 1.500 regels gelezen")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "500")
    shots(page, "e6-wordt-gelezen")

    page.get_by_role("link", name="Examinatoren importeren").click()
    expect(page.get_by_role("heading", name="Uw lopende import")).to_be_visible()
    shots(page, "e7-teruggevonden")
    page.get_by_role("link", name=file.name).click()
    Import.objects.update(state=Import.State.QUEUED)
    assert Import.objects.run(announced[0])
    if not javascript:
        page.get_by_role("link", name="Vernieuwen").click()
    expect(page.get_by_text("1.500 nieuw, 0 bijgewerkt")).to_be_visible()
    shots(page, "e8-gelezen")


def test_long_names_and_a_hundred_errors_fit_the_page(
    log_in_at: Callable[..., Page], docent: User, school: School, shots: walk.Shots
) -> None:
    long = "Wolfeschlegelsteinhausenbergerdorff" * 2
    wrong = [["", "van der", f"{long} {n}", f"{'lang.' * 12}{n}", "Chef " * 40, "", "Thuis"] for n in range(100)]
    right = ["Anne-" * 7, "van de", long[:50], f"{'lang.' * 10}a@{'bedrijf.' * 20}test", "Chef", "Bakkerij " * 12, ""]
    file = csv_file(right, *wrong)
    prepared = prepare(Import, school=school, by=docent, file=file, filename=f"{'lijst_van_alle_' * 9}.csv")
    page = log_in_at(docent, f"{START}{prepared.public_id}/")
    expect(page.get_by_text("100 regels kunnen niet worden geïmporteerd.")).to_be_visible()
    shots(page, "e9-lange-namen-en-fouten")
    check_width(page)


def test_error_of_a_large_file_is_shown_at_the_field(
    log_in_at: Callable[..., Page], docent: User, announced: list[int], tmp_path: Path, shots: walk.Shots
) -> None:
    file = tmp_path / "lijst.csv"
    file.write_bytes(b"naam;mail\r\n" * ROWS)
    page = log_in_at(docent, START)
    page.get_by_label("Bestanden kiezen").set_input_files(file)
    page.get_by_role("button", name="Bestand bekijken").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert Import.objects.run(announced[0])
    expect(page.get_by_role("alert")).to_contain_text("ontbreken")
    shots(page, "e10-geweigerd")
