"""Schoolbeheer's people, roles, invitations and lists, and accepting an invitation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import PeopleImport, Role, School, SchoolInvitation, User
from accounts.people.invite import invite, withdraw
from accounts.people.links import token_for
from accounts.people.roles import give_role
from digibeoordelen.outbox.models import OutgoingMail
from tests.addressbook.files import xlsx
from tests.factories import MembershipFactory, UserFactory, member

from . import walk
from .wcag import check_page

LONG = {"user__first_name": "Wilhelmina-Alexandrina", "user__last_name": "Brouwer-Vandenbrouckeoudenaarde" * 3}
HEADER = ["Voornaam", "Tussenvoegsel", "Achternaam", "E-mailadres", "Rol", "Studentnummer"]
PASSWORD = "een-nieuw-lang-wachtwoord"
pytestmark = pytest.mark.django_db(transaction=True)
Open = Callable[..., Page]


@pytest.fixture
def manager(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER, first_name="Bea", last_name="Beheer", email="beheer@hier.test")


@pytest.fixture
def manage(log_in_at: Open, manager: User, school: School) -> Open:
    """Return a function that opens a page of Schoolbeheer by its URL name."""

    def open_page(name: str, *more: object, **browser: Any) -> Page:
        return log_in_at(manager, reverse(f"school:{name}", args=[school.pk, *more]), **browser)

    return open_page


def ask(school: School, by: User, email: str = "noa@hier.test", **fields: Any) -> SchoolInvitation:
    invitation = SchoolInvitation(first_name="Noa", infix="de", last_name="Wit", email=email, **fields)
    return invite(school=school, invitation=invitation, roles=["DOCENT", "EXAMENCOMMISSIE"], by=by)


# --- People and roles ----------------------------------------------------------------------------
def test_finding_a_person_granting_and_revoking_a_role(
    manage: Open, school: School, docent: User, shots: walk.Shots
) -> None:
    MembershipFactory(school=school, user__email=f"{'w' * 60}@student.hier.test", **LONG)
    MembershipFactory(school=school, user__last_name="Stil", user__is_active=False)
    MembershipFactory(school=school, user__last_name="Nieuw", user__password=None)
    for number in range(30):
        MembershipFactory(school=school, user__last_name=f"Zonder {number:02}")
    page = manage("people")
    expect(page.get_by_role("link", name="Dirk Docent")).to_be_visible()
    check_page(page)
    shots(page, "people")
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("dirk")
    page.get_by_label("Rol", exact=True).select_option("DOCENT")
    page.get_by_role("button", name="Zoeken").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Dirk Docent").click()
    page.get_by_label("Rol erbij").select_option(label="Examencommissie")
    page.get_by_role("button", name="Rol geven").click()
    expect(page.get_by_role("status")).to_contain_text("Dirk Docent heeft nu de rol Examencommissie.")
    check_page(page)
    shots(page, "person")
    page.get_by_role("link", name="Afnemen van de rol Examencommissie").click()
    expect(page.get_by_role("button", name="Rol afnemen")).to_be_visible()
    check_page(page)
    shots(page, "take-role")
    page.get_by_role("button", name="Rol afnemen").click()
    expect(page.get_by_role("status")).to_contain_text("niet langer de rol Examencommissie")
    page.get_by_role("link", name="Uit de school halen").click()
    expect(page.get_by_text("verliest hier alle rollen (Docent)")).to_be_visible()
    check_page(page)
    shots(page, "leave")
    page.get_by_role("button", name="Uit de school halen").click()
    expect(page.get_by_role("status")).to_contain_text("is uit de school gehaald")
    page.get_by_role("link", name="Logboek van rollen").click()
    expect(page.get_by_role("row")).to_have_count(4)
    check_page(page)
    shots(page, "role-log")


def test_own_page_and_empty_search_result(manage: Open, manager: User, shots: walk.Shots) -> None:
    page = manage("person", manager.pk)
    expect(page.get_by_text("Dit bent u zelf.")).to_be_visible()
    check_page(page)
    shots(page, "self")
    page.get_by_role("link", name="Terug naar mensen en rollen").click()
    page.get_by_label("Naam, e-mailadres of studentnummer").fill("xyz")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Toon iedereen")).to_be_visible()
    check_page(page)
    shots(page, "nobody")


def test_a_second_click_on_give_does_nothing(manage: Open, school: School, docent: User) -> None:
    page = manage("person", docent.pk)
    page.get_by_label("Rol erbij").select_option(label="Examencommissie")
    page.get_by_role("button", name="Rol geven").dblclick()
    expect(page.get_by_role("status")).to_contain_text("heeft nu de rol Examencommissie")
    assert school.role_changes.count() == 1


# --- Invitations ---------------------------------------------------------------------------------
def test_inviting_someone_with_an_error_first(manage: Open, docent: User, shots: walk.Shots) -> None:
    page = manage("invitations")
    expect(page.get_by_text("Er staat geen uitnodiging open.")).to_be_visible()
    check_page(page)
    shots(page, "invitations-empty")
    page.get_by_role("link", name="Iemand uitnodigen").click()
    page.get_by_label("Voornaam").fill("Noa")
    page.get_by_label("Achternaam").fill("Wit")
    page.get_by_label("E-mailadres").fill(docent.email)
    page.get_by_label("Docent").check()
    page.get_by_role("button", name="Uitnodiging verzenden").click()
    expect(page.get_by_role("link", name="Naar de rollen van Dirk Docent")).to_be_visible()
    check_page(page)
    shots(page, "invite")
    page.get_by_label("E-mailadres").fill("noa@hier.test")
    page.get_by_role("button", name="Uitnodiging verzenden").dblclick()
    expect(page.get_by_role("status")).to_contain_text("De uitnodiging aan Noa Wit is onderweg naar noa@hier.test.")
    page.get_by_label("Acties voor Noa Wit").click()
    page.get_by_role("button", name="Opnieuw verzenden").click()
    expect(page.get_by_role("status")).to_contain_text("Er gaat een nieuwe link naar noa@hier.test.")
    page.get_by_label("Acties voor Noa Wit").click()
    page.get_by_role("button", name="Uitnodiging intrekken").click()
    expect(page.get_by_role("status")).to_contain_text("is ingetrokken")


def test_the_list_of_invitations_in_every_state(manage: Open, school: School, manager: User, shots: walk.Shots) -> None:
    for number in range(5):
        ask(school, manager, f"{'noa' * (number * 4 + 1)}{number}@hier.test")
    mails = list(OutgoingMail.objects.order_by("pk").values_list("pk", flat=True))
    OutgoingMail.objects.filter(pk=mails[0]).update(state="SENT", sent_at=timezone.now())
    OutgoingMail.objects.filter(pk=mails[1]).update(state="FAILED", last_error="550 5.1.1 User unknown")
    later = timezone.now() + timezone.timedelta(minutes=5)
    OutgoingMail.objects.filter(pk=mails[2]).update(
        state="WAITING", last_error="451 Try again later", next_attempt_at=later
    )
    SchoolInvitation.objects.filter(mail=mails[3]).update(expires_at=timezone.now())
    SchoolInvitation.objects.filter(mail=mails[4]).update(wanted_at=None, mail=None, expires_at=None)
    page = manage("invitations")
    expect(page.get_by_role("button", name="1 mail versturen die nog wacht")).to_be_visible()
    check_page(page)
    shots(page, "invitations")


# --- Imports -------------------------------------------------------------------------------------
def test_a_list_from_file_to_report(
    manage: Open, school: School, student: Any, tmp_path: Path, shots: walk.Shots
) -> None:
    file = tmp_path / f"{'lijst_van_alle_' * 6}.xlsx"
    new = [["Noa", "", f"Nummer {n}", f"noa{n}@hier.test", "Student", f"20020{n}"] for n in range(4)]
    wrong = ["=1+1", "", "Wit", "fout", "Koning", "123456"]
    there = ["Anouk", "van 't", "Hoff", student.user.email, "Student, Docent", "123456"]
    file.write_bytes(xlsx(*new, wrong, there, header=HEADER).getvalue())
    page = manage("import_start")
    expect(page.get_by_role("button", name="Bestand bekijken")).to_be_visible()
    check_page(page)
    shots(page, "import")
    page.get_by_label("Bestanden kiezen").set_input_files(file)
    page.get_by_label("Later, vanaf ‘Uitnodigingen’").check()
    page.get_by_role("button", name="Bestand bekijken").click()
    expect(page.get_by_text("4 nieuw, 1 bijgewerkt; de mails stuurt u later")).to_be_visible()
    check_page(page)
    shots(page, "import-preview")
    page.get_by_role("button", name="Importeren", exact=True).dblclick()
    expect(page.get_by_role("status")).to_contain_text("Het importeren is gelukt: 4 nieuw, 1 bijgewerkt.")
    check_page(page)
    shots(page, "import-report")
    page.get_by_role("main").get_by_role("status").get_by_role("link", name="Uitnodigingen").click()
    expect(page.get_by_role("button", name="4 mails versturen die nog wachten")).to_be_visible()
    page.get_by_role("link", name="Noa Nummer 1").click()
    expect(page.get_by_text("Nog geen wachtwoord gekozen")).to_be_visible()
    check_page(page)
    shots(page, "person-without-password")


def test_long_list_shows_its_progress(
    manage: Open,
    school: School,
    manager: User,
    tmp_path: Path,
    shots: walk.Shots,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    announced: list[int] = []
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: announced.append(pk))
    file = tmp_path / "lijst.xlsx"
    rows = [["Noa", "", f"Nummer {n}", f"noa{n}@hier.test", "Student", f"{n}"] for n in range(1200)]
    file.write_bytes(xlsx(*rows, header=HEADER).getvalue())
    page = manage("import_start")
    page.get_by_label("Bestanden kiezen").set_input_files(file)
    page.get_by_role("button", name="Bestand bekijken").click()
    expect(page.get_by_text("1.200 regels worden gelezen")).to_be_visible()
    check_page(page)
    shots(page, "import-progress")
    PeopleImport.objects.run(announced[0])
    expect(page.get_by_text("1.200 nieuw, 0 bijgewerkt")).to_be_visible()


# --- Invited people ------------------------------------------------------------------------------
def test_choosing_a_password_logs_in(
    live_server: Any, new_browser: Open, school: School, manager: User, shots: walk.Shots
) -> None:
    invitation = ask(school, manager, language="en")
    page = new_browser()
    page.goto(f"{live_server.url}/uitnodiging/{token_for(invitation)}/")
    expect(page.get_by_role("heading", name="Accept the invitation")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Nederlands").click()
    page.locator("#id_password1").fill(PASSWORD)
    page.locator("#id_password2").fill("anders")
    page.get_by_role("button", name="Wachtwoord opslaan").click()
    expect(page.get_by_role("link", name="De twee wachtwoorden zijn niet gelijk.")).to_be_visible()
    check_page(page)
    shots(page, "choose-password")
    page.locator("#id_password1").fill(PASSWORD)
    page.locator("#id_password2").fill(PASSWORD)
    page.get_by_role("button", name="Wachtwoord opslaan").dblclick()
    expect(page.get_by_role("heading", name="Welkom, controleer uw gegevens")).to_be_visible()
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_role("heading", name="Examen afnames")).to_be_visible()
    page.goto(f"{live_server.url}/uitnodiging/{token_for(invitation)}/")
    expect(page.get_by_role("heading", name="Examen afnames")).to_be_visible()


def test_account_holder_accepts_with_the_account(
    live_server: Any, new_browser: Open, log_in_at: Open, school: School, manager: User, shots: walk.Shots
) -> None:
    noa = UserFactory(first_name="Noa", email="noa@hier.test")
    invitation = ask(school, manager)
    path = f"/uitnodiging/{token_for(invitation)}/"
    page = new_browser()
    page.goto(live_server.url + path)
    expect(page.get_by_role("link", name="Inloggen")).to_be_visible()
    check_page(page)
    shots(page, "accept-log-in")
    page = log_in_at(manager, path)
    expect(page.get_by_text("U bent ingelogd als Bea Beheer.")).to_be_visible()
    check_page(page)
    shots(page, "accept-other")
    page = log_in_at(noa, path)
    shots(page, "accept")
    check_page(page)
    page.get_by_role("button", name="Uitnodiging aannemen").click()
    expect(page.get_by_text("U hoort nu bij ROC Hier.")).to_be_visible()


def test_expired_link_explains_why(
    live_server: Any, new_browser: Open, school: School, manager: User, shots: walk.Shots
) -> None:
    invitation = ask(school, manager)
    withdraw(invitation=invitation)
    page = new_browser()
    page.goto(f"{live_server.url}/uitnodiging/{token_for(invitation)}/")
    expect(page.get_by_text("De uitnodiging is ingetrokken.")).to_be_visible()
    check_page(page)
    shots(page, "no-invitation")


def test_role_revoked_while_viewing_hides_the_page(
    log_in_at: Open, school: School, manager: User, docent: User
) -> None:
    give_role(school=school, user=docent, role=Role.SCHOOLBEHEER, by=manager)
    page = log_in_at(docent, reverse("school:people", args=[school.pk]))
    school.memberships.filter(user=docent, role=Role.SCHOOLBEHEER).delete()
    page.get_by_role("link", name="Iemand uitnodigen").click()
    expect(page.get_by_role("heading", name="Deze pagina is er niet")).to_be_visible()
