"""'Afronden': choosing an exam office, or typing another address, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import School, User
from assessments.models import Assessment
from tests.factories import ExamOfficeFactory

pytestmark = pytest.mark.django_db(transaction=True)

WHITE = "rgb(255, 255, 255)"
FIELD = "E-mailadres van het examenbureau"


@pytest.fixture
def offices(school: School) -> None:
    ExamOfficeFactory(school=school, name="Examenbureau Zorg", email="zorg@hier.test")
    ExamOfficeFactory(school=school, name="Examenbureau Techniek", email="techniek@hier.test")


@pytest.fixture
def finalising(log_in_at: Callable[..., Page], committee_member: User, assessed: Assessment) -> Callable[..., Page]:
    return lambda **browser: log_in_at(committee_member, f"/commissie/{assessed.public_id}/afronden/", **browser)


def test_other_address_opens_a_field_and_office_closes_it(
    finalising: Callable[..., Page], offices: None, shots: Callable[[Page, str], None], assessed: Assessment
) -> None:
    page = finalising()
    expect(page.get_by_label(FIELD)).to_be_hidden()
    shots(page, "bureau-1-kiezen")
    page.get_by_label("Een ander adres").check()
    expect(page.get_by_label(FIELD)).to_be_focused()
    page.get_by_label(FIELD).fill("archief@elders.test")
    page.get_by_label("Examenbureau Zorg").check()
    expect(page.get_by_label(FIELD)).to_be_hidden()
    page.get_by_label("Een ander adres").check()
    expect(page.get_by_label(FIELD)).to_have_value("archief@elders.test")
    page.get_by_role("button", name="Afronden").click()
    expect(page.get_by_label("Ja, archief@elders.test klopt")).to_be_visible()
    shots(page, "bureau-2-ander-adres")
    page.get_by_label("Examenbureau Techniek").check()
    page.get_by_role("button", name="Afronden").click()
    expect(page.get_by_role("status").first).to_contain_text("gemaild naar techniek@hier.test")


def test_only_the_chosen_office_is_filled(finalising: Callable[..., Page], offices: None) -> None:
    page = finalising()
    for radio in page.get_by_role("radio").all():
        expect(radio).to_have_css("background-color", WHITE)
    page.get_by_label("Examenbureau Zorg").check()
    expect(page.get_by_label("Examenbureau Zorg")).not_to_have_css("background-color", WHITE)
    expect(page.get_by_label("Examenbureau Techniek")).to_have_css("background-color", WHITE)


def test_field_is_always_visible_without_scripts(finalising: Callable[..., Page], offices: None) -> None:
    page = finalising(javascript=False)
    expect(page.get_by_label(FIELD)).to_be_visible()
    page.get_by_label(FIELD).fill("archief@hier.test")
    page.get_by_role("button", name="Afronden").click()
    expect(page.get_by_role("status").first).to_contain_text("gemaild naar archief@hier.test")


def test_without_a_list_there_is_the_field_alone(
    finalising: Callable[..., Page], shots: Callable[[Page, str], None]
) -> None:
    page = finalising()
    expect(page.get_by_label(FIELD)).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(0)
    shots(page, "bureau-3-geen-lijst")
