"""The source text's part B: the examiner's whole flow on a desktop, a phone, without JavaScript and by keyboard.

Background saving is in test_saving.py, passing on the link in test_pass_on.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from accounts.models import User
from addressbook.models import Contact
from assessments import links, unsubscribe
from assessments.invitations import invite
from assessments.models import Assessment, Invitation
from digibeoordelen.outbox.message import compose
from digibeoordelen.outbox.models import OutgoingMail
from tests import steps

from .walk import Shots
from .wcag import check_focus, check_page, press_until

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., Page]

on_both = pytest.mark.parametrize("width", [375, 1280])  # most examiners use a phone
TEXT = "Anouk stelde mevrouw gerust en legde alles uit.\n\nOok bij het wassen bleef zij vragen wat mevrouw zelf wilde."
CONFIRM = "Ik heb deze beoordeling zelf gegeven"


@pytest.fixture(autouse=True)
def stays_queued(monkeypatch: pytest.MonkeyPatch, settings, live_server) -> None:
    """Keep mails in the outbox; their links lead to this test's site."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    settings.SITE_URL = live_server.url


@pytest.fixture
def invitation(assessment: Assessment, examiner: Contact) -> Invitation:
    """Erik's invitation, with a remark and an attachment, for an exam taken two days ago."""
    Contact.objects.update(function="Werkbegeleider", organisation="Stichting Zorggroep Rivierenland-Noord")
    Assessment.objects.update(planned_on=timezone.localdate() - timedelta(days=2), place="De Linde, Utrecht")
    assessment.refresh_from_db()
    steps.choose(assessment, examiner)
    return steps.send_invitation(assessment, examiner, remark="Graag voor vrijdag.")


def mailed(invitation: Invitation) -> str:
    """Return the URL of 'Start beoordeling' in the newest mail to the examiner."""
    mail = OutgoingMail.objects.filter(to=invitation.contact.email).latest("pk")
    match = re.search(r'<a href="([^"]+)"[^>]*>Start beoordeling</a>', html_of(mail))
    assert match is not None
    return match[1]


def html_of(mail: OutgoingMail) -> str:
    message = message_from_bytes(compose(mail).message().as_bytes(), policy=policy.default)
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def text_of(page: Page, number: int = 0) -> Locator:
    return page.get_by_label("Onderbouwing").nth(number)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def score(page: Page, letter: str, *, without: int = 0) -> None:
    """Score every criterion except the first `without`."""
    for group in page.get_by_role("radiogroup").all()[without:]:
        group.locator(f"input[value={letter}]").check()


def sign(page: Page) -> None:
    page.get_by_label(CONFIRM).check()
    page.get_by_role("button", name="Beoordeling van").click()
    expect(page.get_by_role("status")).to_contain_text("Uw beoordeling is afgerond")


def copied(page: Page) -> str:
    """Return the text of the examiner's copy."""
    with page.expect_download() as started:
        page.get_by_role("link", name="Bewaar een kopie (pdf)").click()
    return " ".join(sheet.extract_text() for sheet in PdfReader(started.value.path()).pages)


@on_both
def test_b1_to_b8_from_the_mail_to_the_copy(
    new_browser: Open, invitation: Invitation, shots: Shots, width: int
) -> None:
    def passes(name: str) -> None:
        check_page(page)
        shots(page, f"b-{name}-{width}")

    page = new_browser(width=width)
    page.set_content(html_of(OutgoingMail.objects.get()))  # B.1
    assert "Graag voor vrijdag." in page.content()
    page.get_by_role("link", name="Start beoordeling").click()  # B.2
    expect(page.get_by_role("heading", level=1)).to_have_text("Beoordeling van Anouk van 't Hoff")
    assert "/beoordelen/u/" in page.url
    passes("formulier")
    required = page.get_by_text("verplicht", exact=True).first
    expect(page.get_by_text("8 nog open")).to_be_visible()
    expect(required).to_be_hidden()
    first = page.get_by_role("radiogroup").first
    first.get_by_role("radio", name="G Goed").check()  # B.3, B.5
    expect(required).to_be_visible()
    first.get_by_role("radio", name="V Voldoende").check()  # B.6
    expect(required).to_be_hidden()
    expect(page.get_by_text("7 nog open")).to_be_visible()
    first.get_by_role("radio", name="O Onvoldoende").check()
    expect(required).to_be_visible()
    expect(page.locator("[data-status]")).to_contain_text("Opgeslagen om")
    score(page, "V", without=2)
    expect(page.get_by_text("2 nog open")).to_be_visible()
    button(page, "Tussentijds opslaan").click()  # B.7
    expect(page.locator("[data-status]")).to_contain_text("Tussentijds opgeslagen om")
    button(page, "Afronden").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
    expect(page.locator("input[type=radio]:checked")).to_have_count(7)
    passes("er-ontbreekt-iets")
    page.get_by_text("2 nog open").click()
    passes("nog-open")
    page.get_by_role("listitem").get_by_role("link", name="onderbouwing").last.click()
    expect(text_of(page)).to_be_focused()
    page.keyboard.type("Zij liep weg.")
    page.get_by_role("alert").get_by_role("link").first.click()
    page.keyboard.press("v")
    expect(page.get_by_text("Alles is ingevuld")).to_be_visible()
    button(page, "Afronden").click()
    expect(page.locator(".own-outcome")).to_contain_text("Onvoldoende")  # B.4: one O among seven V
    passes("samenvatting-met-een-o")
    page.get_by_label("Functie").fill("Hoofd opleiding")
    page.get_by_label("Plaats").fill("De Linde, afdeling 3")
    button(page, "Nog wijzigen").click()
    first.get_by_role("radio", name="G Goed").check()
    text_of(page).fill(TEXT)
    button(page, "Afronden").click()
    expect(page.locator(".own-outcome")).not_to_contain_text("Onvoldoende")
    expect(page.get_by_label("Plaats")).to_have_value("De Linde, afdeling 3")
    page.get_by_role("button", name="Beoordeling van").click()
    expect(page.get_by_role("alert")).to_contain_text("Vink aan dat u deze beoordeling zelf hebt gegeven.")
    expect(page.get_by_label(CONFIRM)).to_be_focused()
    passes("niet-bevestigd")
    sign(page)
    expect(page.get_by_text("Hoofd opleiding")).to_be_visible()
    expect(page.get_by_text("Ook bij het wassen")).to_be_visible()  # B.8
    expect(page.get_by_role("radiogroup")).to_have_count(0)
    passes("afgerond")
    assert "Hoofd opleiding" in copied(page)


def test_without_javascript_nothing_is_missing(new_browser: Open, invitation: Invitation, shots: Shots) -> None:
    page = new_browser(width=375, javascript=False)
    page.goto(mailed(invitation))
    score(page, "V", without=1)
    text_of(page, 1).fill("Dit staat er al.")
    button(page, "Tussentijds opslaan").click()
    expect(page.get_by_role("status").first).to_contain_text("tussentijds opgeslagen")
    expect(page.get_by_text("1 nog open")).to_be_visible()
    page.get_by_text("1 nog open").click()
    page.get_by_role("link", name="criterium 1").click()
    page.get_by_role("radiogroup").first.locator("input[value=G]").check()
    button(page, "Afronden").click()
    expect(page.get_by_role("alert")).to_contain_text("de onderbouwing is verplicht bij een O of een G")
    expect(text_of(page, 1)).to_have_value("Dit staat er al.")
    shots(page, "b-zonder-javascript-375")
    text_of(page).fill(TEXT)
    button(page, "Afronden").click()
    page.get_by_label("Functie").fill("Hoofd opleiding")
    button(page, "Nog wijzigen").click()
    button(page, "Afronden").click()
    page.get_by_role("button", name="Beoordeling van").click()
    expect(page.get_by_role("alert")).to_contain_text("Vink aan dat u deze beoordeling zelf hebt gegeven.")
    sign(page)
    expect(page.get_by_text("Hoofd opleiding")).to_be_visible()
    assert "Hoofd opleiding" in copied(page)


@on_both
def test_the_keyboard_alone(new_browser: Open, invitation: Invitation, width: int) -> None:
    page = new_browser(width=width)
    page.goto(mailed(invitation))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Naar de scores")).to_be_focused()
    groups = page.get_by_role("radiogroup")
    assert press_until(page, "Tab", "input[type=radio]") <= 7
    count = groups.count()
    for number in range(count):
        focused = groups.nth(number).locator("input:focus")
        expect(focused).to_have_count(1)
        if number == 1:  # the arrow keys choose, and stay
            page.keyboard.press("ArrowRight")
            check_focus(page)
            expect(page.locator("input[value=V]:checked")).to_have_count(1)
        page.keyboard.press("g" if number == 0 else "v")  # goes on to the next
        check_focus(page)
    expect(page.locator("input[value=V]:checked")).to_have_count(count - 1)
    expect(page.get_by_text("1 nog open")).to_be_visible()
    press_until(page, "Tab", "textarea", at_most=1)  # the justification follows a part's last criterion
    expect(text_of(page, 3)).to_be_focused()
    press_until(page, "Tab", "summary")
    page.keyboard.press("Enter")
    press_until(page, "Tab", ".still-open a")
    page.keyboard.press("Enter")
    expect(text_of(page)).to_be_focused()
    check_focus(page)
    page.keyboard.type("Daarom.")
    press_until(page, "Tab", "button[formaction]")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Functie")).to_be_visible()
    press_until(page, "Tab", "#id_confirmed")
    page.keyboard.press("Space")
    press_until(page, "Tab", ".btn-primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Uw beoordeling is afgerond")


def test_the_pages_around_the_form(
    new_browser: Open, live_server, invitation: Invitation, docent: User, shots: Shots
) -> None:
    def passes(name: str, heading: str) -> None:
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        check_page(page)
        shots(page, f"b-{name}")

    page = new_browser()
    page.goto(f"{live_server.url}/beoordelen/verzonnen/")
    passes("onbekend", "Deze link klopt niet")
    old = mailed(invitation)
    invite.invite_again(invitation=invitation, by=docent)
    page.goto(old)
    passes("nieuwere", "Er is een nieuwere link")
    Invitation.objects.update(asked_at=timezone.now() - timedelta(days=1))
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(days=1))
    button(page, "Vraag een nieuwe link aan").click()
    passes("onderweg", "De nieuwe link is onderweg")
    page.goto(mailed(invitation))
    form = page.url
    page.get_by_role("link", name="Bent u dat niet?").click()
    passes("voorstellen", "Een collega voorstellen")
    page.get_by_role("link", name="Annuleren").click()
    page.get_by_role("link", name="Bent u dat niet?").click()
    for label, text in {"Voornaam": "Greet", "Achternaam": "Nieuw", "E-mailadres": "greet@bedrijf.test"}.items():
        page.get_by_label(label).fill(text)
    button(page, "Collega voorstellen").click()
    passes("voorgesteld", "U hebt Greet Nieuw voorgesteld")
    page.get_by_role("link", name="Terug naar het formulier").click()
    button(page, "Klaar op deze computer").click()
    passes("klaar", "Het formulier is op deze computer gesloten")
    page.goto(form)
    passes("geen-cookie", "Open het formulier met de link in uw mail")
    page.goto(live_server.url + stop_path(invitation))
    passes("herinneringen", "Wilt u geen herinneringen meer?")
    button(page, "Geen herinneringen meer").click()
    passes("herinneringen-uit", "U krijgt geen herinneringen meer")
    invitation.refresh_from_db()
    Invitation.objects.update(invited_at=timezone.now() - timedelta(days=90), expires_at=timezone.now())
    page.goto(mailed(invitation))
    passes("verlopen", "Deze link is verlopen")
    invite.withdraw(invitation=invitation, by=docent)
    page.goto(f"{live_server.url}/beoordelen/{links.token_for(invitation=invitation)}/")
    passes("ingetrokken", "Deze uitnodiging is ingetrokken")


def stop_path(invitation: Invitation) -> str:
    return f"/beoordelen/{unsubscribe.stop_token(invitation)}/geen-herinneringen/"


@on_both
def test_two_devices_in_conflict_see_both_texts(
    new_browser: Open, invitation: Invitation, shots: Shots, width: int
) -> None:
    page = new_browser(width=width)
    page.route("**/autosave.js", lambda route: route.abort())  # as without scripts
    page.goto(mailed(invitation))
    steps.fill_in(invitation, "G", "Van de telefoon.")
    page.get_by_role("radiogroup").first.locator("input[value=O]").check()
    text_of(page).fill("Van de computer.")
    button(page, "Tussentijds opslaan").click()
    expect(page.get_by_role("alert").get_by_label("Uw onderbouwing")).to_have_value("Van de computer.")
    expect(page.get_by_role("alert")).to_contain_text("hier ingevuld O")
    check_page(page)
    shots(page, f"b-twee-apparaten-{width}")
