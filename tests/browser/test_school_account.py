"""Logging in at a real OpenID provider (oidc-provider, certified), in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from accounts.models import IdentityProvider, Membership, School, User
from accounts.sso.proof import resolve_code
from digibeoordelen.outbox.models import OutgoingMail
from scripts.environment import VENV
from scripts.identity_providers import install, start
from scripts.processes import free_port
from tests.factories import UserFactory

from .walk import Shots
from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC_ID = UUID("6a8f3c1e-0d4b-4a53-9a55-0c0f3f7c9a01")
CLIENT = {"client_id": "digibeoordelen", "client_secret": "een-geheim-van-de-school"}
PEOPLE = {
    "nieuw": {
        "email": "nieuw@hier.test",
        "given_name": "Noor",
        "family_name": "Nieuw",
        "schac_home_organization": "hier.test",
        "eduperson_affiliation": ["student"],
        "student_number": "654321",
    },
    "docent": {
        "email": "docent@hier.test",
        "given_name": "Dirk",
        "family_name": "Docent",
        "schac_home_organization": "hier.test",
        "eduperson_affiliation": ["employee"],
    },
    "elders": {
        "email": "student@elders.test",
        "schac_home_organization": "elders.test",
        "eduperson_affiliation": ["student"],
    },
}


@pytest.fixture(scope="module")
def issuer(live_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running provider with `PEOPLE`, which has this site as its client."""
    address = f"http://127.0.0.1:{free_port()}"
    site = live_server.url
    client = {
        **CLIENT,
        "redirect_uris": [f"{site}/inloggen/school/aanbieder/{PUBLIC_ID}/terug/"],
        "post_logout_redirect_uris": [f"{site}/inloggen/"],
    }
    config = {"issuer": address, "clients": [client], "people": PEOPLE}
    log = tmp_path_factory.mktemp("identity-provider") / "openid.log"
    node = start("openid.mjs", config, folder=install(VENV / "identity-providers"), log=log)
    yield address
    node.terminate()
    node.wait()


@pytest.fixture
def provider(school: School, issuer: str, live_server: Any, settings: Any, monkeypatch: Any) -> IdentityProvider:
    settings.SITE_URL = live_server.url
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    return IdentityProvider.objects.create(
        public_id=PUBLIC_ID,
        school=school,
        preset="OIDC",
        name="ROC Hier",
        slug="roc-hier",
        issuer=issuer,
        organization="hier.test",
        domains="hier.test",
        **CLIENT,
    )


@pytest.fixture
def log_in(live_server: Any, new_browser: Callable[..., Page], provider: IdentityProvider) -> Callable[[str], Page]:
    """Return a function that logs someone of `PEOPLE` in, from the login page, in a new browser."""

    def log_in(name: str) -> Page:
        page = new_browser()
        page.goto(f"{live_server.url}/inloggen/")
        page.get_by_role("link", name="Inloggen met uw schoolaccount").click()
        page.get_by_label("E-mailadres van uw school").fill("iemand@hier.test")
        page.get_by_role("button", name="Verder").click()
        check_page(page)
        page.get_by_role("link", name="Inloggen bij ROC Hier").click()
        page.get_by_placeholder("Enter any login").fill(name)
        page.get_by_placeholder("and password").fill("maakt niet uit")
        page.get_by_role("button", name="Sign-in").click()
        return page

    return log_in


def code_for(address: str) -> str:
    mail = OutgoingMail.objects.filter(kind="school_account_code", to=address).latest("pk")
    return resolve_code(mail.links["code"]["data"])


def test_new_student_with_number(log_in: Callable[[str], Page], provider: IdentityProvider) -> None:
    IdentityProvider.objects.update(vouches_for_domains=True)
    page = log_in("nieuw")
    expect(page.get_by_role("heading", level=1)).to_have_text("Welkom, controleer uw gegevens")
    expect(page.get_by_label("Voornaam")).to_have_value("Noor")
    expect(page.get_by_text("654321")).to_be_visible()
    expect(page.get_by_label("Studentnummer")).to_have_count(0)
    check_page(page)
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_role("link", name="Mijn Digibib")).to_be_visible()
    student = Membership.objects.get(user__email="nieuw@hier.test")
    assert (student.role, student.student_number) == ("STUDENT", "654321")


def test_teacher_with_a_password_proves_the_address_and_logs_out_of_both(
    log_in: Callable[[str], Page], docent: User, live_server: Any
) -> None:
    page = log_in("docent")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bevestig uw e-mailadres")
    check_page(page)
    page.get_by_label("Code uit de mail").fill(code_for(docent.email))
    page.get_by_role("button", name="Inloggen", exact=True).click()
    expect(page.get_by_role("link", name="Dirk Docent")).to_be_visible()
    page.get_by_role("button", name="Uitloggen").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page).to_have_url(f"{live_server.url}/inloggen/?" if "?" in page.url else f"{live_server.url}/inloggen/")
    page.goto(f"{live_server.url}/inloggen/school/roc-hier/")
    page.get_by_role("link", name="Inloggen bij ROC Hier").click()
    expect(page.get_by_placeholder("Enter any login")).to_be_visible()


def test_login_at_the_wrong_school(log_in: Callable[[str], Page], provider: IdentityProvider) -> None:
    page = log_in("elders")
    expect(page.get_by_role("heading", level=1)).to_have_text("U bent niet ingelogd")
    expect(page.get_by_text("Dit schoolaccount is niet van ROC Hier")).to_be_visible()
    check_page(page)
    assert not User.objects.exists()


def test_pages_of_the_consortium_fit(
    log_in_at: Callable[..., Page], provider: IdentityProvider, school: School, shots: Shots
) -> None:
    staff = UserFactory(is_staff=True)
    page = log_in_at(staff, f"/beheer/scholen/{school.pk}/schoolaccounts/")
    check_page(page)
    shots(page, "schoolaccounts")
    page.get_by_role("link", name="ROC Hier").click()
    expect(page.get_by_text("Redirect URI")).to_be_visible()
    expect(page.get_by_label("Client secret")).to_have_value("")
    check_page(page)
    shots(page, "schoolaccount")
