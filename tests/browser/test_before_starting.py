"""The source text's 'Inleiding' and 'Studentnummer', sentence by sentence in a real browser (I.1 – S.8, S.11)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership, School, User
from assessments.models import Assessment, Invitation
from committee.decisions.finalise import finalise
from exams.models import AccountExam, Exam, ExamUnit
from tests import steps
from tests.factories import MembershipFactory, UserFactory, make_exam, member

from .logging_in import give_password
from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

Browse = Callable[..., Page]
WHO = "Een medewerker ICT van het Consortium kan dat doen."


@pytest.fixture
def newcomer(school: School, exam: Exam) -> Membership:
    """A student with the exam on the account, before the first login."""
    student = MembershipFactory(
        school=school,
        student_number="",
        user__first_name="Noa",
        user__last_name="Wit",
        user__email="noa@hier.test",
        user__details_checked_at=None,
    )
    AccountExam.objects.create(user=student.user, exam=exam)
    return student


def log_in(page: Page, url: str, user: User) -> None:
    page.goto(url)
    give_password(page, user)


def test_i1_only_at_an_activated_school(teacher: Browse, school: School, student: Membership) -> None:
    School.objects.update(digital_assessment_active=False)
    page = teacher()
    expect(page.get_by_text(f"ROC Hier nog niet geactiveerd. {WHO}")).to_be_visible()
    expect(page.get_by_role("link", name="Digitaal beoordelen starten voor student")).to_have_count(0)


def test_i2_consortium_staff_activate_the_school(
    log_in_at: Browse, teacher: Browse, school: School, student: Membership
) -> None:
    School.objects.update(digital_assessment_active=False)
    staff = log_in_at(UserFactory(is_staff=True), "/beheer/")
    staff.get_by_label(f"Acties voor {school}").click()
    staff.get_by_role("link", name="Activeren").click()
    check_page(staff)
    staff.get_by_role("button", name="Activeren").click()
    expect(staff.get_by_text("Digitaal beoordelen is geactiveerd voor")).to_be_visible()
    check_page(staff)
    page = teacher()
    expect(page.get_by_role("link", name="Digitaal beoordelen starten voor student")).to_be_visible()


def test_s2_unfound_student_probably_lacks_a_number(teacher: Browse, newcomer: Membership) -> None:
    page = teacher()
    page.get_by_role("link", name="Digitaal beoordelen starten voor student").click()
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("noa wit")
    results = page.locator("#gevonden")
    expect(results).to_contain_text("Geen student gevonden voor ‘noa wit’.")
    expect(results).to_contain_text("studentnummer")


def test_two_letter_search_explains_that_only_prefixes_match(teacher: Browse, student: Membership, shots) -> None:
    page = teacher()
    page.get_by_role("link", name="Digitaal beoordelen starten voor student").first.click()
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("ou")
    expect(page.get_by_role("status")).to_contain_text("Met een of twee tekens vindt u alleen een woord dat zo begint.")
    expect(page.get_by_role("status")).not_to_contain_text("studentnummer nog niet ingevuld")
    check_page(page)
    shots(page, "zoeken-twee-letters")
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("ouk")
    expect(page.get_by_role("button", name="Toevoegen van Anouk van 't Hoff")).to_be_visible()


def test_s3_third_tab_appears_with_the_first_exam(log_in_at: Browse, student: Membership) -> None:
    AccountExam.objects.all().delete()
    page = log_in_at(student.user, "/productcatalogus/")
    tabs = page.get_by_role("navigation", name="Tabbladen").get_by_role("link")
    expect(tabs).to_have_text(["Mijn Digibib", "Productcatalogus"])
    page.get_by_role("button", name=re.compile("Toevoegen.*Verzorgende IG")).click()
    expect(tabs).to_have_text(["Mijn Digibib", "Productcatalogus", "Mijn examens"])


def test_s4_mijn_examens_shows_the_progress(log_in_at: Browse, student: Membership, invitation: Invitation) -> None:
    page = log_in_at(student.user, "/mijn-examens/")
    steps_line = page.get_by_role("list", name="Voortgang")
    expect(steps_line.locator("[aria-current=step]")).to_have_text("Uitgenodigd")
    check_page(page)
    steps.assess(invitation)
    page.reload()
    expect(steps_line.locator("[aria-current=step]")).to_have_text("Beoordeeld")


def test_s5_and_s6_final_result_shows_pdf_grade_and_ovg(
    log_in_at: Browse, student: Membership, assessed: Assessment, committee_member: User, monkeypatch, settings
) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    page = log_in_at(student.user, "/mijn-examens/")
    expect(page.get_by_role("main")).to_contain_text("Voldoende")
    expect(page.get_by_role("main")).to_contain_text("5,5")
    link = page.get_by_role("link", name=re.compile("pdf", re.IGNORECASE)).first
    answer = page.request.get(str(link.evaluate("link => link.href")))
    assert answer.body().startswith(b"%PDF-")


def test_s7_first_login_checks_and_completes_personal_data(
    live_server, new_browser: Browse, newcomer: Membership, shots
) -> None:
    page = new_browser()
    log_in(page, f"{live_server.url}/", newcomer.user)
    expect(page.get_by_role("heading", level=1)).to_have_text("Welkom, controleer uw gegevens")
    expect(page.get_by_label("Voornaam")).to_have_value("Noa")
    check_page(page)
    shots(page, "s7-welkom")
    page.get_by_label("Tussenvoegsel").fill("de")
    page.get_by_label("Studentnummer").fill("12 34 57")
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mijn Digibib")
    newcomer.refresh_from_db()
    assert newcomer.student_number == "123457"


def test_s8_profile_saves_the_student_number(log_in_at: Browse, newcomer: Membership, shots) -> None:
    User.objects.filter(pk=newcomer.user_id).update(details_checked_at="2026-01-01T00:00Z")
    page = log_in_at(newcomer.user, "/mijn-digibib/")
    page.get_by_role("link", name="Noa Wit").click()
    expect(page.get_by_text("U hebt nog geen studentnummer ingevuld.")).to_be_visible()
    shots(page, "s8-profiel")
    page.get_by_role("link", name="Bewerken").click()
    page.get_by_label("Studentnummer").fill("123457")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("status")).to_have_text("Uw gegevens zijn bewaard.")
    expect(page.get_by_role("main")).to_contain_text("123457")
    check_page(page)


def test_s8_taken_number_is_reported_to_the_school(
    log_in_at: Browse, newcomer: Membership, student: Membership, school: School, shots
) -> None:
    member(school, "SCHOOLBEHEER")
    School.objects.update(number_forms="999999")
    User.objects.filter(pk=newcomer.user_id).update(details_checked_at="2026-01-01T00:00Z")
    page = log_in_at(newcomer.user, "/profiel/bewerken/")
    page.get_by_label("Studentnummer").fill("12345")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("alert")).to_contain_text("bestaat uit 6 cijfers, zoals 123456")
    shots(page, "s8-andere-vorm")
    page.get_by_label("Studentnummer").fill("123456")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("alert")).to_contain_text("Een andere student van deze school heeft dit studentnummer al.")
    check_page(page)
    shots(page, "s8-bezet")
    page.get_by_role("button", name="Meld dit aan uw school").click()
    expect(page.get_by_role("status")).to_contain_text("Gemeld aan uw school; u hoort ervan.")
    expect(page.get_by_label("Studentnummer")).to_have_value("")
    check_page(page)
    shots(page, "s8-gemeld")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("status")).to_have_text("Uw gegevens zijn bewaard.")


def test_s11_an_exam_of_a_keuzedeel_is_assessed_like_any(
    log_in_at: Browse, docent: User, student: Membership, exam: Exam
) -> None:
    keuzedeel = make_exam(title="Digitale vaardigheden", kind=Exam.Kind.KEUZEDEEL, code="K0023")
    AccountExam.objects.create(user=docent, exam=keuzedeel)
    unit = ExamUnit.objects.get(exam_version__exam=keuzedeel)
    page = log_in_at(docent, f"/examens/eenheid/{unit.pk}/digitaal-beoordelen/")
    page.get_by_role("link", name="Digitaal beoordelen starten voor student").click()
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("hoff")
    page.get_by_role("button", name="Toevoegen van Anouk van 't Hoff").click()
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Examinator(en) kiezen")
