"""How many clicks it takes from Mijn Digibib to a sent invitation; run with `-s` to see them."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership, School, User
from addressbook.models import Contact
from assessments.models import Assessment, Invitation
from digibeoordelen.outbox.models import OutgoingMail
from exams.models import ExamUnit
from tests.factories import MembershipFactory

from .logging_in import give_password

pytestmark = pytest.mark.django_db(transaction=True)

MAX_CLICKS = 8


class Clicks:
    """A page at Mijn Digibib that counts clicks; typing and pasting are no clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done: list[str] = []

    def click(self, role: str, name: str) -> None:
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self.done.append(name)

    def tick(self, name: str) -> None:
        self.page.get_by_role("dialog").get_by_label(name).click()
        self.done.append(f"☑ {name}")

    def report(self, what: str) -> None:
        sys.stdout.write(f"\n{what}: {len(self.done)} clicks: {' → '.join(self.done)}\n")
        assert len(self.done) <= MAX_CLICKS


@pytest.fixture
def teacher(live_server, new_browser: Callable[..., Page], docent: User, unit: ExamUnit, monkeypatch) -> Clicks:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    page = new_browser()
    page.goto(f"{live_server.url}/inloggen/?next=/mijn-digibib/")
    give_password(page, docent)
    page.wait_for_url(f"{live_server.url}/mijn-digibib/")
    return Clicks(page)


def start(teacher: Clicks, typed: str) -> None:
    teacher.click("link", "Verzorgende IG")
    teacher.click("link", "Digitaal beoordelen starten")
    teacher.page.get_by_label("Naam, e-mailadres of studentnummer").fill(typed)
    teacher.click("button", "Ga verder")


def choose_and_invite(teacher: Clicks) -> None:
    teacher.click("link", "Kies examinator(en) voor het hele examen")
    teacher.tick("Erik Examinator")
    teacher.click("button", "Overnemen")
    teacher.click("link", "Examinatoren uitnodigen")
    teacher.click("button", "Uitnodiging(en) verzenden")
    expect(teacher.page.locator("#verzending")).to_contain_text("De uitnodiging wordt verzonden aan Erik Examinator")


def test_one_student_one_examiner(teacher: Clicks, student: Membership, examiner: Contact) -> None:
    start(teacher, "123456")
    expect(teacher.page.get_by_role("heading", level=1)).to_have_text("Examinator(en) kiezen voor Anouk van 't Hoff")
    choose_and_invite(teacher)
    assert Invitation.objects.get().assessment.student == student
    teacher.report("One student, one examiner, invited")


def test_thirty_students_one_examiner_one_mail(teacher: Clicks, school: School, examiner: Contact) -> None:
    students = MembershipFactory.create_batch(30, school=school)
    start(teacher, "\n".join(student.student_number for student in students))
    expect(teacher.page.get_by_role("heading", level=1)).to_have_text("Examinatoren kiezen voor 30 studenten")
    expect(teacher.page.get_by_text("30 studenten · nog geen examinator")).to_be_visible()
    assert len(teacher.page.url.partition("//")[2]) < 100
    choose_and_invite(teacher)
    assert Assessment.objects.count() == Invitation.objects.count() == 30
    assert OutgoingMail.objects.count() == 1
    teacher.report("Thirty students, one examiner, one mail (and one paste)")
