"""The buttons of the examiner's form work when background saving fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from assessments import links
from assessments.models import Assignment, Invitation

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Rustig en duidelijk."
SAVED_BY_POST = "Uw beoordeling is tussentijds opgeslagen."

lacking = pytest.mark.parametrize(
    "lacking",
    [
        "AbortSignal.timeout",
        "HTMLFormElement.prototype.requestSubmit",
        "SubmitEvent.prototype.submitter",
        "window.AbortController",
        "window.fetch",
    ],
)


def abort(route: Route) -> None:
    route.abort()


def bad_gateway(route: Route) -> None:
    route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")


def other_site(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body="<h1>Log in on this network</h1>")


def other_json(route: Route) -> None:
    route.fulfill(status=200, content_type="application/json", body='{"error": "not logged in"}')


failing = pytest.mark.parametrize("answer", [abort, bad_gateway, other_site, other_json])


@pytest.fixture
def url(live_server: Any, invitation: Invitation) -> str:
    return f"{live_server.url}/beoordelen/{links.token_for(invitation=invitation)}/"


def fill_in(page: Page, url: str) -> None:
    page.goto(url)
    for group in page.get_by_role("radiogroup").all():
        group.get_by_role("radio", name="V Voldoende").check()
    page.get_by_label("Onderbouwing").first.fill(TEXT)


def kept() -> list[str]:
    return list(Assignment.objects.order_by("pk").values_list("justification", flat=True))


@lacking
def test_afronden_works_in_an_older_browser(new_browser: Callable[..., Page], url: str, lacking: str) -> None:
    page = new_browser()
    page.add_init_script(f"delete {lacking}")
    fill_in(page, url)
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_label("Ik heb deze beoordeling zelf gegeven")).to_be_visible()
    assert TEXT in kept()


@lacking
def test_other_buttons_work_in_an_older_browser(new_browser: Callable[..., Page], url: str, lacking: str) -> None:
    page = new_browser()
    page.add_init_script(f"delete {lacking}")
    fill_in(page, url)
    page.get_by_role("button", name="Tussentijds opslaan").click()
    expect(page.get_by_role("status").filter(has_text="ussentijds opgeslagen")).to_be_visible()
    assert TEXT in kept()
    page.get_by_role("button", name="Klaar op deze computer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("gesloten")


@failing
def test_buttons_post_the_form_when_saving_fails(
    new_browser: Callable[..., Page], url: str, answer: Callable[[Route], None]
) -> None:
    page = new_browser()
    page.route("**/bewaren/", answer)
    fill_in(page, url)
    expect(page.locator("[data-status]")).to_contain_text("Geen verbinding")
    page.get_by_role("button", name="Tussentijds opslaan").click()
    expect(page.get_by_role("main")).to_contain_text(SAVED_BY_POST)
    assert TEXT in kept()
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_label("Ik heb deze beoordeling zelf gegeven")).to_be_visible()


def test_own_browser_post_after_background_saves_is_no_conflict(new_browser: Callable[..., Page], url: str) -> None:
    page = new_browser()
    page.add_init_script("delete HTMLFormElement.prototype.requestSubmit")
    fill_in(page, url)
    expect(page.locator("[data-status]")).to_contain_text("Opgeslagen om")
    page.get_by_label("Onderbouwing").first.fill("Toch anders.")
    page.get_by_role("button", name="Tussentijds opslaan").click()
    expect(page.get_by_role("main")).to_contain_text(SAVED_BY_POST)
    assert "Toch anders." in kept()


def test_page_stays_while_the_site_cannot_be_reached(new_browser: Callable[..., Page], url: str) -> None:
    page = new_browser()
    fill_in(page, url)
    page.route("**/*", abort)  # navigator.onLine stays true
    page.get_by_label("Onderbouwing").first.fill("In een gang zonder bereik.")
    button = page.get_by_role("button", name="Afronden", exact=True)
    with page.expect_event("requestfailed", lambda request: request.method == "HEAD"):
        button.click()
    expect(page.locator("[data-status]")).to_contain_text("Geen verbinding")
    expect(page.locator(".is-busy")).to_have_count(0)
    expect(page.get_by_label("Onderbouwing").first).to_have_value("In een gang zonder bereik.")
    page.unroute("**/*")
    button.click()
    expect(page.get_by_label("Ik heb deze beoordeling zelf gegeven")).to_be_visible()


def test_script_error_is_shown_and_restores_the_form(chromium: Browser, url: str) -> None:
    page = chromium.new_context(locale="nl-NL", ignore_https_errors=True).new_page()
    unreadable: dict[str, object] = {
        "at": "",
        "fields": {},
        "marks": {},
        "conflicts": None,
        "closed": {},
        "too_long": [],
    }
    page.route("**/bewaren/", lambda route: route.fulfill(status=200, body=json.dumps(unreadable)))
    with page.expect_event("pageerror") as error:
        fill_in(page, url)
    assert "TypeError" in str(error.value.stack)
    expect(page.locator("[data-status]")).not_to_contain_text("Geen verbinding")
    page.get_by_role("button", name="Tussentijds opslaan").click()
    expect(page.get_by_role("main")).to_contain_text(SAVED_BY_POST)
    page.context.close()
