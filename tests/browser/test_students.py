"""The source text's part A, 'Toevoegen studenten', sentence by sentence in a real browser (A.5 – A.7)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import Membership, School, User
from addressbook.models import Contact
from assessments.models import Assessment
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db(transaction=True)

Browse = Callable[..., Page]


@pytest.fixture
def other(school: School) -> Membership:
    return MembershipFactory(
        school=school,
        student_number="200200",
        user__first_name="Bart",
        user__last_name="Boom",
        user__email="bart@hier.test",
    )


def click_the_circle(page: Page) -> None:
    page.get_by_role("link", name="Digitaal beoordelen starten voor student").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Digitaal beoordelen starten voor student")


def search(page: Page, text: str) -> None:
    page.get_by_label("Naam, e-mailadres of studentnummer").fill(text)


def take(page: Page, name: str, *, count: int) -> None:
    page.get_by_role("button", name=f"Toevoegen van {name}").click()
    expect(page.get_by_role("heading", name=f"Toegevoegd: {count} student")).to_be_visible()


def test_a5_and_a6_search_finds_the_student_while_typing(
    teacher: Browse, student: Membership, other: Membership
) -> None:
    page = teacher()
    click_the_circle(page)
    expect(page.get_by_label("Naam, e-mailadres of studentnummer")).to_be_focused()
    for part in ("hof", "anouk@hi", "3456", "hoff anouk"):
        search(page, part)
        row = page.get_by_role("row", name="Anouk van 't Hoff")
        expect(row).to_contain_text("123456")
        expect(row).to_contain_text("anouk@hier.test")
        page.wait_for_url(re.compile(r"[?&]q="))
        search(page, "xyz")
        expect(page.get_by_text("Geen student gevonden voor ‘xyz’.")).to_be_visible()
    search(page, "boom")
    expect(page.get_by_role("row", name="Bart Boom")).to_be_visible()
    page.reload()
    expect(page.get_by_role("row", name="Bart Boom")).to_be_visible()


def test_a6_continued_typing_uses_the_last_response(teacher: Browse, student: Membership) -> None:
    page = teacher()
    click_the_circle(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.get_by_label("Naam, e-mailadres of studentnummer").press_sequentially("hoff anouk", delay=20)
    expect(page.get_by_role("row", name="Anouk van 't Hoff")).to_be_visible()
    assert len(asked) == 1, asked
    assert page.evaluate("sessionStorage.getItem('htmx-history-cache')") is None


def test_a6_text_typed_before_page_is_ready_is_searched(teacher: Browse, student: Membership) -> None:
    page = teacher()
    held: list[Route] = []
    page.route("**/htmx*.js", lambda route: held.append(route))
    page.get_by_role("link", name="Digitaal beoordelen starten voor student").click(no_wait_after=True)
    search(page, "hoff")
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_role("row", name="Anouk van 't Hoff")).to_be_visible()


def test_a7_ga_verder_starts_all_selected_students(
    teacher: Browse, student: Membership, other: Membership, examiner: Contact
) -> None:
    page = teacher()
    click_the_circle(page)
    search(page, "hoff")
    take(page, "Anouk van 't Hoff", count=1)
    search(page, "boom")
    take(page, "Bart Boom", count=2)
    page.get_by_role("button", name="Bart Boom verwijderen").click()
    expect(page.get_by_role("heading", name="Toegevoegd: 1 student")).to_be_visible()
    take(page, "Bart Boom", count=2)
    page.get_by_text("Datum en plaats").click()
    page.get_by_label("Plaats").fill("Bakkerij Bos")
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Examinatoren kiezen voor 2 studenten")
    assert set(Assessment.objects.values_list("student", "place")) == {
        (student.pk, "Bakkerij Bos"),
        (other.pk, "Bakkerij Bos"),
    }
    page.get_by_role("link", name="Kies examinator(en) voor het hele examen").click()
    page.get_by_label("Erik Examinator").check()
    page.get_by_role("button", name="Overnemen").click()
    page.get_by_text("2 studenten", exact=True).click()
    for name in ("Anouk van 't Hoff", "Bart Boom"):
        expect(page.get_by_role("row", name=name)).to_contain_text("Erik Examinator")
    page.get_by_role("link", name="Examinatoren uitnodigen").click()
    expect(page.get_by_label("Erik Examinator")).to_be_checked()
    page.get_by_label("Opmerking").fill("Graag voor vrijdag.")
    page.get_by_role("button", name="Uitnodiging(en) verzenden").click()
    expect(page.get_by_role("status")).to_contain_text("De uitnodiging wordt verzonden aan Erik Examinator")
    assert OutgoingMail.objects.filter(to="erik@bedrijf.test").count() == 1


def test_a7_pasted_list_reports_each_number(teacher: Browse, student: Membership, other: Membership) -> None:
    page = teacher()
    click_the_circle(page)
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("123456\n200200\n999999")
    page.get_by_role("button", name="Toevoegen", exact=True).click()
    expect(page.get_by_text("Toegevoegd: Anouk van 't Hoff (123456), Bart Boom (200200).")).to_be_visible()
    expect(page.get_by_text("Niet gevonden: 999999.")).to_be_visible()
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Examinatoren kiezen voor 2 studenten")


def test_a7_double_click_on_ga_verder_starts_once(teacher: Browse, student: Membership) -> None:
    page = teacher()
    click_the_circle(page)
    search(page, "hoff")
    take(page, "Anouk van 't Hoff", count=1)
    page.get_by_role("button", name="Ga verder").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Examinator(en) kiezen voor Anouk van 't Hoff")
    assert Assessment.objects.count() == 1
    expect(page.get_by_text("loopt al")).to_have_count(0)


def test_a7_second_concurrent_teacher_keeps_other_students(
    teacher: Browse, colleague: User, student: Membership, other: Membership
) -> None:
    first, second = teacher(), teacher(colleague)
    for page in (first, second):
        click_the_circle(page)
        search(page, "hoff")
        take(page, "Anouk van 't Hoff", count=1)
    search(second, "boom")
    take(second, "Bart Boom", count=2)
    first.get_by_role("button", name="Ga verder").click()
    expect(first.get_by_role("heading", level=1)).to_contain_text("Examinator(en) kiezen")
    second.get_by_role("button", name="Ga verder").click()
    expect(second.get_by_text("want er loopt al een beoordeling: Anouk van 't Hoff (123456).")).to_be_visible()
    expect(second.get_by_role("heading", level=1)).to_have_text("Examinator(en) kiezen voor Bart Boom")
    assert Assessment.objects.count() == 2


def test_a5_to_a7_without_javascript(teacher: Browse, student: Membership, other: Membership) -> None:
    page = teacher(javascript=False)
    click_the_circle(page)
    search(page, "hoff")
    page.get_by_role("button", name="Toevoegen", exact=True).click()
    expect(page.get_by_role("heading", name="Toegevoegd: 1 student")).to_be_visible()
    search(page, "20")
    page.get_by_label("Naam, e-mailadres of studentnummer").press("Tab")
    page.get_by_role("button", name="Toevoegen", exact=True).click()
    expect(page.get_by_role("heading", name="Toegevoegd: 2 studenten")).to_be_visible()
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Examinatoren kiezen voor 2 studenten")
