"""The scripts of every page and the account pages in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import Membership, User
from exams.models import Exam, WorkProcess
from tests.browser.wcag import check_page
from tests.factories import PASSWORD, MembershipFactory, first_unit, make_exam

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-0"), pytest.mark.django_db(transaction=True)]

NewBrowser = Callable[..., Page]


@pytest.fixture
def browse(live_server, new_browser: NewBrowser) -> Callable[..., Page]:
    """Return a function that opens a page in a browser, logged in as the user with this address."""

    def open_page(path: str, email: str = "", **browser: int) -> Page:
        page = new_browser(**browser)
        page.goto(f"{live_server.url}/inloggen/?next={path}")
        if email:
            page.fill("#id_login", email)
            page.fill("#id_password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(live_server.url + path)
        return page

    return open_page


def test_double_click_is_ignored_until_return(browse, docent: User) -> None:
    make_exam(title="Kok")
    page = browse("/productcatalogus/", docent.email)
    posts = []

    def leave_the_page_standing(route: Route) -> None:
        posts.append(route.request.method)
        route.fulfill(status=204)

    page.route("**/toevoegen/", leave_the_page_standing)
    button = page.get_by_role("button", name=re.compile("Toevoegen.*Kok"))
    button.click()
    button.click(force=True)
    assert button.get_attribute("aria-disabled") == "true"
    assert posts == ["POST"]
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert button.get_attribute("aria-disabled") is None
    button.click()
    assert posts == ["POST", "POST"]


def test_first_error_gets_focus_and_each_is_linked(browse, docent: User) -> None:
    page = browse("/profiel/bewerken/", docent.email)
    page.fill("#id_last_name", "")
    page.fill("#id_first_name", "")
    page.get_by_role("button", name="Bewaren").click()
    page.wait_for_selector("#fouten")
    expect(page.locator("#id_first_name")).to_be_focused()
    page.click("#fouten a[href='#id_last_name']")
    expect(page.locator("#id_last_name")).to_be_focused()


def test_pages_work_without_javascript(live_server, new_browser: NewBrowser, docent: User) -> None:
    make_exam(title="Kok")
    page = new_browser(javascript=False)
    page.goto(f"{live_server.url}/productcatalogus/")
    page.fill("#id_login", docent.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    page.get_by_role("button", name=re.compile("Toevoegen.*Kok")).click()
    page.get_by_role("button", name="Ongedaan maken").click()
    expect(page.get_by_text("‘Kok’ is van uw account gehaald.")).to_be_visible()


def test_pages_fit_and_axe_finds_nothing(browse, live_server, docent: User, exam: Exam) -> None:
    unit = first_unit(exam)
    work_process = WorkProcess.objects.filter(core_task__unit=unit).first()
    User.objects.filter(pk=docent.pk).update(last_name="van der Sluijs-Oudenaarden tot Rijckevorsel en Aa")
    paths = [
        "/profiel/",
        "/profiel/bewerken/",
        "/mijn-digibib/",
        "/mijn-digibib/?weergave=rijen",
        "/productcatalogus/",
        "/productcatalogus/?q=bestaat-niet",
        f"/examens/{exam.pk}/",
        f"/examens/eenheid/{unit.pk}/",
        f"/examens/werkproces/{work_process.pk}/",
        "/deze-pagina-is-er-niet/",
    ]
    page = browse(paths[0], docent.email)
    for path in paths:
        page.goto(live_server.url + path)
        check_page(page)


def test_the_first_screens_fit_and_axe_finds_nothing(browse) -> None:
    newcomer: Membership = MembershipFactory(
        student_number="", user__details_checked_at=None, user__email="nieuw@hier.test"
    )
    check_page(browse("/mijn-digibib/"))
    page = browse("/welkom/", newcomer.user.email)
    page.fill("#id_first_name", "")
    page.click("text=Ga verder")
    page.wait_for_selector("#fouten")
    check_page(page)
