"""After the invitation, in a real browser: withdraw, ask again, replace, correct an address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import School, User
from addressbook.models import Contact
from assessments.models import Assessment, Invitation
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import ContactFactory
from tests.steps import choose, fill_in, send_invitation

from .logging_in import give_password
from .wcag import check_page, check_width

pytestmark = pytest.mark.django_db(transaction=True)

Browse = Callable[..., Page]
Shots = Callable[[Page, str], None]


@pytest.fixture
def teacher(live_server, new_browser: Callable[..., Page], docent: User, assessment: Assessment, monkeypatch) -> Browse:
    """Return a function that opens the assessment's page in a browser as its docent."""
    # Keep mails in the queue: there is no broker.
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)

    def open_detail(**browser) -> Page:
        page = new_browser(**browser)
        path = f"/beoordelingen/{assessment.public_id}/"
        page.goto(f"{live_server.url}/inloggen/?next={path}")
        give_password(page, docent)
        page.wait_for_url(live_server.url + path)
        return page

    return open_detail


@pytest.fixture
def invited(assessment: Assessment, school: School, examiner: Contact) -> Invitation:
    """Invitations of Erik, who has started, and of an examiner with a long name whose mail failed."""
    long = ContactFactory(
        school=school,
        first_name="Wilhelmina Johanna",
        infix="van den",
        last_name="Berghuizen-Oosterhoutsen",
        email="wilhelmina.johanna.van.den.berghuizen-oosterhoutsen@zorginstellingrivierenland.test",
    )
    choose(assessment, examiner, long)
    invitation = send_invitation(assessment, examiner, remark="Graag voor vrijdag.")
    send_invitation(assessment, long)
    failed = OutgoingMail.objects.filter(to=long.email)
    failed.update(state="FAILED", last_error="550 5.1.1 <wilhelmina@zorginstellingrivierenland.test>: unknown user")
    part = assessment.live_assignments.filter(contact=examiner).order_by("pk")[0].part
    fill_in(invitation, "G", "Al getypt.", parts=[part])
    return invitation


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def open_menu(page: Page, name: str) -> Locator:
    """Open '…' of an examiner's row; return the row."""
    found = row(page, name)
    found.locator("summary", has_text="…").click()
    return found


def test_withdrawn_with_a_reason_and_invited_again(teacher: Browse, invited: Invitation, shots: Shots) -> None:
    page = teacher()
    shots(page, "g1-uitgenodigd")
    check_page(page)
    expect(page.get_by_role("complementary", name="Stand")).to_contain_text("Wordt beoordeeld")
    expect(page.get_by_role("complementary", name="Stand")).to_contain_text(
        "Intrekken kan nu alleen de examencommissie."
    )
    open_menu(page, "Erik Examinator").get_by_role("link", name="Uitnodiging intrekken").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uitnodiging van Erik Examinator intrekken?")
    page.get_by_label("Reden").fill("Is deze maand ziek.")
    shots(page, "g2-intrekken")
    page.get_by_role("button", name="Uitnodiging intrekken").dblclick()
    expect(page.get_by_role("status")).to_have_text("De uitnodiging van Erik Examinator is ingetrokken.")
    expect(row(page, "Erik Examinator")).to_contain_text("Ingetrokken")
    page.get_by_text("Geschiedenis").click()
    expect(page.get_by_text("‘Is deze maand ziek.’")).to_be_visible()
    shots(page, "g3-ingetrokken")
    open_menu(page, "Erik Examinator").get_by_role("link", name="Opnieuw uitnodigen").click()
    page.get_by_role("button", name="Uitnodiging(en) verzenden").click()
    expect(page.get_by_role("status")).to_have_text("De uitnodiging wordt verzonden aan Erik Examinator.")
    assert OutgoingMail.objects.filter(to="erik@bedrijf.test").count() == 2


def test_double_click_sends_one_reminder(teacher: Browse, invited: Invitation, shots: Shots) -> None:
    over = timezone.now() - timedelta(days=1)
    Invitation.objects.filter(pk=invited.pk).update(invited_at=over - timedelta(days=60), expires_at=over)
    page = teacher(javascript=False)
    expect(row(page, "Erik Examinator")).to_contain_text("De link is verlopen op")
    shots(page, "g10-verlopen")
    open_menu(page, "Erik Examinator").get_by_role("link", name="Opnieuw uitnodigen").click()
    shots(page, "g4-opnieuw-uitnodigen")
    page.get_by_role("button", name="Opnieuw uitnodigen").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anouk van 't Hoff")
    assert OutgoingMail.objects.filter(to="erik@bedrijf.test").count() == 2
    expect(page.get_by_text("De link is verlopen op")).to_have_count(0)
    invited.refresh_from_db()
    assert invited.generation == 2


def test_examiner_is_replaced_after_a_warning_of_lost_work(
    teacher: Browse, invited: Invitation, second_examiner: Contact, shots: Shots
) -> None:
    page = teacher()
    open_menu(page, "Erik Examinator").get_by_role("link", name="Vervangen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wie vervangt Erik Examinator?")
    shots(page, "g5-wie-vervangt")
    page.get_by_label("Zoeken in het adresboek").fill("tweede")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Kiezen")).to_have_count(1)
    page.get_by_role("link", name="Examinator toevoegen").click()
    page.get_by_label("Voornaam").fill("Greet")
    page.get_by_label("Achternaam").fill("Nieuw")
    page.get_by_label("E-mailadres").fill("greet@bedrijf.test")
    page.get_by_role("button", name="Contactpersoon opslaan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Erik Examinator vervangen door Greet Nieuw?")
    expect(page.get_by_text("Dit telt niet meer mee in het resultaat")).to_be_visible()
    shots(page, "g6-vervangen")
    page.get_by_role("button", name="Vervangen").dblclick()
    expect(page.get_by_role("status").first).to_contain_text("Erik Examinator is vervangen door Greet Nieuw.")
    expect(page.get_by_role("status").last).to_have_text("De uitnodiging wordt verzonden aan Greet Nieuw.")
    expect(row(page, "greet@bedrijf.test")).to_contain_text("In de wachtrij")
    shots(page, "g7-vervangen")
    assert "Graag voor vrijdag." in OutgoingMail.objects.get(to="greet@bedrijf.test").text


def test_completed_work_may_stay(teacher: Browse, invited: Invitation, second_examiner: Contact, shots: Shots) -> None:
    own = invited.assessment.live_assignments.filter(contact=invited.contact)
    own.filter(justification="Al getypt.").update(completed_at=invited.invited_at)
    page = teacher()
    open_menu(page, "Erik Examinator").get_by_role("link", name="Vervangen").click()
    page.get_by_role("link", name="Kiezen van Tineke Tweede").click()
    expect(page.get_by_label("Alleen wat nog niet is afgerond")).to_be_checked()
    shots(page, "g8-afgerond-houden")
    page.get_by_role("button", name="Vervangen").click()
    expect(row(page, "Erik Examinator")).to_contain_text("Afgerond")
    expect(row(page, "Tineke Tweede")).to_contain_text("0 van 3 onderdelen afgerond")


def test_an_address_is_corrected_from_the_row(teacher: Browse, invited: Invitation, shots: Shots) -> None:
    page = teacher()
    open_menu(page, "Erik Examinator").get_by_role("link", name="Adres corrigeren").click()
    page.get_by_label("E-mailadres").fill("erik.goed@bedrijf.test")
    shots(page, "g9-adres-corrigeren")
    page.get_by_role("button", name="Contactpersoon opslaan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anouk van 't Hoff")
    expect(page.get_by_role("status")).to_contain_text(
        "1 uitnodiging gaat opnieuw op weg, naar erik.goed@bedrijf.test."
    )
    expect(row(page, "Erik Examinator")).to_contain_text("erik.goed@bedrijf.test")


def test_on_a_phone_nothing_sticks_out(teacher: Browse, invited: Invitation, shots: Shots) -> None:
    page = teacher(width=375)
    page.get_by_text("Geschiedenis").click()
    check_page(page)
    open_menu(page, "Erik Examinator")
    check_page(page)
    page.keyboard.press("Escape")
    open_menu(page, "Erik Examinator").get_by_role("link", name="Vervangen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wie vervangt Erik Examinator?")
    check_width(page)
