"""The Consortium's pages of schools in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, School
from tests.factories import SchoolFactory, UserFactory, member

from .wcag import check_page

LONG_NAME = "Stichting voor Christelijk Beroepsonderwijs en Volwasseneneducatie Noordoost-Nederland"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_school_is_added_managed_and_activated(
    log_in_at: Callable[..., Page], school: School, scheme: Literal["light", "dark"]
) -> None:
    member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer")
    for number in range(30):
        SchoolFactory(name=f"{LONG_NAME} {number}", digital_assessment_active=number % 2 == 0)
    page = log_in_at(UserFactory(is_staff=True), "/beheer/")
    page.emulate_media(color_scheme=scheme)
    check_page(page)
    page.get_by_role("link", name="School toevoegen").click()
    page.get_by_role("button", name="School toevoegen").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check_page(page)
    page.get_by_label("Naam van de school").fill("ROC Nieuw")
    page.get_by_label("Voornaam").fill("An")
    page.get_by_label("Achternaam").fill("Nieuw")
    page.get_by_label("E-mailadres").fill("an@nieuw.test")
    page.get_by_label("E-mailadres").press("Enter")
    expect(page.get_by_role("heading", name="ROC Nieuw", level=1)).to_be_visible()
    expect(page.get_by_text("An Nieuw neemt de uitnodiging aan")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="Activeren").click()
    check_page(page)
    page.get_by_role("button", name="Activeren").click()
    expect(page.get_by_text("Digitaal beoordelen is geactiveerd voor ROC Nieuw")).to_be_visible()
    page.get_by_role("button", name="Ongedaan maken").click()
    expect(page.get_by_text("Digitaal beoordelen is gedeactiveerd voor ROC Nieuw")).to_be_visible()
    page.get_by_label("Acties voor An Nieuw").click()
    page.get_by_role("button", name="Uitnodiging intrekken").click()
    expect(page.get_by_role("button", name="Uitnodiging verzenden")).to_be_visible()
    check_page(page)
