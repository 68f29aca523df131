"""The sentences of the appendix 'Beheren Adresboek' on the rows of the address book, in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ops.conftest import MakeRun

from . import walk

Shots = Callable[[Page, str], None]

STUDENT_NUMBER = "100103"  # a different student than in the other walks
PURPLE, GREEN = "rgb(91, 42, 134)", "rgb(27, 122, 67)"
# From the demo's data.
WITH_ACCOUNT, FROM_SCHOOL, FROM_WORKPLACE = "Kees Verhoeven", "Anneke Smit", "Gerard Kok"


@pytest.fixture
def book(running: MakeRun, new_browser: Callable[..., Page]) -> Page:
    """The address book, opened by the demo's Docent from the tab."""
    page = new_browser()
    walk.log_in(page, running.url, "DOCENT")
    page.get_by_role("link", name="Adresboek").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Adresboek")
    return page


def row(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def pencil(page: Page, name: str) -> Locator:
    return row(page, name).get_by_role("link", name=f"{name} bewerken")


def bin_of(page: Page, name: str) -> Locator:
    return row(page, name).get_by_role("link", name=f"{name} verwijderen")


def add(page: Page, *, first_name: str, last_name: str, email: str) -> None:
    """Click '+', fill in the fields and click 'Contactpersoon opslaan'."""
    page.locator(".round", has_text="Examinator toevoegen").click()
    page.get_by_label("Voornaam").fill(first_name)
    page.get_by_label("Achternaam").fill(last_name)
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_role("button", name="Contactpersoon opslaan").click()
    expect(page.get_by_role("status")).to_contain_text(f"{first_name} {last_name} staat nu in het adresboek.")


def test_docent_and_praktijkopleider_accounts_are_listed_automatically(book: Page) -> None:
    for name, function in (("Marijke de Boer", "Docent"), (WITH_ACCOUNT, "Praktijk")):
        expect(row(book, name)).to_contain_text(function)
    expect(row(book, "Fatima El Amrani")).to_have_count(0)  # Examencommissie


def test_initiator_adds_a_contact_while_choosing_examiners(
    running: MakeRun, new_browser: Callable[..., Page], shots: Shots
) -> None:
    page = new_browser()
    walk.log_in(page, running.url, "DOCENT")
    walk.open_picker(page, STUDENT_NUMBER)
    add(page, first_name="Nora", last_name="Handmatig", email="nora.handmatig@examinator.demo.example")
    expect(page.get_by_label("Nora Handmatig")).to_be_checked()
    expect(page.get_by_role("group", name="Gekozen")).to_contain_text("Nora Handmatig")
    shots(page, "f0-handmatig-toegevoegd")


def test_school_contacts_are_purple_and_workplace_contacts_green(book: Page, shots: Shots) -> None:
    for name, colour, word in ((FROM_SCHOOL, PURPLE, "School"), (FROM_WORKPLACE, GREEN, "Beroepsonderwijs")):
        chip = row(book, name).locator(".person")
        assert chip.evaluate("chip => getComputedStyle(chip, '::before').backgroundColor") == colour
        expect(chip.locator(".person-side")).to_have_text(word)  # colour is never the only sign
    shots(book, "f1-adresboek")


def test_account_holders_have_a_purple_figure(book: Page) -> None:
    figure = row(book, WITH_ACCOUNT).get_by_role("img", name="Gegevens uit Digibib")
    expect(figure).to_have_css("color", PURPLE)
    expect(row(book, FROM_WORKPLACE).get_by_role("img", name="Gegevens uit Digibib")).to_have_count(0)


def test_only_manually_added_contacts_can_be_removed(book: Page, shots: Shots) -> None:
    expect(row(book, WITH_ACCOUNT)).to_be_visible()
    expect(bin_of(book, WITH_ACCOUNT)).to_have_count(0)
    add(book, first_name="Greet", last_name="Tijdelijk", email="greet.tijdelijk@examinator.demo.example")
    bin_of(book, "Greet Tijdelijk").click()
    expect(book.get_by_text("Greet Tijdelijk (greet.tijdelijk@examinator.demo.example) gaat uit")).to_be_visible()
    shots(book, "f2-verwijderen")
    book.get_by_role("button", name="Verwijderen").click()
    expect(book.get_by_role("status")).to_contain_text("Greet Tijdelijk is uit het adresboek verwijderd.")
    shots(book, "f3-verwijderd")
    expect(row(book, "Greet Tijdelijk")).to_have_count(0)
    book.get_by_role("button", name="Ongedaan maken").click()
    expect(row(book, "Greet Tijdelijk")).to_be_visible()


def test_pencil_edits_manually_added_contacts(book: Page, shots: Shots) -> None:
    add(book, first_name="Piet", last_name="Verkeerd", email="piet.verkeerd@examinator.demo.example")
    pencil(book, "Piet Verkeerd").click()
    book.get_by_label("Achternaam").fill("Goed")
    book.get_by_label("Organisatie").fill("Bakkerij Bos")
    book.get_by_label("School").check()
    shots(book, "f4-bewerken")
    book.get_by_role("button", name="Contactpersoon opslaan").click()
    expect(row(book, "Piet Goed")).to_contain_text("Bakkerij Bos · School")


def test_only_functie_and_organisatie_of_accounts_are_editable(book: Page, shots: Shots) -> None:
    pencil(book, WITH_ACCOUNT).click()
    expect(book.get_by_role("main").get_by_role("textbox")).to_have_count(2)
    book.get_by_label("Functie").fill("Praktijkbegeleider")
    book.get_by_label("Organisatie").fill("Thuiszorg Rivierenland")
    shots(book, "f5-bewerken-met-account")
    book.get_by_role("button", name="Contactpersoon opslaan").click()
    expect(row(book, WITH_ACCOUNT)).to_contain_text("Praktijkbegeleider · Thuiszorg Rivierenland")


def test_conflicting_edit_is_shown_to_the_second_user(
    book: Page, running: MakeRun, new_browser: Callable[..., Page], shots: Shots
) -> None:
    add(book, first_name="Tom", last_name="Tweemaal", email="tom.tweemaal@examinator.demo.example")
    pencil(book, "Tom Tweemaal").click()
    another = new_browser(javascript=False)
    walk.log_in(another, running.url, "DOCENT")
    another.goto(book.url)
    another.get_by_label("Functie").fill("Chef")
    another.get_by_role("button", name="Contactpersoon opslaan").click()
    expect(another.get_by_role("status")).to_contain_text("zijn bewaard")
    book.get_by_label("Functie").fill("Bakker")
    book.get_by_role("button", name="Contactpersoon opslaan").click()
    refused = book.get_by_role("alert")
    expect(refused).to_contain_text("De gegevens van Tom Tweemaal zijn intussen gewijzigd.")
    expect(row(refused, "Functie").get_by_role("cell")).to_have_text(["Chef", "Bakker"])
    shots(book, "f6-intussen-gewijzigd")
    book.get_by_role("button", name="Contactpersoon opslaan").click()
    expect(row(book, "Tom Tweemaal")).to_contain_text("Bakker")
