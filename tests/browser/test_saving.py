"""Autosave of the examiner's form in a real browser: connection problems lose no typed text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from assessments import links
from assessments.models import Assignment, Invitation, Score
from tests.processes import wait_until

from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., Page]


@pytest.fixture
def url(live_server, invitation: Invitation, monkeypatch) -> str:
    """The examiner's mailed link."""
    return f"{live_server.url}/beoordelen/{links.token_for(invitation=invitation)}/"


@pytest.fixture
def open_form(new_browser: Open, url: str) -> Open:
    """Return a function that opens the form in a new browser, as on another device."""

    def open_page(**browser) -> Page:
        page = new_browser(**browser)
        page.goto(url)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Beoordeling van")
        return page

    return open_page


def text_of(page: Page, number: int = 0):
    return page.get_by_label("Onderbouwing").nth(number)


def status(page: Page):
    return page.locator("[data-status]")


def kept() -> list[str]:
    return list(Assignment.objects.order_by("pk").values_list("justification", flat=True))


def copies(page: Page) -> list[str]:
    """Return the raw form copies in this browser's storage."""
    values: list[str] = page.evaluate("Object.values(localStorage)")
    return values


def until_kept(page: Page, text: str) -> None:
    for _ in range(300):
        if text in kept():
            return
        page.wait_for_timeout(50)  # the browser's events continue meanwhile
    pytest.fail(f"{text!r} is not kept.")


def test_typed_text_is_saved_within_two_seconds(open_form: Open, shots) -> None:
    page = open_form()
    page.evaluate("addEventListener('input', () => { window.typedAt ??= performance.now() }, true)")
    page.get_by_role("radio", name="G Goed").first.check()
    text_of(page).type("Rustig en duidelijk.")
    expect(status(page)).to_contain_text("Opgeslagen om")
    sent = "performance.getEntriesByType('resource').find(one => one.name.endsWith('/bewaren/')).startTime"
    assert page.evaluate(f"{sent} - window.typedAt") < 2000
    until_kept(page, "Rustig en duidelijk.")
    assert Score.objects.get().value == "G"
    shots(page, "b5-opgeslagen")


def test_connection_loss_while_typing_loses_nothing(open_form: Open, shots) -> None:
    page = open_form()
    text_of(page).type("Eerst dit. ")
    until_kept(page, "Eerst dit. ")
    page.context.set_offline(True)
    text_of(page).type("En toen viel het weg.")
    expect(status(page)).to_contain_text("Geen verbinding")
    check_page(page)
    shots(page, "b7-geen-verbinding")
    button = page.get_by_role("button", name="Tussentijds opslaan")
    button.click()
    expect(button).not_to_contain_class("is-busy")  # while it is, being online again makes the browser post the form
    [copy] = copies(page)
    assert "En toen viel het weg." in copy
    expect(text_of(page)).to_have_value("Eerst dit. En toen viel het weg.")
    page.context.set_offline(False)
    expect(status(page)).to_contain_text("pgeslagen om")
    until_kept(page, "Eerst dit. En toen viel het weg.")
    page.wait_for_function("localStorage.length === 0")


def test_tab_closed_offline_restores_the_text(open_form: Open, url: str) -> None:
    page = open_form()
    page.context.set_offline(True)
    text_of(page).type("Nog niet verstuurd.")
    expect(status(page)).to_contain_text("Geen verbinding")
    page.close()
    context = page.context
    context.set_offline(False)
    again = context.new_page()
    again.goto(url)
    expect(text_of(again)).to_have_value("Nog niet verstuurd.")
    until_kept(again, "Nog niet verstuurd.")


def test_lost_response_is_no_conflict(open_form: Open) -> None:
    page = open_form()
    lost: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().text())
            route.abort()

    page.route("**/bewaren/", lose_the_first_answer)
    text_of(page).type("Aangekomen")
    until_kept(page, "Aangekomen")
    text_of(page).type(", en verder.")
    until_kept(page, "Aangekomen, en verder.")
    expect(page.locator("[data-choice]")).to_have_count(0)


def test_two_devices_in_different_fields_are_both_saved(open_form: Open) -> None:
    phone, computer = open_form(width=375), open_form()
    text_of(phone).type("Van de telefoon.")
    until_kept(phone, "Van de telefoon.")
    computer.get_by_role("radio", name="G Goed").first.check()
    expect(text_of(computer)).to_have_value("Van de telefoon.")
    expect(computer.locator("[data-choice]")).to_have_count(0)


@pytest.mark.parametrize("choice", ["Neem dat over", "Houd wat hier staat"])
def test_same_field_on_two_devices_offers_a_choice(open_form: Open, choice: str, shots) -> None:
    phone, computer = open_form(width=375), open_form()
    text_of(phone).type("Van de telefoon.")
    until_kept(phone, "Van de telefoon.")
    text_of(computer).type("Van de computer.")
    note = computer.locator("[data-choice]")
    expect(note).to_contain_text("Van de telefoon.")
    expect(text_of(computer)).to_have_value("Van de computer.")
    check_page(computer)
    shots(computer, "b8-twee-apparaten")
    computer.get_by_role("button", name="Afronden", exact=True).click()
    expect(status(computer)).to_contain_text("Kies bij de gemarkeerde velden")
    note.get_by_role("button", name=choice).click()
    expected = "Van de telefoon." if choice == "Neem dat over" else "Van de computer."
    expect(text_of(computer)).to_have_value(expected)
    until_kept(computer, expected)


def test_too_long_text_is_not_resent(open_form: Open) -> None:
    page = open_form()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "bewaren" in request.url else None)
    text_of(page).fill("x" * 20_001)
    expect(page.get_by_text("langer dan 20000 tekens").first).to_be_visible()
    page.wait_for_timeout(2500)
    assert len(asked) <= 2
    text_of(page).fill("Korter.")
    until_kept(page, "Korter.")


def test_link_withdrawn_meanwhile_shows_the_typed_text(open_form: Open, invitation: Invitation, docent):
    from assessments.invitations import invite

    page = open_form()
    invite.withdraw(invitation=invitation, by=docent)
    text_of(page).type("Toch nog iets.")
    expect(status(page)).to_contain_text("Opslaan lukt niet meer")
    page.get_by_role("button", name="Tussentijds opslaan").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ingetrokken")
    expect(page.get_by_label("Onderbouwing").first).to_have_value("Toch nog iets.")


def test_afronden_saves_typed_text_first(open_form: Open) -> None:
    page = open_form()
    for group in page.get_by_role("radiogroup").all():
        group.get_by_role("radio", name="V Voldoende").check()
    text_of(page).fill("Op het laatste moment.")
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("afronden")
    page.get_by_text("Alle scores en onderbouwing").click()
    expect(page.get_by_text("Op het laatste moment.")).to_be_visible()


def test_klaar_op_deze_computer_saves_typed_text_first(open_form: Open) -> None:
    page = open_form()
    text_of(page).fill("Nog snel even.")
    page.get_by_role("button", name="Klaar op deze computer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("gesloten")
    assert "Nog snel even." in kept()


def test_klaar_op_deze_computer_confirmed_deletes_the_local_copy(open_form: Open, url: str) -> None:
    page = open_form()
    form = page.url
    page.route("**/bewaren/", lambda route: route.abort())
    text_of(page).type("Niet voor de volgende.")
    expect(status(page)).to_contain_text("Geen verbinding")
    page.get_by_role("button", name="Klaar op deze computer").click()
    expect(status(page)).to_contain_text("Niet alles is opgeslagen")
    page.get_by_role("button", name="Klaar op deze computer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("gesloten")
    wait_until(lambda: copies(page) == [], "the copy to be gone")
    page.goto(form)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Open het formulier met de link in uw mail")
    page.unroute("**/bewaren/")
    page.goto(url)
    expect(text_of(page)).to_have_value("")
