"""'Examen afnames' in a real browser: searching while typing, the way back, and the keyboard (C.3 – C.7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import School, User
from assessments.models import Document, Status
from digibeoordelen.outbox.storage import keep
from tests.committee.conftest import AfnameMaker, make_afname  # noqa: F401  a fixture
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/commissie/"


def test_typing_filters_and_keyboard_opens_and_returns(
    log_in_at: Callable[..., Page],
    committee_member: User,
    school: School,
    make_afname: AfnameMaker,  # noqa: F811
) -> None:
    for first, last in (("Bart", "Boom"), ("Emma", "Jansen"), ("Emma", "Visser")):
        make_afname(student=MembershipFactory(school=school, user__first_name=first, user__last_name=last))
    make_afname(Status.FINAL)
    page = log_in_at(committee_member, LIST)
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(3)

    page.keyboard.press("/")
    expect(page.get_by_label("Student", exact=True)).to_be_focused()
    page.keyboard.type("emma")
    expect(rows).to_have_text(["Emma Jansen", "Emma Visser"])
    expect(page).to_have_url(re.compile("student=emma"))
    page.keyboard.press("ArrowDown")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Emma Visser")
    page.go_back()
    expect(rows).to_have_text(["Emma Jansen", "Emma Visser"])
    expect(page.get_by_label("Student", exact=True)).to_have_value("emma")

    page.get_by_label("Student", exact=True).fill("")
    expect(rows).to_have_count(3)
    page.get_by_role("link", name="Definitief 1").click()
    expect(page.get_by_role("link", name="Definitief 1")).to_have_attribute("aria-current", "true")
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="Beoordeeld 3").click()
    expect(rows).to_have_count(3)
    page.go_back()
    expect(rows).to_have_count(1)


def test_a_final_row_opens_its_pdf(
    log_in_at: Callable[..., Page],
    committee_member: User,
    school: School,
    make_afname: AfnameMaker,  # noqa: F811
    shots: Callable[[Page, str], None],
) -> None:
    for number, (last, ovg, grade) in enumerate(
        (("Boom", "V", "6.5"), ("Van Leeuwen", "O", "4.0"), ("Jansen", "G", "9.3"))
    ):
        student = MembershipFactory(school=school, user__first_name="Bart", user__last_name=last)
        final = make_afname(Status.FINAL, student=student, ovg=ovg, grade=Decimal(grade))
        result = {"student": {"number": "1"}, "exam": {"code": "1"}, "unit": {"code": "B1"}, "attempt": 1}
        file = keep(b"%PDF-1.7 bewijs") if number else None
        Document.objects.create(assessment=final, number=1, result=result, exam_office_email="b@hier.test", file=file)
    make_afname(Status.CANCELLED)
    make_afname()
    page = log_in_at(committee_member, f"{LIST}?status=ALLE")
    expect(page.get_by_role("row", name="Bart Boom")).to_contain_text("De pdf wordt gemaakt")
    shots(page, "afnames-definitief")
    with page.expect_response(re.compile("/documenten/")) as response:
        page.get_by_role("link", name="Pdf van Bart Jansen").click()
    assert response.value.headers["content-type"] == "application/pdf"
