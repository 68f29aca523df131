"""A teacher with thirty students, each with their own examiner: a limited number of actions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Membership, School, User
from addressbook.models import Contact
from assessments.models import Assessment, Invitation
from assessments.start import start
from digibeoordelen.outbox import links
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests import steps
from tests.factories import ContactFactory, MembershipFactory

from .logging_in import give_password
from .walk import Shots
from .wcag import check_page, check_width

pytestmark = pytest.mark.django_db(transaction=True)

STUDENTS = 30
MAX_ACTIONS = 40  # clicks and filled fields


@dataclass
class Counted:
    """A page that counts clicks, filled fields and keys."""

    page: Page
    actions: int = 0

    def click(self, role: str, name: str, *, exact: bool = True) -> None:
        self._act(self.page.get_by_role(role, name=name, exact=exact).first).click()  # type: ignore[arg-type]

    def fill(self, label: str, text: str) -> None:
        self._act(self.page.get_by_label(label, exact=True)).fill(text)

    def at(self, heading: str) -> None:
        """Check the page's heading, which does not count as an action."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def _act(self, locator: Locator) -> Locator:
        self.actions += 1
        return locator


@pytest.fixture
def thirty(school: School) -> list[tuple[Membership, Contact]]:
    """Thirty students, each with an examiner from the address book."""
    return [
        (
            MembershipFactory(school=school, user__first_name="Student", user__last_name=f"van de Klas {number:02}"),
            ContactFactory(school=school, first_name="Trainer", organisation="Zorginstelling De Lange Naam"),
        )
        for number in range(STUDENTS)
    ]


@pytest.fixture
def teacher(live_server, new_browser: Callable[..., Page], docent: User, unit: ExamUnit, monkeypatch) -> Counted:
    """A logged-in page at Mijn Digibib with a count of zero."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    page = new_browser()
    page.goto(f"{live_server.url}/inloggen/?next=/mijn-digibib/")
    give_password(page, docent)
    page.wait_for_url(f"{live_server.url}/mijn-digibib/")
    return Counted(page)


def start_with_list(teacher: Counted, text: str, shots: Shots) -> None:
    """Mijn Digibib → exam → unit → 'Digitaal beoordelen' → '+' → the list → 'Ga verder'."""
    teacher.click("link", "Verzorgende IG", exact=False)
    teacher.click("link", "B1", exact=False)
    teacher._act(teacher.page.get_by_role("main").get_by_role("link", name="Digitaal beoordelen", exact=True)).click()
    teacher.click("link", "Digitaal beoordelen starten voor student")
    teacher.at("Digitaal beoordelen starten voor student")
    shots(teacher.page, "30-kies-studenten")
    teacher.fill("Naam, e-mailadres of studentnummer", text)
    teacher.page.get_by_role("button", name="Toevoegen", exact=True).click()
    expect(teacher.page.get_by_role("heading", name=f"Toegevoegd: {STUDENTS} studenten")).to_be_visible()
    check_page(teacher.page)
    shots(teacher.page, "30-toegevoegd")
    teacher.click("button", "Ga verder")
    teacher.at(f"Examinatoren kiezen voor {STUDENTS} studenten")


def check_all_invited(teacher: Counted, thirty: list[tuple[Membership, Contact]], way: str) -> None:
    expect(teacher.page.locator("#verzending")).to_contain_text("De uitnodiging wordt verzonden aan 30 examinatoren")
    invited = set(Invitation.objects.values_list("assessment__student", "contact"))
    assert invited == {(student.pk, contact.pk) for student, contact in thirty}
    assert OutgoingMail.objects.count() == STUDENTS
    assert teacher.actions <= MAX_ACTIONS, (
        f"{way}: {teacher.actions} actions for {STUDENTS} students, at most {MAX_ACTIONS}."
    )


def test_thirty_students_by_pasted_list_with_examiners(
    teacher: Counted, thirty: list[tuple[Membership, Contact]], shots: Shots
) -> None:
    rows = [f"{student.student_number}\t{contact.email}" for student, contact in thirty]
    start_with_list(teacher, "\n".join(["Studentnummer\tExaminator", *rows]), shots)
    check_page(teacher.page)
    shots(teacher.page, "30-samen")
    teacher.click("link", "Examinatoren uitnodigen")
    teacher.at(f"Examinatoren uitnodigen voor {STUDENTS} studenten")
    check_page(teacher.page)
    shots(teacher.page, "30-bericht")
    teacher.click("button", "Uitnodiging(en) verzenden")
    check_all_invited(teacher, thirty, "Pasted list with examiners")


def test_thirty_students_by_a_field_each(
    teacher: Counted, thirty: list[tuple[Membership, Contact]], shots: Shots
) -> None:
    start_with_list(teacher, "\n".join(student.student_number for student, _ in thirty), shots)
    teacher.click("link", "Per student een eigen examinator")
    teacher.at("Per student een eigen examinator")
    check_page(teacher.page)
    for student, contact in thirty:
        teacher.fill(f"Examinator van {student.user.full_name}", contact.email)
    shots(teacher.page, "30-per-student")
    teacher.click("button", "Overnemen")
    teacher.click("link", "Examinatoren uitnodigen")
    teacher.at(f"Examinatoren uitnodigen voor {STUDENTS} studenten")
    teacher.click("button", "Uitnodiging(en) verzenden")
    check_all_invited(teacher, thirty, "A field for each student")


def test_invalid_line_is_shown_at_the_student(
    teacher: Counted, thirty: list[tuple[Membership, Contact]], unit: ExamUnit, docent: User, shots: Shots
) -> None:
    started = [steps.start_assessment(student, unit, docent) for student, _ in thirty[:3]]
    page = teacher.page
    address = steps.flow_url("per_student", started)
    page.goto(page.url.replace("/mijn-digibib/", address))
    fields = [page.get_by_label(f"Examinator van {student.user.full_name}") for student, _ in thirty[:3]]
    fields[0].fill(thirty[0][1].email)
    fields[1].fill("onbekend@bedrijf.test")
    page.get_by_role("button", name="Overnemen", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("‘onbekend@bedrijf.test’ staat niet in het adresboek.")
    expect(fields[0]).to_have_value(thirty[0][1].email)
    expect(fields[1]).to_be_focused()
    check_page(page)
    shots(page, "30-per-student-fout")


@pytest.fixture
def one_examiner(thirty: list[tuple[Membership, Contact]], unit: ExamUnit, docent: User) -> list[Assessment]:
    """A batch of thirty students who all have the first examiner."""
    started = [steps.start_assessment(student, unit, docent) for student, _ in thirty]
    for one in started:
        steps.choose(one, thirty[0][1])
    return started


def test_batch_page_is_reopened_and_lists_skipped_students(
    teacher: Counted, thirty: list[tuple[Membership, Contact]], unit: ExamUnit, docent: User, shots: Shots
) -> None:
    students = [student for student, _ in thirty[:13]]
    started = start.start_batch(unit=unit, students=students, by=docent).started
    for assessment in started[:-1]:
        steps.choose(assessment, thirty[0][1])
    page = teacher.page
    page.goto(page.url.replace("/mijn-digibib/", f"/examens/eenheid/{unit.pk}/digitaal-beoordelen/"))
    check_page(page)
    shots(page, "verder-tabblad")
    page.get_by_label("Alles kiezen").check()
    page.get_by_role("button", name="Kies examinatoren").click()
    teacher.at("Examinatoren kiezen voor 13 studenten")
    page.get_by_role("link", name="Examinatoren uitnodigen").click()
    teacher.at("Examinatoren uitnodigen voor 12 studenten")
    left_out = page.get_by_role("listitem").filter(has_text="er is nog geen examinator gekozen")
    expect(left_out).to_have_text(re.compile(re.escape(students[-1].user.full_name)))
    check_page(page)
    shots(page, "verder-bericht")
    page.get_by_role("button", name="Uitnodiging(en) verzenden").click()
    expect(page.get_by_role("status").filter(has_text="voor 12 studenten")).to_be_visible()
    check_page(page)
    shots(page, "verder-verzonden")


@pytest.mark.parametrize(("count", "choice", "mails"), [(2, "Eén mail", 1), (30, "Eén mail", 1), (2, "Een mail", 2)])
def test_teacher_chooses_one_mail_or_one_per_student(
    teacher: Counted, one_examiner, unit: ExamUnit, shots: Shots, count: int, choice: str, mails: int
) -> None:
    page = teacher.page
    address = steps.flow_url("message", one_examiner[:count])
    page.goto(page.url.replace("/mijn-digibib/", address))
    page.get_by_text("Zo ziet de mail eruit").click()
    expect(page.locator(".mail-button:visible").first).to_be_visible()
    page.get_by_label(choice).check()
    page.get_by_label("Opmerking").fill("Graag voor vrijdag.")
    check_page(page)
    shots(page, f"mail-{count}-{mails}-bericht")
    page.get_by_role("button", name="Uitnodiging(en) verzenden").click()
    message = "De uitnodiging wordt" if mails == 1 else "2 uitnodigingen worden"
    expect(page.locator("#verzending")).to_contain_text(f"{message} verzonden aan Trainer")
    assert OutgoingMail.objects.count() == mails
    letter = page.context.new_page()
    mail = OutgoingMail.objects.latest("pk")
    letter.set_content(links.fill(mail.html, links.resolve(mail.links)))
    expect(letter.get_by_role("link", name="Start beoordeling")).to_have_count(1)
    expect(letter.get_by_role("listitem")).to_have_count(count if mails == 1 else 0)
    check_width(letter)
    shots(letter, f"mail-{count}-{mails}")


def test_iedereen_clears_and_restores_all_ticks(
    teacher: Counted, one_examiner, thirty: list[tuple[Membership, Contact]], unit: ExamUnit
) -> None:
    steps.choose(one_examiner[0], thirty[1][1])
    page = teacher.page
    address = steps.flow_url("message", one_examiner[:2])
    page.goto(page.url.replace("/mijn-digibib/", address))
    ticked = page.locator("input[name=examinator]:checked")
    expect(ticked).to_have_count(2)
    page.get_by_label("Iedereen").click()
    expect(ticked).to_have_count(0)
    page.get_by_label("Iedereen").click()
    expect(ticked).to_have_count(2)
    page.locator("input[name=examinator]").first.uncheck()
    assert page.get_by_label("Iedereen").evaluate("box => box.indeterminate")


def test_message_for_one_student_passes_axe(
    teacher: Counted, one_examiner, thirty: list[tuple[Membership, Contact]]
) -> None:
    page = teacher.page
    path = f"/beoordelingen/{one_examiner[0].public_id}/uitnodigen/bericht/?examinator={thirty[0][1].pk}"
    page.goto(page.url.replace("/mijn-digibib/", path))
    page.get_by_text("Zo ziet de mail eruit").click()
    expect(page.get_by_text("Start beoordeling").last).to_be_visible()
    check_page(page)
