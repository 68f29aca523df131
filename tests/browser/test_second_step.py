"""Two-factor login: setup from the profile, the code at login, a recovery code, and a school's requirement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Membership, School, Session, User
from assessments.models import Assessment
from digibeoordelen.outbox.models import OutgoingMail
from tests.accounts.auth.codes import App
from tests.factories import PASSWORD

from .logging_in import give_password
from .walk import Shots
from .wcag import check_page, check_width

pytestmark = pytest.mark.django_db(transaction=True)

OpenPage = Callable[..., Page]


def app_on(page: Page) -> App:
    """Return the authenticator app with the key of the page."""
    page.get_by_text("Lukt scannen niet").click()
    key = page.locator("code.key")
    expect(key).to_be_visible()
    return App.of_page(f'<code class="key">{key.inner_text()}</code>')


def test_from_profile_to_recovery_code(
    log_in_at: OpenPage,
    new_browser: OpenPage,
    live_server: Any,
    student: Membership,
    shots: Shots,
    tmp_path: Path,
) -> None:
    student.user.last_name = "van der Sluijs-Oudenaarden tot Rijckevorsel en Aa"
    student.user.save()
    page = log_in_at(student.user, "/profiel/")
    check_page(page)
    shots(page, "code-0-profiel")
    page.get_by_role("link", name="Aanzetten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen met een code")
    expect(page.get_by_alt_text("QR-code voor de app")).to_be_visible()
    assert page.get_by_alt_text("QR-code voor de app").evaluate("image => image.naturalWidth") > 0, "as the CSP lets it"
    shots(page, "code-1280-1-aanzetten")
    app = app_on(page)
    check_page(page)
    page.get_by_label("Code van 6 cijfers").fill(app.wrong_code())
    page.get_by_role("button", name="Aanzetten").click()
    expect(page.locator("#fouten")).to_contain_text("Deze code klopt niet")
    check_page(page)
    shots(page, "code-2-fout")
    page.get_by_label("Code van 6 cijfers").fill(app.code())
    page.get_by_role("button", name="Aanzetten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bewaar uw herstelcodes")
    expect(page.get_by_role("button", name="Afdrukken")).to_be_visible()
    check_page(page)
    shots(page, "code-3-herstelcodes")
    codes = page.locator(".recovery-codes code").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="Downloaden").click()
    download.value.save_as(tmp_path / "codes.txt")
    assert download.value.suggested_filename == "herstelcodes.txt"
    assert all(code in (tmp_path / "codes.txt").read_text(encoding="utf-8") for code in codes)
    page.get_by_role("link", name="Ik heb ze bewaard, ga verder").click()
    expect(page.get_by_role("link", name="Herstelcodes en uitzetten")).to_be_visible()

    elsewhere = new_browser()
    elsewhere.goto(f"{live_server.url}/inloggen/?next=/mijn-examens/")
    give_password(elsewhere, student.user)
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Vul de code van uw app in")
    expect(elsewhere.get_by_label("Code van 6 cijfers")).to_be_focused()
    check_page(elsewhere)
    elsewhere.get_by_label("Code van 6 cijfers").fill(app.wrong_code())
    elsewhere.keyboard.press("Enter")
    expect(elsewhere.locator("#fouten")).to_be_visible()
    check_page(elsewhere)
    shots(elsewhere, "code-4-inloggen")
    elsewhere.get_by_label("Code van 6 cijfers").fill(app.code())
    elsewhere.keyboard.press("Enter")
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Mijn examens")

    lost = new_browser()
    lost.goto(f"{live_server.url}/inloggen/?next=/profiel/")
    give_password(lost, student.user)
    lost.get_by_label("herstelcode").fill(f"{codes[0][:4]} {codes[0][4:]}")
    lost.keyboard.press("Enter")
    expect(lost.get_by_text("Er zijn er nog 9.")).to_be_visible()
    lost.get_by_role("link", name="Herstelcodes en uitzetten").click()
    expect(lost.get_by_text("U hebt nog 9 herstelcodes.")).to_be_visible()
    check_page(lost)
    shots(lost, "code-6-overzicht")
    lost.get_by_role("link", name="Nieuwe herstelcodes maken").click()
    expect(lost.get_by_role("heading", level=1)).to_have_text("Bevestig dat u het bent")
    check_page(lost)
    shots(lost, "code-5-bevestigen")
    lost.get_by_label("Uw wachtwoord").fill("verkeerd")
    lost.keyboard.press("Enter")
    expect(lost.locator("#fouten")).to_contain_text("Dit is niet uw wachtwoord.")
    lost.get_by_label("Uw wachtwoord").fill(PASSWORD)
    lost.keyboard.press("Enter")
    expect(lost.get_by_role("heading", level=1)).to_have_text("Nieuwe herstelcodes")
    check_page(lost)
    shots(lost, "code-7-nieuwe")
    lost.get_by_role("button", name="Herstelcodes maken").click()
    expect(lost.get_by_role("heading", level=1)).to_have_text("Bewaar uw herstelcodes")
    lost.get_by_role("link", name="Ik heb ze bewaard, ga verder").click()
    lost.get_by_role("link", name="Herstelcodes en uitzetten").click()
    lost.get_by_role("link", name="Uitzetten").click()
    expect(lost.get_by_role("heading", level=1)).to_have_text("Inloggen met een code uitzetten")
    check_page(lost)
    shots(lost, "code-8-uitzetten")
    lost.get_by_role("button", name="Uitzetten").click()
    expect(lost.get_by_text("Inloggen met een code staat uit.")).to_be_visible()


# --- Passkeys ------------------------------------------------------------------------------------
def give_authenticator(page: Page) -> None:
    """Give the browser a virtual authenticator with a PIN or fingerprint that it passes at once."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_passkey_logs_in_with_and_without_the_password(
    log_in_at: OpenPage, live_server: Any, student: Membership, shots: Shots
) -> None:
    page = log_in_at(student.user, "/profiel/")
    give_authenticator(page)
    page.get_by_role("link", name="Beheren").click()
    page.get_by_role("link", name="Passkey toevoegen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Passkey toevoegen")
    check_page(page)
    page.get_by_label("Naam").fill("Laptop op school")
    shots(page, "passkey-1-toevoegen")
    page.get_by_role("button", name="Passkey maken").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bewaar uw herstelcodes")
    page.get_by_role("link", name="Ik heb ze bewaard, ga verder").click()
    page.get_by_role("link", name="Beheren").click()
    expect(page.get_by_text("Laptop op school")).to_be_visible()
    check_page(page)
    shots(page, "passkey-2-overzicht")

    def log_out() -> None:
        page.get_by_role("button", name="Uitloggen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen")

    log_out()
    page.goto(f"{live_server.url}/inloggen/?next=/mijn-examens/")
    check_page(page)
    shots(page, "passkey-3-inloggen")
    page.get_by_role("button", name="Inloggen met een passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mijn examens")
    assert [item.kind for item in OutgoingMail.objects.all()] == ["passkey_added"]

    log_out()
    give_password(page, student.user)
    expect(page.get_by_role("heading", level=1)).to_have_text("Gebruik uw passkey of een code")
    check_page(page)
    shots(page, "passkey-4-tweede-stap")
    page.get_by_role("button", name="Inloggen met uw passkey").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Gebruik uw passkey of een code")

    page.goto(f"{live_server.url}/profiel/code/")
    page.get_by_role("link", name="Passkey Laptop op school verwijderen").click()
    page.get_by_label("Uw wachtwoord").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Passkey verwijderen")
    check_page(page)
    page.get_by_role("button", name="Verwijderen").click()
    expect(page.get_by_text("Uw passkey is verwijderd.")).to_be_visible()
    log_out()
    page.get_by_role("button", name="Inloggen met een passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen")
    expect(page.get_by_text("Met deze passkey kunt u hier niet inloggen.")).to_be_visible()


def test_school_requires_two_factor_of_its_committee(
    new_browser: OpenPage,
    live_server: Any,
    school: School,
    committee_member: User,
    assessed: Assessment,
    shots: Shots,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    School.objects.filter(pk=school.pk).update(second_factor_for_committee=True)
    page = new_browser()
    page.goto(f"{live_server.url}/inloggen/")
    give_password(page, committee_member)
    expect(page.get_by_text("ROC Hier vraagt dit van de examencommissie.")).to_be_visible()
    shots(page, "code-9-gevraagd")
    page.get_by_role("link", name="Examen afnames").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen met een code")
    app = app_on(page)
    page.get_by_label("Code van 6 cijfers").fill(app.code())
    page.get_by_role("button", name="Aanzetten").click()
    page.get_by_role("link", name="Ik heb ze bewaard, ga verder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Examen afnames")
    check_width(page)


def test_logged_in_in_many_places_and_logged_out_everywhere(
    log_in_at: OpenPage, new_browser: OpenPage, docent: User, shots: Shots
) -> None:
    phone = log_in_at(docent, "/profiel/", width=375)
    for number in range(30):
        store = Session.get_session_store_class()()
        store["_auth_user_id"] = str(docent.pk)
        store["device"] = [["Samsung Internet", "Android"], ["", ""], ["Edge", "Windows"]][number % 3]
        store["started_at"] = (timezone.now() - timedelta(hours=number / 4)).isoformat()
        store.save()
    page = log_in_at(docent, "/profiel/")
    page.get_by_role("link", name="Bekijk waar u bent ingelogd").click()
    expect(page.locator(".logins li")).to_have_count(32)
    check_page(page)
    shots(page, "ingelogd-0-velen")
    page.get_by_role("button", name="Uitloggen op Onbekend apparaat").first.click()
    expect(page.get_by_text("U bent uitgelogd op: Onbekend apparaat.")).to_be_visible()
    expect(page.locator(".logins li")).to_have_count(31)
    page.get_by_role("button", name="Overal uitloggen, behalve hier").click()
    expect(page.get_by_text("U bent overal uitgelogd, behalve hier.")).to_be_visible()
    expect(page.locator(".logins li")).to_have_count(1)
    check_page(page)
    shots(page, "ingelogd-1-hier")
    phone.reload()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Inloggen")
    page.get_by_role("button", name="Overal uitloggen").click()
    expect(page.get_by_text("U bent overal uitgelogd.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen")
