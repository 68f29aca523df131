"""'Uw studenten': from the one button of a mail about several students to the last form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import School, User
from addressbook.models import Contact
from assessments import links
from assessments.invitations import invite
from assessments.models import Invitation
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory

from .walk import Shots
from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = [("Anna", "Albers"), ("Bas", "Bakker"), ("Maximiliaan-Alexander", "Oosterhoutsen-Berghuizen")]


@pytest.fixture
def several(school: School, unit: ExamUnit, docent: User, examiner: Contact) -> list[Invitation]:
    students = [MembershipFactory(school=school, user__first_name=first, user__last_name=last) for first, last in NAMES]
    assessments = [steps.start_assessment(student, unit, docent) for student in students]
    for one in assessments:
        steps.choose(one, examiner)
    invite.invite(assessments=assessments, contacts=[examiner], by=docent, one_mail=True)
    return list(Invitation.objects.order_by("pk"))


@pytest.fixture
def url(live_server: Any, several: list[Invitation]) -> str:
    return f"{live_server.url}/beoordelen/{links.Batch({one.pk: one.generation for one in several}).token}/"


@pytest.mark.parametrize("width", [375, 1280])
def test_one_button_leads_from_student_to_student(
    new_browser: Callable[..., Page], url: str, several: list[Invitation], docent: User, shots: Shots, width: int
) -> None:
    steps.fill_in(
        several[1],
        "G",
        "Legde uit zichzelf uit waarom.",
        parts=[several[1].assessment.unit.core_tasks.get().work_processes.all()[0].parts.all()[0]],
    )
    page = new_browser(width=width)
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Uw studenten")
    expect(page.get_by_role("listitem").filter(has_text="Anna Albers")).to_contain_text("Nog te doen")
    expect(page.get_by_role("listitem").filter(has_text="Bas Bakker")).to_contain_text("2 van 8")
    check_page(page)
    shots(page, f"uw-studenten-{width}")
    page.get_by_role("link", name="Bas Bakker").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Beoordeling van Bas Bakker")
    page.get_by_role("link", name="Uw studenten").click()
    page.get_by_role("link", name="Bas Bakker").click()
    for group in page.get_by_role("radiogroup").all()[2:]:
        group.get_by_role("radio", name="V Voldoende").check()
    page.get_by_role("button", name="Afronden", exact=True).click()
    expect(page.get_by_text("Legde uit zichzelf uit waarom.").first).to_be_visible()
    expect(page.get_by_text("Doet het en legt uit waarom.")).to_have_count(0)
    check_page(page)
    shots(page, f"nakijken-{width}")
    page.get_by_text("Alle scores en onderbouwing").click()
    check_page(page)
    shots(page, f"nakijken-alles-{width}")
    page.get_by_label("Ik heb deze beoordeling zelf gegeven").check()
    page.get_by_role("button", name="Beoordeling van Bas Bakker afronden").click()
    check_page(page)
    shots(page, f"volgende-student-{width}")
    page.get_by_role("link", name="Volgende student: Maximiliaan").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Oosterhoutsen")
    invite.invite_again(invitation=several[2], by=docent)
    invite.withdraw(invitation=several[0], by=docent)
    page.get_by_role("link", name="Uw studenten").click()
    expect(page.get_by_role("listitem").filter(has_text="Bas Bakker")).to_contain_text("Afgerond")
    expect(page.get_by_role("listitem").filter(has_text="Anna Albers")).to_contain_text("Hoeft niet meer")
    check_page(page)
    shots(page, f"uw-studenten-nieuwe-link-{width}")
    page.get_by_role("link", name="Maximiliaan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Er is een nieuwere link")
    expect(page.get_by_text("docent@hier.test")).to_be_visible()
    check_page(page)
    shots(page, f"dode-link-{width}")
    page.go_back()
    page.get_by_role("button", name="Klaar op deze computer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("gesloten")
    page.goto(url.rsplit("/beoordelen/", 1)[0] + f"/beoordelen/u/{several[1].public_id}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Open het formulier met de link in uw mail")


def test_the_way_works_without_javascript(new_browser: Callable[..., Page], url: str) -> None:
    page = new_browser(javascript=False)
    page.goto(url)
    page.get_by_role("link", name="Verder met Anna Albers").click()
    for group in page.get_by_role("radiogroup").all():
        group.locator("input[value=V]").check()
    page.get_by_role("button", name="Afronden", exact=True).click()
    page.get_by_label("Ik heb deze beoordeling zelf gegeven").check()
    page.get_by_role("button", name="Beoordeling van Anna Albers afronden").click()
    page.get_by_role("link", name="Volgende student: Bas Bakker").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Beoordeling van Bas Bakker")
