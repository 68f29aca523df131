"""Schoolbeheer's settings, logo and student numbers in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership, Role, School, User
from assessments.models import Assessment
from tests.factories import (
    AccountExamFactory,
    ExamFactory,
    ExamOfficeFactory,
    MembershipFactory,
    given_logo,
    member,
    png,
)

from .wcag import at_each_width, check_focus, check_page

pytestmark = pytest.mark.django_db(transaction=True)

Browse = Callable[..., Page]


@pytest.fixture
def administrator(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")


@pytest.fixture
def desk(log_in_at: Browse, administrator: User, school: School) -> Browse:
    """Return a function that opens a page of Schoolbeheer: `desk("instellingen/")`."""

    def open_page(path: str = "instellingen/", **browser: int) -> Page:
        return log_in_at(administrator, f"/school/{school.pk}/{path}", **browser)

    return open_page


def test_every_settings_change_is_logged(desk: Browse, school: School, shots) -> None:
    ExamOfficeFactory(school=school, name="Examenbureau Zorg en Welzijn, locatie Noord", email="zorg@bureau.test")
    page = desk()
    check_page(page)
    shots(page, "instellingen-1280")
    page.get_by_role("spinbutton", name="Geldigheid van een link").fill("90")
    page.get_by_label("Kleur", exact=True).fill("#ff0000")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("alert")).to_contain_text("het contrast met wit is 3,9 op 1")
    check_page(page)
    shots(page, "instellingen-te-licht")
    page.get_by_label("Kleur", exact=True).fill("#1d5fa8")
    page.get_by_role("textbox", name="Vorm van het studentnummer").fill("999999 s999999")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("status")).to_contain_text("Bewaard: Geldigheid van een link (dagen)")
    page.get_by_role("main").get_by_role("link", name="Wijzigingen").click()
    row = page.get_by_role("row").filter(has_text="Geldigheid van een link")
    for shown in ("60", "90", "Bea Beheer"):
        expect(row).to_contain_text(shown)
    check_page(page)
    shots(page, "wijzigingen")


def test_new_school_sees_its_missing_settings(desk: Browse, school: School, shots) -> None:
    page = desk("")
    expect(page.get_by_role("heading", name="Nog te doen")).to_be_visible()
    check_page(page)
    shots(page, "overzicht-leeg")
    page.get_by_role("link", name="Docent uitnodigen").click()
    expect(page.get_by_label("Docent")).to_be_checked()
    MembershipFactory.create_batch(12, school=school, student_number="")
    page.goto(page.url.split("/uitnodigingen/")[0] + "/")
    check_page(page)
    shots(page, "overzicht")
    page.get_by_role("link", name="Bekijk wie dat zijn").click()
    expect(page.get_by_role("heading", name="Studenten zonder studentnummer")).to_be_visible()
    check_page(page)
    shots(page, "zonder-nummer")
    page.get_by_role("link", name="Wijzigen").first.click()
    page.get_by_label("Studentnummer", exact=True).fill("123457")
    page.get_by_label("Reden").fill("Van de inschrijving.")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("status")).to_contain_text("is nu 123457.")


def test_concurrent_change_shows_both_texts(desk: Browse, school: School, shots) -> None:
    page, other = desk(), desk()
    for browser, days in ((other, "21"), (page, "30")):
        browser.get_by_role("spinbutton", name="Termijn voor bezwaar").fill(days)
        browser.get_by_role("button", name="Bewaren").click()
        expect(browser.get_by_role("alert" if browser is page else "status").first).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Iemand anders wijzigde intussen hetzelfde")
    expect(page.get_by_text("Intussen gewijzigd door Bea Beheer")).to_contain_text("21")
    expect(page.get_by_role("spinbutton", name="Termijn voor bezwaar")).to_have_value("30")
    check_page(page)
    shots(page, "instellingen-beide")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("status")).to_contain_text("Bewaard: Termijn voor bezwaar")


def test_logo_and_colour_show_at_once_and_axe_finds_nothing(
    desk: Browse, live_server, school: School, shots, tmp_path: Path
) -> None:
    School.objects.update(colour="#767676")  # the lightest allowed colour
    picture = tmp_path / "logo.png"
    picture.write_bytes(png(900, 200, "#0a6e6e"))
    page = desk()
    page.get_by_label("Bestand met het logo").set_input_files(picture)
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("status")).to_have_text("Het logo is opgeslagen.")
    logo = page.get_by_role("banner").get_by_role("img", name="ROC Hier")
    expect(logo).to_be_visible()
    assert logo.evaluate("image => image.naturalWidth") > 0
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(118, 118, 118)"
    check_page(page)
    shots(page, "logo")
    for path in ("", "studentnummers/?q=beheer", "wijzigingen/"):
        page.goto(f"{live_server.url}/school/{school.pk}/{path}")
        check_page(page)


def test_the_picker_fills_in_the_colour(desk: Browse) -> None:
    page = desk()
    page.get_by_label("Kies een kleur").fill("#1d5fa8")
    expect(page.get_by_label("Kleur", exact=True)).to_have_value("#1d5fa8")


def test_branding_is_visible_and_status_colours_stay(
    log_in_at: Browse, school: School, docent: User, assessment: Assessment, shots
) -> None:
    given_logo(school)
    School.objects.update(colour="#0a6e6e")
    page = log_in_at(docent, "/adresboek/")
    expect(page.get_by_role("banner").get_by_role("img", name="ROC Hier")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(10, 110, 110)"
    person = page.locator(".person-SCHOOL").first
    assert person.evaluate("chip => getComputedStyle(chip, '::before').backgroundColor") == "rgb(91, 42, 134)"
    check_page(page)
    shots(page, "adresboek-huiskleur")


def test_number_is_found_and_changed_with_a_reason(desk: Browse, assessment: Assessment, shots) -> None:
    school = assessment.school
    MembershipFactory.create_batch(55, school=school, user__first_name="Jan", user__last_name="Hoffman")
    long = {"user__first_name": "Maximiliaan", "user__last_name": "van der Sluijs-Oudenaarden tot Rijckevorsel en Hoff"}
    newcomer: Membership = MembershipFactory(school=school, student_number="", **long)
    newcomer.number_reports.create(number="123456")
    page = desk("studentnummers/")
    expect(page.get_by_label("Naam, e-mailadres of studentnummer")).to_be_focused()
    check_page(page)
    shots(page, "studentnummers")
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("hoff")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Volgende")).to_be_visible()
    check_page(page)
    shots(page, "studentnummers-gevonden")
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("anouk")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Wijzigen van het studentnummer van Anouk van 't Hoff").click()
    page.get_by_label("Studentnummer").fill("654321")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("alert")).to_contain_text("Reden")
    check_page(page)
    shots(page, "studentnummer-wijzigen")
    page.get_by_label("Reden").fill("Verkeerd ingevuld")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("status")).to_contain_text("is nu 654321")


def test_exam_offices_are_found_from_the_settings(desk: Browse, school: School, shots) -> None:
    page = desk()
    page.get_by_role("link", name="Examencommissies").click()
    check_page(page)
    shots(page, "examencommissies")
    page.get_by_role("link", name="Examencommissie", exact=True).click()
    page.get_by_role("link", name="Examenbureaus wijzigen").click()
    expect(page.get_by_role("link", name="Terug naar Schoolbeheer")).to_be_visible()
    page.get_by_label("Naam").fill("Examenbureau")
    page.get_by_label("E-mailadres").fill("bureau@hier.test")
    page.get_by_role("button", name="Toevoegen").click()
    expect(page.get_by_role("status")).to_contain_text("Examenbureau is toegevoegd.")
    check_page(page)
    shots(page, "examenbureaus")


PAGES = ["", "instellingen/", "wijzigingen/", "mensen/", "uitnodigingen/", "studentnummers/", "bewaren/", "inzage/"]
LONG_NAME = "Regionaal Opleidingencentrum voor Zorg, Welzijn en Dienstverlening Noordoost-Nederland, locatie Hoogeveen"
# The number of text lines of each navigation list.
LINES = """() => [...document.querySelectorAll(".school-tabs ul")].map(
    list => new Set([...list.querySelectorAll("a")].map(link => link.offsetTop)).size)"""


@pytest.mark.parametrize("name", ["ROC Hier", LONG_NAME])
def test_each_page_has_lines_of_groups_and_pages(desk: Browse, live_server, school: School, shots, name: str) -> None:
    School.objects.filter(pk=school.pk).update(name=name)
    page = desk("")
    for path in PAGES:
        page.goto(f"{live_server.url}/school/{school.pk}/{path}")
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        for width in at_each_width(page):
            assert page.evaluate(LINES) == [1, 1], (path, width)
        check_page(page)
        shots(page, f"schoolbeheer-{path.strip('/') or 'overzicht'}-{'lang' if name == LONG_NAME else 'kort'}")


def test_groups_work_by_keyboard_without_javascript(desk: Browse) -> None:
    page = desk("", javascript=False)
    tabs = page.get_by_role("navigation", name="Schoolbeheer")
    tabs.get_by_role("link", name="School", exact=True).focus()
    for label in ("Mensen", "Koppelingen", "Privacy", "Overzicht"):
        page.keyboard.press("Tab")
        expect(tabs.get_by_role("link", name=label, exact=True)).to_be_focused()
        check_focus(page)
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(tabs.get_by_role("link", name="Rollen")).to_have_attribute("aria-current", "page")
    tabs.get_by_role("link", name="Studentnummers").click()
    expect(page.get_by_label("Naam, e-mailadres of studentnummer")).to_be_visible()


def test_programmes_are_found_and_ticked(desk: Browse, school: School, shots) -> None:
    teacher = member(school, Role.DOCENT)
    for code, title in (("25656", "Verzorgende IG"), ("25743", "Assistent logistiek"), ("K0023", "Cafémanagement")):
        kind = "KEUZEDEEL" if code.startswith("K") else "PROFESSION"
        AccountExamFactory(user=teacher, exam=ExamFactory(kind=kind, code=code, title=title))
    page = desk("examencommissies/nieuw/")
    page.get_by_label("Naam").fill("Zorg")
    page.get_by_label("25656").check()
    search = page.get_by_label("Opleiding zoeken")
    search.fill("cafe")
    expect(page.get_by_label("K0023")).to_be_visible()
    expect(page.get_by_label("25743")).to_be_hidden()
    expect(page.get_by_label("25656")).to_be_checked()
    search.press("Enter")
    check_page(page)
    shots(page, "examencommissie-nieuw")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("status")).to_contain_text("De examencommissie ‘Zorg’ is bewaard.")
    assert [one.code for one in school.committees.get(name="Zorg").programmes.all()] == ["25656"]
