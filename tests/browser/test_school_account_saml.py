"""Logging in at a real SAML provider (samlp), in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from accounts.models import IdentityProvider, Membership, School, User
from scripts.environment import VENV
from scripts.identity_providers import install, start
from scripts.processes import free_port
from tests.accounts.sso.saml import CERTIFICATES, PEMS

from .test_school_account import PEOPLE, code_for
from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC_ID = UUID("6a8f3c1e-0d4b-4a53-9a55-0c0f3f7c9a02")
NAMES = {
    "email": "mail",
    "given_name": "givenName",
    "family_name": "sn",
    "schac_home_organization": "nlEduPersonHomeOrganizationId",
    "eduperson_affiliation": "eduPersonAffiliation",
    "student_number": "employeeNumber",
}


def in_saml(name: str, claims: dict[str, Any]) -> dict[str, Any]:
    """Return a person of the other provider as Entree describes people."""
    return {"uid": f"{name}@hier", **{NAMES[claim]: value for claim, value in claims.items()}}


@pytest.fixture(scope="module")
def issuer(live_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running provider with `PEOPLE`."""
    address = f"http://127.0.0.1:{free_port()}"
    here = f"{live_server.url}/inloggen/school/aanbieder/{PUBLIC_ID}"
    config = {
        "issuer": address,
        "cert": CERTIFICATES[0],
        "key": PEMS[0],
        "acs": f"{here}/acs/",
        "audience": f"{here}/metadata/",
        "people": {name: in_saml(name, claims) for name, claims in PEOPLE.items()},
    }
    log = tmp_path_factory.mktemp("identity-provider") / "saml.log"
    node = start("saml.mjs", config, folder=install(VENV / "identity-providers"), log=log)
    yield address
    node.terminate()
    node.wait()


@pytest.fixture
def log_in(
    live_server: Any, new_browser: Callable[..., Page], school: School, issuer: str, settings: Any, monkeypatch: Any
) -> Callable[[str], Page]:
    """Return a function that logs someone of `PEOPLE` in, by the school's own link, in a new browser."""
    settings.SITE_URL = live_server.url
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    IdentityProvider.objects.create(
        public_id=PUBLIC_ID,
        school=school,
        preset="ENTREE",
        name="ROC Hier",
        slug="roc-hier",
        issuer=issuer,
        metadata_url=f"{issuer}/metadata",
        organization="hier.test",
        domains="hier.test",
    )

    def log_in(name: str) -> Page:
        page = new_browser()
        page.goto(f"{live_server.url}/inloggen/school/roc-hier/")
        page.get_by_role("link", name="Inloggen bij ROC Hier").click()
        page.get_by_role("link", name=name).click()
        return page

    return log_in


def test_new_student_with_number(log_in: Callable[[str], Page]) -> None:
    IdentityProvider.objects.update(vouches_for_domains=True)
    page = log_in("nieuw")
    expect(page.get_by_role("heading", level=1)).to_have_text("Welkom, controleer uw gegevens")
    expect(page.get_by_text("654321")).to_be_visible()
    check_page(page)
    student = Membership.objects.get(user__email="nieuw@hier.test")
    assert (student.role, student.student_number) == ("STUDENT", "654321")


def test_teacher_with_a_password_proves_the_address_and_logs_out(
    log_in: Callable[[str], Page], docent: User, live_server: Any
) -> None:
    page = log_in("docent")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bevestig uw e-mailadres")
    page.get_by_label("Code uit de mail").fill(code_for(docent.email))
    page.get_by_role("button", name="Inloggen", exact=True).click()
    expect(page.get_by_role("link", name="Dirk Docent")).to_be_visible()
    page.get_by_role("button", name="Uitloggen").click()
    expect(page).to_have_url(f"{live_server.url}/inloggen/")


def test_login_at_the_wrong_school(log_in: Callable[[str], Page]) -> None:
    page = log_in("elders")
    expect(page.get_by_text("Dit schoolaccount is niet van ROC Hier")).to_be_visible()
    assert not User.objects.exists()
