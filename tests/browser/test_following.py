"""A docent's lists in a real browser: counters, search, ticks, reminders, thirty rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import Role, School, User
from addressbook.models import Contact
from assessments import lifecycle
from assessments.models import Assessment, Invitation
from committee.decisions.finalise import finalise
from digibeoordelen.outbox.models import MailState, OutgoingMail
from exams.models import Exam, ExamUnit
from tests import steps
from tests.factories import ContactFactory, MembershipFactory

from .walk import Shots
from .wcag import check_page, press_until

pytestmark = pytest.mark.django_db(transaction=True)

Browse = Callable[..., Page]


@pytest.fixture(autouse=True)
def _no_pdf_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)


@pytest.fixture
def other(school: School, unit: ExamUnit, docent: User, second_examiner: Contact) -> Invitation:
    """The invitation of Bart Boom's examiner, Tineke Tweede."""
    student = MembershipFactory(school=school, user__first_name="Bart", user__last_name="Boom")
    assessment = steps.start_assessment(student, unit, docent)
    steps.choose(assessment, second_examiner)
    return steps.send_invitation(assessment, second_examiner)


def be_invited(*invitations: Invitation, days_ago: int) -> None:
    """Move the invitations back in time, since the browser's clock cannot be moved."""
    Invitation.objects.filter(pk__in=[invitation.pk for invitation in invitations]).update(
        invited_at=timezone.now() - timedelta(days=days_ago), asked_at=timezone.now() - timedelta(days=days_ago)
    )


def box(part: Locator) -> Any:
    return part.bounding_box()


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=name)


def test_late_examiners_are_reminded_from_mijn_digibib(
    teacher: Browse, invitation: Invitation, other: Invitation, shots: Shots
) -> None:
    be_invited(invitation, other, days_ago=16)
    page = teacher(path="/mijn-digibib/")
    shots(page, "mijn-digibib-te-doen")
    check_page(page)
    page.get_by_role("region", name="Te doen").get_by_role("link", name="Te laat 2").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Afnames")
    expect(row(page, "Anouk van 't Hoff")).to_contain_text("Erik Examinator")
    expect(row(page, "Anouk van 't Hoff")).to_contain_text("9 dagen")
    shots(page, "volgen-te-laat")
    check_page(page)
    bar = page.get_by_role("button", name="Herinneren")
    expect(bar).to_be_hidden()
    page.get_by_label("Alles kiezen").check()
    expect(page.locator(".bottom-bar")).to_contain_text("2 gekozen")
    shots(page, "volgen-gekozen")
    check_page(page)
    bar.click()
    for name, student in (("Erik Examinator", "Anouk van 't Hoff"), ("Tineke Tweede", "Bart Boom")):
        expect(page.get_by_role("listitem").filter(has_text=name)).to_contain_text(student)
    shots(page, "herinnering-bevestigen")
    check_page(page)
    page.get_by_role("button", name="Herinneringen verzenden").dblclick()
    expect(page.get_by_role("status").first).to_contain_text(
        "De herinnering wordt verzonden aan Erik Examinator, Tineke Tweede"
    )
    expect(page).to_have_url(re.compile("/afnames/[?]taak=te-laat&mail="))
    shots(page, "herinnering-verzonden")
    assert sorted(OutgoingMail.objects.filter(kind="reminder").values_list("to", flat=True)) == [
        "erik@bedrijf.test",
        "tineke@bedrijf.test",
    ]


def test_ticks_lead_to_the_flow_and_survive_no_search(
    teacher: Browse, invitation: Invitation, other: Invitation
) -> None:
    page = teacher()
    everyone, bar = page.get_by_label("Alles kiezen"), page.locator(".bottom-bar")
    page.get_by_label("Bart Boom kiezen").check()
    expect(bar).to_contain_text("1 gekozen")
    expect(everyone).not_to_be_checked()
    page.get_by_label("Anouk van 't Hoff kiezen").check()
    expect(everyone).to_be_checked()
    page.get_by_label("Student of nummer").fill("boom")
    expect(row(page, "Anouk van 't Hoff")).to_have_count(0)
    expect(bar).to_be_hidden()
    everyone.check()
    expect(bar).to_contain_text("1 gekozen")
    for button, step in (("Kies examinatoren", "examinatoren"), ("Examinatoren uitnodigen", "bericht")):
        with page.expect_request("**/afnames/selectie/") as posted:
            page.get_by_role("button", name=button).click()
        fields = parse_qs(posted.value.post_data)
        assert (fields["naar"], fields["beoordeling"]) == ([step], [str(other.assessment.public_id)])
        # A page that still loads has no way back.
        expect(page.get_by_role("heading", level=1)).to_contain_text("Bart Boom")
        page.go_back()
        page.get_by_label("Bart Boom kiezen").check()


def test_keyboard_reaches_the_first_row_soon(teacher: Browse, invitation: Invitation) -> None:
    page = teacher(path="/afnames/")
    presses = press_until(page, "Tab", "a[href='#rijen']")
    page.keyboard.press("Enter")
    presses += press_until(page, "Tab", "tbody [name=beoordeling]")
    assert presses <= 10


@pytest.mark.parametrize("width", [1024, 1280])
@pytest.mark.parametrize("also", [(), (Role.EXAMENCOMMISSIE, Role.SCHOOLBEHEER)], ids=["four tabs", "six tabs"])
def test_header_keeps_its_places_with_many_tabs(
    log_in_at: Browse, school: School, docent: User, unit: ExamUnit, width: int, also: tuple[Role, ...]
) -> None:
    """A long name beside the tabs: they stay on one line, nothing is cut to nothing, and 'English' moves nothing."""
    docent.first_name, docent.last_name = "Maximiliaan Alexander", "Schimmelpenninck"
    docent.save()
    for role in also:
        MembershipFactory(user=docent, school=school, role=role)
    page = log_in_at(docent, "/afnames/", width=width)
    places = []
    for path in ("/afnames/", "/mijn-digibib/"):
        page.goto(page.url.partition("/afnames/")[0] + path)
        boxes = [box(page.locator(part)) for part in (".logo", ".header-tabs", ".header-person-name")]
        assert boxes[1]["height"] < 60
        assert boxes[2]["width"] > 60
        assert all(one["x"] >= 0 and one["x"] + one["width"] <= width for one in boxes)
        places.append([(one["x"], one["y"], one["width"]) for one in boxes])
        check_page(page)
    assert places[0] == places[1]


def test_examiner_is_reminded_from_the_menu(teacher: Browse, invitation: Invitation, shots: Shots) -> None:
    be_invited(invitation, days_ago=2)
    page = teacher()
    page.get_by_role("link", name="Anouk van 't Hoff").click()
    page.locator("summary", has_text="…").click()
    shots(page, "herinneren-een")
    page.get_by_role("button", name="Herinneren").dblclick()
    expect(page.get_by_role("status")).to_contain_text("De herinnering wordt verzonden aan Erik Examinator.")
    shots(page, "herinneren-een-verzonden")
    assert OutgoingMail.objects.filter(kind="reminder").count() == 1


def test_filter_works_while_typing_and_is_kept_in_url(
    teacher: Browse, invitation: Invitation, other: Invitation, shots: Shots
) -> None:
    page = teacher()
    page.get_by_label("Student of nummer").fill("boom")
    expect(row(page, "Anouk van 't Hoff")).to_have_count(0)
    expect(row(page, "Bart Boom")).to_be_visible()
    page.wait_for_url(re.compile("[?&]q=boom"))
    expect(page.get_by_label("Student of nummer")).to_be_focused()
    page.get_by_role("link", name="Afname", exact=True).click()
    page.wait_for_url(re.compile("sorteer=afname"))
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(page.get_by_label("Student of nummer")).to_have_value("boom")
    expect(row(page, "Anouk van 't Hoff")).to_have_count(0)
    page.get_by_label("Student of nummer").fill("niemand")
    expect(page.get_by_text("Geen student gevonden met dit filter.")).to_be_visible()
    shots(page, "volgen-niets-gevonden")
    page.get_by_role("link", name="Filter wissen").click()
    expect(row(page, "Anouk van 't Hoff")).to_be_visible()
    expect(page.get_by_label("Student of nummer")).to_have_value("")
    be_invited(other, days_ago=9)
    page.reload()
    page.get_by_role("link", name="Te laat 1").click()
    expect(row(page, "Anouk van 't Hoff")).to_have_count(0)
    expect(row(page, "Bart Boom")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('htmx-history-cache')") is None


def test_filter_button_works_without_an_answer_to_htmx(
    teacher: Browse, invitation: Invitation, other: Invitation
) -> None:
    page = teacher()
    page.route(
        "**/digitaal-beoordelen/*",
        lambda route: route.fulfill(status=204) if "hx-request" in route.request.headers else route.continue_(),
    )
    with page.expect_response(lambda response: response.status == 204):
        page.get_by_label("Examinator").fill("tineke")
    expect(row(page, "Anouk van 't Hoff")).to_be_visible()
    page.get_by_role("button", name="Zoeken").click()
    expect(row(page, "Anouk van 't Hoff")).to_have_count(0)


def test_filter_and_reminders_without_javascript(teacher: Browse, invitation: Invitation, other: Invitation) -> None:
    be_invited(other, days_ago=9)
    page = teacher(javascript=False)
    page.get_by_label("Examinator").fill("tineke")
    page.get_by_role("button", name="Zoeken").click()
    expect(row(page, "Anouk van 't Hoff")).to_have_count(0)
    page.get_by_label("Bart Boom kiezen").check()
    page.get_by_role("button", name="Herinneren").click()
    page.get_by_role("button", name="Herinneringen verzenden").click()
    expect(page.get_by_role("status").first).to_contain_text("De herinnering wordt verzonden aan Tineke Tweede")


def test_thirty_students_in_every_state_fit_the_screen(
    teacher: Browse, school: School, unit: ExamUnit, docent: User, committee_member: User, shots: Shots
) -> None:
    thirty_students(school, unit, docent, committee_member)
    page = teacher()
    expect(page.get_by_role("row")).to_have_count(31)
    expect(page.get_by_role("columnheader", name="Student")).to_have_attribute("aria-sort", "ascending")
    shots(page, "volgen-dertig")
    check_page(page)
    check_at(page, 600, 900, 1024)
    page.get_by_role("link", name="Afnames", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Afnames")
    shots(page, "afnames-dertig")
    check_page(page)
    check_at(page, 600, 900, 1024)
    page.get_by_label("Alles kiezen").check()
    page.get_by_role("button", name="Herinneren").click()
    expect(page.get_by_role("button", name="Herinneringen verzenden")).to_be_visible()
    shots(page, "herinnering-dertig")
    check_page(page)


def check_at(page: Page, *widths: int) -> None:
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})


def test_empty_lists_say_where_to_start(teacher: Browse, shots: Shots) -> None:
    page = teacher(path="/afnames/")
    expect(page.get_by_text("Hier komen de beoordelingen te staan die u start.")).to_be_visible()
    shots(page, "afnames-leeg")
    check_page(page)
    page.get_by_role("link", name="Naar Mijn Digibib").click()
    expect(page.get_by_text("Er wacht niets op u.")).to_be_visible()
    shots(page, "mijn-digibib-niets-te-doen")
    check_page(page)


def test_long_title_stays_on_its_card(teacher: Browse, exam: Exam, invitation: Invitation, shots: Shots) -> None:
    Exam.objects.filter(pk=exam.pk).update(title="Gehandicaptenzorgverleningsspecialisatie" * 2)
    page = teacher(path="/mijn-digibib/", width=375)
    shots(page, "mijn-digibib-lange-titel")
    check_page(page)
    title, card = box(page.locator(".tile-title")), box(page.locator(".tile"))
    assert title["x"] + title["width"] <= card["x"] + card["width"]


def thirty_students(school: School, unit: ExamUnit, docent: User, committee_member: User) -> None:
    """Thirty students in every status, with long and short names, late, uninvited, without mail or link."""
    first = ["Anouk", "Maximiliaan-Alexander", "Bo", "Fatima Zohra", "Jan"]
    last = ["Hoff", "Schimmelpenninck-Oldenbarneveld", "Li", "El Bouazzaoui", "Vries"]
    examiners: list[Any] = [
        ContactFactory(
            school=school, first_name="Wilhelmina Johanna", last_name="Brederode tot Wassenaer-Duivenvoorde"
        ),
        ContactFactory(school=school, first_name="Bo", last_name="Li"),
    ]
    for number in range(30):
        student = MembershipFactory(
            school=school,
            user__first_name=first[number % 5],
            user__infix="van der" if number % 3 == 0 else "",
            user__last_name=last[number // 6],
        )
        assessment = steps.start_assessment(student, unit, docent)
        if number % 4 == 0:
            Assessment.objects.filter(pk=assessment.pk).update(planned_on=timezone.localdate() - timedelta(days=1))
        put_in_state(assessment, number % 8, examiners, committee_member)
    Assessment.objects.filter(student__user__first_name="Jan").update(attempt=2)
    Invitation.objects.filter(contact=examiners[1]).update(reminded_at=timezone.now() - timedelta(days=2))
    Assessment.objects.filter(status="INVITED").update(status_since=timezone.now() - timedelta(days=12))


def put_in_state(assessment: Assessment, state: int, examiners: list[Contact], committee_member: User) -> None:
    if state == 0:
        return
    steps.choose(assessment, *examiners)
    if state == 1:
        return
    first, second = [steps.send_invitation(assessment, examiner) for examiner in examiners]
    if state in (2, 3):
        be_invited(first, second, days_ago=8 if state == 2 else 120)
    if state == 3:
        assert first.mail
        OutgoingMail.objects.filter(pk=first.mail.pk).update(state=MailState.FAILED, last_error="550 onbekend")
        Invitation.objects.filter(pk=second.pk).update(expires_at=timezone.now() - timedelta(days=1))
    if state >= 4:
        steps.assess(first)
    if state >= 5:
        steps.assess(second)
    if state == 6:
        assessment.refresh_from_db()
        finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    if state == 7:
        lifecycle.cancel(assessment=assessment, by=assessment.initiator, reason="Verhinderd.", counts_as_attempt=False)
