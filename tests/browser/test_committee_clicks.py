"""The committee's work in clicks and pixels: a routine file, a dispute, and the rows of the queue."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import Membership, School, User
from addressbook.models import Contact
from assessments.corrections import Change, Changes, correct
from assessments.models import Assessment, Correction, Document, Status
from assessments.rubric import read_rubric
from committee.assessment_list.page import PAGE_SIZE
from committee.models import NOT_DONE, FinalBatch
from exams.models import ExamUnit, Part
from tests import steps
from tests.committee.conftest import AfnameMaker, make_afname  # noqa: F401  a fixture
from tests.factories import ExamOfficeFactory, MembershipFactory, first_unit, make_exam

from . import wcag
from .walk import Shots

pytestmark = pytest.mark.django_db(transaction=True)

LogIn = Callable[..., Page]
OFFICE = "zorg@hier.test"


class Clicks:
    """Counts the clicks that it makes."""

    count = 0

    def __call__(self, target: Locator) -> None:
        self.count += 1
        target.click()


@pytest.fixture
def clicks(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[Clicks]:
    made = Clicks()
    yield made
    with capsys.disabled():
        sys.stdout.write(f"\n{request.node.name}: {made.count} clicks\n")


@pytest.fixture
def no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)


def students(school: School, *names: str) -> Iterator[Membership]:
    for name in names:
        first, last = name.split()
        yield MembershipFactory(school=school, user__first_name=first, user__last_name=last)


@pytest.fixture
def three(
    school: School,
    unit: ExamUnit,
    docent: User,
    examiner: Contact,
    make_afname: AfnameMaker,  # noqa: F811
) -> list[Assessment]:
    """Three that wait, of an exam whose results went to a listed office before."""
    ExamOfficeFactory(school=school, name="Examenbureau Techniek", email="techniek@hier.test")
    ExamOfficeFactory(school=school, name="Examenbureau Zorg", email=OFFICE)
    final = make_afname(Status.FINAL)
    Document.objects.create(assessment=final, number=1, result={}, exam_office_email=OFFICE)
    made = []
    for student in students(school, "Anne Appel", "Bart Boom", "Cees Citroen"):
        assessment = steps.start_assessment(student, unit, docent)
        steps.choose(assessment, examiner)
        made.append(steps.assess(steps.send_invitation(assessment, examiner)))
    return made


def test_routine_file_takes_two_clicks_and_leads_to_the_next(
    log_in_at: LogIn, committee_member: User, three: list[Assessment], no_pdf: None, clicks: Clicks, shots: Shots
) -> None:
    page = log_in_at(committee_member, "/commissie/")
    clicks(page.get_by_role("link", name="Anne Appel"))
    expect(page.get_by_label("In deze lijst")).to_contain_text("1 van 3")
    expect(page.get_by_label("Pdf naar").locator("option:checked")).to_have_text("Examenbureau Zorg")
    shots(page, "dossier-1")
    wcag.check_page(page)
    clicks(page.get_by_role("button", name="Afronden"))
    expect(page.get_by_role("status").first).to_contain_text(
        f"Anne Appel is definitief. De pdf wordt gemaakt en gemaild naar {OFFICE}"
    )
    assert clicks.count <= 2
    expect(page.get_by_role("heading", level=1)).to_have_text("Bart Boom")
    expect(page.get_by_label("In deze lijst")).to_contain_text("1 van 2")
    page.get_by_role("link", name="Bekijk die beoordeling").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anne Appel")
    page.go_back()
    page.get_by_role("link", name="Volgende").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cees Citroen")
    expect(page.get_by_role("link", name="Volgende")).to_have_count(0)
    page.get_by_role("button", name="Afronden").click()
    expect(page.get_by_role("status").first).to_contain_text("Cees Citroen is definitief")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cees Citroen")
    page.get_by_role("link", name="Terug naar studenten").click()
    expect(page.locator("[data-row]")).to_have_text(["Bart Boom"])


def test_ticked_rows_open_the_bar_with_the_usual_office(
    log_in_at: LogIn, committee_member: User, three: list[Assessment], no_pdf: None, shots: Shots
) -> None:
    page = log_in_at(committee_member, "/commissie/")
    page.get_by_role("checkbox", name="Bart Boom").check()
    page.get_by_role("checkbox", name="Cees Citroen").check()
    expect(page.locator(".bottom-bar")).to_contain_text("2 gekozen")
    expect(page.get_by_label("Afronden naar").locator("option:checked")).to_have_text("Examenbureau Zorg")
    shots(page, "keuzebalk")
    wcag.check_page(page)
    page.get_by_label("Student", exact=True).press_sequentially("appel")
    expect(page.locator("[data-row]")).to_have_text(["Anne Appel"])
    expect(page.locator(".bottom-bar")).to_be_hidden()
    page.get_by_role("checkbox", name="Anne Appel").check()
    page.get_by_role("button", name="Meer tegelijk afronden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 beoordeling definitief maken?")
    expect(page.get_by_text(f"wordt gemaild naar {OFFICE}")).to_be_visible()


def test_dispute_of_nine_criteria_takes_at_most_twelve_clicks(
    log_in_at: LogIn,
    committee_member: User,
    school: School,
    docent: User,
    examiner: Contact,
    second_examiner: Contact,
    clicks: Clicks,
    shots: Shots,
) -> None:
    unit = first_unit(make_exam(work_processes=3, kinds=[Part.Kind.PRODUCT], criteria=3))
    [student] = students(school, "Anne Appel")
    assessment = steps.start_assessment(student, unit, docent)
    steps.choose(assessment, examiner, second_examiner)
    for contact, score in ((examiner, "V"), (second_examiner, "G")):
        steps.assess(steps.send_invitation(assessment, contact), score)
    page = log_in_at(committee_member, f"/commissie/{assessment.public_id}/")
    shots(page, "geschil-1")
    clicks(page.get_by_role("link", name="Geschil beslissen"))
    expect(page.get_by_role("row").filter(has=page.get_by_role("radio"))).to_have_count(9)
    for number, row in enumerate(page.get_by_role("row").filter(has=page.get_by_role("radio")).all()):
        clicks(row.get_by_role("radio").nth(number % 2))
    shots(page, "geschil-2")
    wcag.check_page(page)
    page.get_by_role("button", name="Beslissing opslaan").click()  # not counted: without a reason it is refused
    expect(page.get_by_role("alert")).to_contain_text("Schrijf erbij waarom u dit wijzigt.")
    expect(page.get_by_label("Reden", exact=True)).to_be_focused()
    wcag.check_focus(page)
    expect(page.get_by_role("radio", checked=True)).to_have_count(9)
    shots(page, "geschil-3")
    clicks(page.get_by_label("Reden", exact=True))
    page.keyboard.type("Na overleg met beide examinatoren.")
    clicks(page.get_by_role("button", name="Beslissing opslaan"))
    expect(page.get_by_role("status").first).to_contain_text("9 wijzigingen opgeslagen.")
    assert clicks.count <= 12
    expect(page.get_by_role("link", name="Afronden")).to_be_visible()
    assert set(Correction.objects.values_list("reason", flat=True)) == {"Na overleg met beide examinatoren."}
    assert sorted(Correction.objects.values_list("after", flat=True)) == ["G"] * 4 + ["V"] * 5


def test_queue_shows_twelve_rows_from_300_pixels(
    log_in_at: LogIn,
    committee_member: User,
    school: School,
    make_afname: AfnameMaker,  # noqa: F811
    shots: Shots,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in range(50):
        student = MembershipFactory(
            school=school, user__first_name="Alexander", user__last_name=f"Van den Berghe{number}"
        )
        make_afname(student=student, attempt=1 + number % 2, since=timezone.now() - timedelta(days=number))
    final = make_afname(Status.FINAL, ovg="G", grade=Decimal("9.0"))
    for search in ("", f"?examen={final.exam_id}"):
        page = log_in_at(committee_member, f"/commissie/{search}")
        page.set_viewport_size({"width": 1280, "height": 900})
        boxes = [box for row in page.locator(".afnames tbody tr").all() if (box := row.bounding_box())]
        assert len(boxes) == PAGE_SIZE
        first, shown = boxes[0]["y"], sum(box["y"] + box["height"] <= 900 for box in boxes)
        with capsys.disabled():
            at = f"first row at {first:.0f} px, {shown} rows of {boxes[0]['height']:.0f} px"
            sys.stdout.write(f"\n'Examen afnames' {search}: {at}\n")
        assert first <= 300
        assert shown >= 12
    expect(page.get_by_role("button", name="Download resultaten als CSV")).to_be_visible()
    shots(page, "vijftig")
    wcag.check_page(page)
    for name in ("Naar de inhoud", "Naar de lijst"):
        wcag.press_until(page, "Tab", ".skip-link", at_most=1)
        expect(page.get_by_role("link", name=name)).to_be_focused()
    page.keyboard.press("Enter")
    assert wcag.press_until(page, "Tab", "[data-row]", at_most=8) <= 8


def test_lists_and_pages_fit_every_width(
    log_in_at: LogIn, committee_member: User, disputed_file: Assessment, three: list[Assessment]
) -> None:
    now, office = timezone.now(), "examenbureau-zorg-en-welzijn@examens.roc-van-hier-en-daar.test"
    batch = FinalBatch.objects.create(
        school=disputed_file.school, by=committee_member, exam_office_email=office, started_at=now, finished_at=now
    )
    for number, one in enumerate([disputed_file, *three]):
        outcome = {"outcome": "FINAL"} if number else {"outcome": "REFUSED", "reason": NOT_DONE}
        batch.items.create(assessment=one, version=one.version, proposing=False, **outcome)
    page = log_in_at(committee_member, "/commissie/?status=ALLE")
    pages = [
        f"/commissie/afronden/{batch.public_id}/",
        "/commissie/?status=ALLE",
        *(f"/commissie/{disputed_file.public_id}/{name}" for name in ("", "bewerken/", "geschil/")),
    ]
    for path in pages:
        page.goto(page.url.partition("/commissie/")[0] + path)
        for width in (320, 375, 600, 640, 768, 900, 1024, 1100, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            needed = page.evaluate("document.documentElement.scrollWidth")
            assert needed <= width, f"{path} is {needed} px wide in a window of {width}"


@pytest.fixture
def disputed_file(
    school: School, unit: ExamUnit, docent: User, examiner: Contact, second_examiner: Contact, committee_member: User
) -> Assessment:
    """In dispute, with one decision and a removed examiner's column as wide as any."""
    [student] = students(school, "Wilhelmina Oudenaarden-Schimmelpenninck")
    assessment = steps.start_assessment(student, unit, docent)
    steps.choose(assessment, examiner, second_examiner)
    for contact, score in ((examiner, "O"), (second_examiner, "G")):
        steps.assess(steps.send_invitation(assessment, contact), score)
    rubric = read_rubric(assessment)
    change = Change("G", "Beide examinatoren zijn gehoord.")
    correct(
        assessment=assessment,
        by=committee_member,
        changes=Changes({rubric.parts[0].criteria[0].pk: change}, {}),
        fingerprint=rubric.result_fingerprint,
    )
    assessment.refresh_from_db()
    return assessment


def test_part_is_edited_in_its_place(
    log_in_at: LogIn, committee_member: User, disputed_file: Assessment, shots: Shots
) -> None:
    page = log_in_at(committee_member, f"/commissie/{disputed_file.public_id}/")
    page.get_by_role("link", name="Bewerken van Gedragsobservatie, B1-K1-W1").click()
    form = page.locator("form.correct")
    expect(form.get_by_role("heading", name="Gedragsobservatie")).to_be_focused()
    expect(form.get_by_role("radiogroup")).to_have_count(2)
    expect(page.get_by_label("Resultaat en afronden")).to_be_visible()
    reasons = form.get_by_label("Reden van de wijziging").locator("visible=true")
    expect(reasons).to_have_count(0)
    form.get_by_role("radiogroup").nth(1).get_by_role("radio", name="O Onvoldoende").check()
    expect(reasons).to_have_count(1)
    shots(page, "bewerken-op-zijn-plaats")
    form.get_by_role("button", name="Bewerken").click()
    expect(page.get_by_text("Schrijf erbij waarom u dit wijzigt.").first).to_be_visible()
    expect(reasons).to_be_focused()
    wcag.check_focus(page)
    top = reasons.bounding_box()
    bar = page.locator(".correct-bar").bounding_box()
    assert top
    assert bar
    assert top["y"] >= bar["y"] + bar["height"], "the bar is over the field with the error"
    reasons.fill("Zo stond het in het verslag.")
    page.get_by_role("button", name="Wijzigingen opslaan").click()
    expect(page.get_by_role("status").first).to_contain_text("1 wijziging opgeslagen.")
    expect(page).to_have_url(re.compile(r"/commissie/[0-9a-f-]+/#deel-"))
    assert Correction.objects.count() == 2
