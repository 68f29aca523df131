"""Productcatalogus in a real browser: filters, adding an exam to the account and removing it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from exams.models import Exam
from tests.factories import make_exam

from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)


def test_filtered_exam_is_added_and_removed(log_in_at: Callable[..., Page], docent: User, shots) -> None:
    for title, code, cohort in (
        ("Digitale vaardigheden", "K0023", "2026-2027"),
        ("Digitale vaardigheden", "K0023", "2025-2026"),
        ("Internationaal: werken in grensoverschrijdende ondernemersorganisaties", "K0072", "2026-2027"),
    ):
        make_exam(title=title, code=code, cohort=cohort, kind=Exam.Kind.KEUZEDEEL)
    page = log_in_at(docent, "/productcatalogus/")
    expect(page.get_by_role("row")).to_have_count(5)
    check_page(page)
    shots(page, "catalogus")
    page.get_by_label("Soort").select_option(label="Keuzedeel")
    page.get_by_label("Cohort").select_option(label="2026-2027")
    page.get_by_label("Titel of crebonummer").fill("K0023")
    page.get_by_role("button", name="Zoeken").click()
    rows = page.get_by_role("row").filter(has_text="K0023")
    expect(rows).to_have_count(1)
    rows.get_by_role("button", name="Toevoegen").click()
    expect(page.get_by_role("status")).to_contain_text("‘Digitale vaardigheden’ staat nu op uw account.")
    expect(page.get_by_label("Cohort")).to_have_value("2026-2027")
    check_page(page)
    shots(page, "catalogus-toegevoegd")
    rows.get_by_role("button", name="Verwijderen").click()
    expect(page.get_by_role("status")).to_contain_text("is van uw account gehaald")
    expect(rows).to_have_count(1)
    page.get_by_label("Soort").select_option(label="Beroep")
    page.get_by_role("button", name="Zoeken").click()
    expect(page.get_by_role("link", name="Toon alle examens")).to_be_visible()
    check_page(page)
    shots(page, "catalogus-leeg")
