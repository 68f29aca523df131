"""An account in a browser: registration, confirmation by mail, password reset, change of address."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import School, User
from tests.factories import PASSWORD, RegistrationFactory, SchoolFactory
from tests.ops.conftest import MakeRun
from tests.smtp import Received, SmtpSink

from .walk import Shots, mail_to
from .wcag import check_page

NewBrowser = Callable[..., Page]
FIRST, SECOND, THIRD = "blauwe-fiets-52", "groene-fiets-53", "rode-fiets-54"


def button_in(mail: Received, words: str) -> str:
    """Return the URL of the mail's green button."""
    match = re.search(rf'<a href="([^"]+)"[^>]*>{words}</a>', mail.html)
    assert match is not None, mail.html
    assert match[1] in mail.text.splitlines()
    return match[1]


def field(page: Page, label: str) -> Locator:
    """Return the field with exactly this label; a required field has a star after it."""
    return page.get_by_label(re.compile(rf"^\s*{label}\s*\*?\s*$"))


def log_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord").fill(password)
    page.get_by_role("button", name="Inloggen", exact=True).click()


class Walk:
    """One student's session; each page is checked and saved as a picture."""

    def __init__(self, site: MakeRun, sink: SmtpSink, page: Page, shots: Shots) -> None:
        self.site, self.sink, self.page, self.shots = site, sink, page, shots
        self.email, self.next_email = "noa@student.example", "noa.de.wit@elders.example"

    def seen(self, heading: str, name: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        check_page(self.page)
        self.shots(self.page, f"k{name}")

    def register(self) -> None:
        page = self.page
        page.goto(self.site.url)
        page.get_by_role("link", name="Account aanmaken").click()
        self.seen("Account aanmaken", "1-aanmaken")
        page.get_by_label("Voornaam").fill("Noa")
        page.get_by_label("Tussenvoegsel").fill("de")
        page.get_by_label("Achternaam").fill("Wit")
        page.get_by_label("E-mailadres").fill(self.email)
        page.get_by_label("School").select_option("ROC Rivierenland")
        field(page, "Wachtwoord").fill("kort")
        field(page, "Wachtwoord, nog een keer").fill("langer")
        page.get_by_role("button", name="Account aanmaken").click()
        expect(page.get_by_role("alert")).to_contain_text("De twee wachtwoorden zijn niet gelijk.")
        self.seen("Account aanmaken", "2-fout")
        field(page, "Wachtwoord").fill(FIRST)
        field(page, "Wachtwoord, nog een keer").fill(FIRST)
        page.get_by_role("button", name="Account aanmaken").dblclick()
        self.seen("Kijk in uw mail", "3-gemaild")

    def confirm(self) -> None:
        page = self.page
        page.goto(button_in(mail_to(self.sink, self.email), "E-mailadres bevestigen"))
        self.seen("Bevestig uw e-mailadres", "4-bevestigen")
        page.get_by_label("Wachtwoord").fill("iets anders")
        page.get_by_role("button", name="Bevestigen en inloggen").click()
        expect(page.get_by_role("alert")).to_contain_text("Dit is niet het wachtwoord dat u koos.")
        page.get_by_label("Wachtwoord").fill(FIRST)
        page.get_by_role("button", name="Bevestigen en inloggen").click()
        self.seen("Welkom, controleer uw gegevens", "5-welkom")
        page.get_by_label("Studentnummer").fill("771280")
        page.get_by_role("button", name="Ga verder").click()
        self.seen("Mijn Digibib", "6-mijn-digibib")

    def forget_password(self) -> None:
        page = self.page
        page.get_by_role("button", name="Uitloggen").click()
        page.get_by_role("link", name="Wachtwoord vergeten?").click()
        self.seen("Wachtwoord vergeten?", "7-vergeten")
        page.get_by_label("E-mailadres").fill(self.email)
        page.get_by_role("button", name="Stuur de mail").click()
        self.seen("Kijk in uw mail", "8-gemaild")
        mail = mail_to(self.sink, self.email, subject="Kies een nieuw wachtwoord")
        page.goto(button_in(mail, "Nieuw wachtwoord kiezen"))
        self.seen("Kies een nieuw wachtwoord", "9-nieuw")
        field(page, "Nieuw wachtwoord").fill(SECOND)
        field(page, "Nieuw wachtwoord, nog een keer").fill(SECOND)
        page.get_by_role("button", name="Bewaren").click()
        expect(page.get_by_text("Uw nieuwe wachtwoord is bewaard.")).to_be_visible()
        self.seen("Inloggen", "10-bewaard")
        page.goto(button_in(mail, "Nieuw wachtwoord kiezen"))
        self.seen("Deze link werkt niet meer", "11-gebruikt")
        page.goto(self.site.url)
        log_in(page, self.email, SECOND)
        expect(page.get_by_role("heading", level=1)).to_have_text("Mijn Digibib")

    def change_email(self) -> None:
        page = self.page
        page.get_by_role("link", name="Noa de Wit").click()
        page.get_by_role("link", name="E-mailadres wijzigen").click()
        self.seen("E-mailadres wijzigen", "12-wijzigen")
        page.get_by_label("Nieuw e-mailadres").fill(self.next_email)
        page.get_by_label("Uw wachtwoord").fill(SECOND)
        page.get_by_role("button", name="Stuur de mail").click()
        expect(page.get_by_role("button", name="Niet wijzigen")).to_be_visible()
        self.seen("Profiel", "13-wacht")
        page.goto(button_in(mail_to(self.sink, self.next_email), "E-mailadres bevestigen"))
        self.seen("Bevestig uw nieuwe e-mailadres", "14-bevestigen")
        page.get_by_role("button", name="Bevestigen").click()
        expect(page.get_by_text(f"Uw e-mailadres is nu {self.next_email}.")).to_be_visible()
        self.seen("Profiel", "15-gewijzigd")

    def change_password(self) -> None:
        page = self.page
        page.get_by_role("link", name="Wachtwoord wijzigen").click()
        self.seen("Wachtwoord wijzigen", "16-wachtwoord")
        page.get_by_label("Huidig wachtwoord").fill(SECOND)
        field(page, "Nieuw wachtwoord").fill(THIRD)
        field(page, "Nieuw wachtwoord, nog een keer").fill(THIRD)
        page.get_by_role("button", name="Bewaren").click()
        expect(page.get_by_text("Uw wachtwoord is gewijzigd.")).to_be_visible()

    def stop(self) -> None:
        """Use 'Dit was ik niet' from the old address; expect a logout and the restored address."""
        page = self.page
        notice = mail_to(self.sink, self.email, subject="Uw e-mailadres wijzigt")
        page.goto(button_in(notice, "Dit was ik niet"))
        self.seen("Hebt u dit niet gevraagd?", "17-stoppen")
        page.get_by_role("button", name="Dit was ik niet").click()
        self.seen("Uw account is weer van u alleen", "18-gestopt")
        mail_to(self.sink, self.next_email, subject="hoort niet meer bij het account")
        page.goto(f"{self.site.url}/profiel/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen")


def test_registering_and_recovering_a_stolen_account(
    running: MakeRun, mailbox: SmtpSink, new_browser: NewBrowser, shots: Shots
) -> None:
    walk = Walk(running, mailbox, new_browser(), shots)
    walk.register()
    walk.confirm()
    walk.forget_password()
    walk.change_email()
    walk.change_password()
    walk.stop()


@pytest.mark.django_db(transaction=True)
def test_the_other_pages_fit_and_axe_finds_nothing(live_server, new_browser: NewBrowser, shots: Shots) -> None:
    page = new_browser()
    page.goto(f"{live_server.url}/account-aanmaken/")
    expect(page.get_by_text("Er is nu geen school waar u zelf een account kunt aanmaken.")).to_be_visible()
    check_page(page)
    shots(page, "k20-geen-school")
    for number in range(30):
        SchoolFactory(name=f"Regionaal Opleidingencentrum voor Techniek en Zorg {number}", register_on=True)
    page.reload()
    expect(page.get_by_label("School")).to_be_visible()
    check_page(page)
    page.goto(f"{live_server.url}/account-aanmaken/opnieuw/")
    check_page(page)
    shots(page, "k21-opnieuw")
    page.goto(f"{live_server.url}/wachtwoord-vergeten/nieuw/verzonnen:x/")
    check_page(page)
    shots(page, "k22-onbekend")


@pytest.mark.django_db(transaction=True)
def test_registering_by_keyboard_in_english_without_javascript(
    live_server, new_browser: NewBrowser, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    School.objects.update(register_on=True)
    page = new_browser(javascript=False)
    page.goto(f"{live_server.url}/inloggen/")
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Create account").click()
    fields = ["Noa", "", "Wit", "noa@hier.test", "", PASSWORD, PASSWORD]
    page.get_by_label("First name").focus()
    for words in fields:
        if page.evaluate("document.activeElement.id") == "id_school":
            page.keyboard.press("ArrowDown")
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your email")
    expect(page.get_by_text("noa@hier.test")).to_be_visible()
    assert not User.objects.exists()
    registration = RegistrationFactory._meta.model.objects.get()
    assert registration.school == school
