"""Typed text survives an ended session and a new token; Enter presses the main button."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership, NumberReport, Role, School, Session, User
from addressbook.models import Contact
from assessments.models import Assessment, Invitation
from tests import steps
from tests.factories import MembershipFactory, member, png

from .logging_in import give_password
from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

Browse = Callable[..., Page]
REMARK = 'Neem "alles" mee\n\n& let op <dit>.'


@pytest.fixture
def message(log_in_at: Browse, docent: User, assessment: Assessment, examiner: Contact) -> Browse:
    """Return a function that opens the message of an invitation and types a remark."""
    steps.choose(assessment, examiner)

    def open_page(**browser: object) -> Page:
        path = f"/beoordelingen/{assessment.public_id}/uitnodigen/bericht/?{urlencode({'examinator': examiner.pk})}"
        page = log_in_at(docent, path, **browser)
        page.get_by_label("Opmerking").fill(REMARK)
        return page

    return open_page


def login_tab_url(page: Page, user: User) -> None:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Inloggen").click()
    beside = opened.value
    give_password(beside, user)
    expect(beside.get_by_role("heading", level=1)).to_have_text("U bent ingelogd")
    beside.close()


def test_remark_survives_an_ended_session(message: Browse, docent: User, shots) -> None:
    page = message()
    Session.objects.all().delete()
    page.get_by_role("button", name="Uitnodiging(en) verzenden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("U bent uitgelogd")
    check_page(page)
    shots(page, "uitgelogd")
    login_tab_url(page, docent)
    assert not Invitation.objects.exists()
    page.get_by_role("button", name="Opnieuw verzenden").click()
    expect(page.get_by_text("Erik Examinator").first).to_be_visible()
    assert Invitation.objects.get().remark.split() == REMARK.split()


def test_remark_survives_an_ended_session_without_javascript(message: Browse, docent: User) -> None:
    page = message(javascript=False)
    Session.objects.all().delete()
    page.get_by_role("button", name="Uitnodiging(en) verzenden").click()
    login_tab_url(page, docent)
    page.get_by_role("button", name="Opnieuw verzenden").click()
    expect(page.get_by_text("U bent ingelogd als Dirk Docent.")).to_be_visible()
    page.get_by_role("button", name="Opnieuw verzenden").click()
    expect(page.get_by_text("Erik Examinator").first).to_be_visible()
    assert Invitation.objects.get().remark.split() == REMARK.split()


def test_remark_survives_a_new_login_in_another_tab(message: Browse, docent: User, live_server, shots) -> None:
    page = message()
    beside = page.context.new_page()
    beside.goto(live_server.url)
    beside.get_by_role("button", name="Uitloggen").click()
    give_password(beside, docent)
    expect(beside.get_by_role("button", name="Uitloggen")).to_be_visible()
    page.get_by_role("button", name="Uitnodiging(en) verzenden").click()
    expect(page.get_by_text("U bent ingelogd als Dirk Docent.")).to_be_visible()
    check_page(page)
    shots(page, "token")
    page.get_by_role("button", name="Opnieuw verzenden").click()
    expect(page.get_by_text("Erik Examinator").first).to_be_visible()
    assert Invitation.objects.get().remark.split() == REMARK.split()


def test_search_after_session_end_keeps_the_pasted_list(teacher: Browse, unit, shots) -> None:
    page = teacher(path=f"/examens/eenheid/{unit.pk}/digitaal-beoordelen/starten/")
    Session.objects.all().delete()
    field = page.get_by_label("Naam, e-mailadres of studentnummer")
    field.fill("123456\n234567")
    expect(page.get_by_text("U bent uitgelogd. Wat u had ingevuld blijft hier staan.")).to_be_visible()
    expect(field).to_have_value("123456\n234567")
    check_page(page)
    shots(page, "uitgelogd-zoeken")


def test_enter_in_a_refused_number_sends_no_report(log_in_at: Browse, student: Membership) -> None:
    fellow = MembershipFactory(school=student.school, student_number="")
    page = log_in_at(fellow.user, "/profiel/bewerken/")
    field = page.get_by_label("Studentnummer")
    for _ in range(2):
        field.fill("123456")
        field.press("Enter")
        expect(page.get_by_role("button", name="Meld dit aan uw school")).to_be_visible()
        assert page.url.endswith("/profiel/bewerken/")
    assert not NumberReport.objects.exists()


def test_settings_and_logo_are_kept_together(log_in_at: Browse, school: School, tmp_path, shots) -> None:
    picture = tmp_path / "logo.png"
    picture.write_bytes(png(900, 200, "#0a6e6e"))
    manager = member(school, Role.SCHOOLBEHEER)
    page = log_in_at(manager, f"/school/{school.pk}/instellingen/")
    page.get_by_label("Geldigheid van een link").fill("90")
    page.get_by_label("Bestand met het logo").set_input_files(picture)
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_text("Het logo is opgeslagen.")).to_be_visible()
    expect(page.get_by_label("Geldigheid van een link")).to_have_value("90")
    shots(page, "instellingen-logo")
