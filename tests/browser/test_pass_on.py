"""A forwarded link in real browsers: a colleague is proposed, confirmed, mailed, and opens the form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import School, User
from assessments import links
from assessments.invitations import proposals
from assessments.models import Invitation, Proposal
from digibeoordelen.outbox.models import OutgoingMail
from tests.factories import ContactFactory
from tests.steps import choose, fill_in, send_invitation

from .logging_in import give_password
from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

Browse = Callable[..., Page]
Shots = Callable[[Page, str], None]


@pytest.fixture(autouse=True)
def stays_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep mails in the outbox: there is no broker."""
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)


@pytest.fixture
def examiner_opens(live_server, new_browser: Browse, invitation: Invitation) -> Browse:
    """Return a function that opens the examiner's form with the mailed link."""

    def open_form(opened: Invitation | None = None, **browser) -> Page:
        page = new_browser(**browser)
        page.goto(f"{live_server.url}/beoordelen/{links.token_for(invitation=opened or invitation)}/")
        return page

    return open_form


@pytest.fixture
def teacher_opens(live_server, new_browser: Browse, docent: User) -> Browse:
    """Return a function that opens a page as the initiator, logging in if needed."""

    def open_page(address: str, **browser) -> Page:
        page = new_browser(**browser)
        path = address.removeprefix("http://testserver").split("#")[0]
        page.goto(f"{live_server.url}/inloggen/?next={path}")
        give_password(page, docent)
        page.wait_for_url(live_server.url + path)
        return page

    return open_page


def fill_proposal(page: Page, *, email: str = "greet@bedrijf.test") -> None:
    for label, text in {
        "Voornaam": "Greet",
        "Tussenvoegsel": "van",
        "Achternaam": "Nieuw",
        "E-mailadres": email,
        "Organisatie": "Zorggroep Rivierenland",
        "Functie": "Teamleider",
        "Bericht aan de docent": "Ik ben die week met vakantie.",
    }.items():
        page.get_by_label(label).fill(text)


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_proposal_to_the_colleague_s_form(
    examiner_opens: Browse, teacher_opens: Browse, invitation: Invitation, shots: Shots, javascript: bool
) -> None:
    page = examiner_opens(javascript=javascript)
    expect(page.get_by_text("U beoordeelt als Erik Examinator.")).to_be_visible()
    shots(page, "p0-formulier")
    page.get_by_role("link", name="Bent u dat niet?").click()
    check_page(page) if javascript else None
    shots(page, "p1-voorstellen")
    fill_proposal(page, email="anouk@hier.test")
    page.get_by_role("button", name="Collega voorstellen").click()
    expect(page.get_by_role("alert")).to_contain_text("E-mailadres: Dit is het e-mailadres van de student.")
    check_page(page) if javascript else None
    shots(page, "p2-student")
    page.get_by_label("E-mailadres").fill("greet@bedrijf.test")
    page.get_by_role("button", name="Collega voorstellen").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("U hebt Greet van Nieuw voorgesteld")
    check_page(page) if javascript else None
    shots(page, "p3-voorgesteld")
    mail = OutgoingMail.objects.get(kind="proposal")
    teacher = teacher_opens(
        next(line for line in mail.text.splitlines() if line.startswith("http")), javascript=javascript
    )
    expect(teacher.get_by_text("Erik Examinator stelt Greet van Nieuw voor om")).to_be_visible()
    check_page(teacher) if javascript else None
    shots(teacher, "p4-docent")
    button = teacher.get_by_role("button", name="Bevestigen")
    # Without scripts the browser shows the second response: nothing is pending.
    button.dblclick() if javascript else button.click()
    expect(teacher.get_by_role("status")).to_contain_text("Erik Examinator is vervangen door Greet van Nieuw")
    shots(teacher, "p5-bevestigd")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Een ander beoordeelt nu in uw plaats")
    check_page(page) if javascript else None
    shots(page, "p6-vervangen")
    assert OutgoingMail.objects.filter(to="greet@bedrijf.test").count() == 1
    greet = invitation.assessment.invitations.standing().get()
    colleague = examiner_opens(greet, javascript=javascript)
    expect(colleague.get_by_text("U beoordeelt als Greet van Nieuw.")).to_be_visible()


def test_teacher_decides_about_started_work(
    examiner_opens: Browse, teacher_opens: Browse, invitation: Invitation, shots: Shots
) -> None:
    part = invitation.assessment.live_assignments.order_by("pk")[0].part
    fill_in(invitation, "G", "Al getypt.", parts=[part])
    made = Proposal(first_name="Greet", last_name="Nieuw", email="greet@bedrijf.test")
    proposals.propose(invitation=invitation, proposal=made)
    teacher = teacher_opens(f"/beoordelingen/{invitation.assessment.public_id}/")
    teacher.get_by_role("button", name="Bevestigen").click()
    expect(teacher.get_by_role("heading", level=1)).to_have_text("Erik Examinator vervangen door Greet Nieuw?")
    check_page(teacher)
    shots(teacher, "p7-begonnen")
    teacher.get_by_role("button", name="Vervangen").click()
    expect(teacher.get_by_role("status").first).to_contain_text("Erik Examinator is vervangen door Greet Nieuw.")
    expect(teacher.get_by_role("button", name="Bevestigen")).to_have_count(0)


def test_declined_proposal_lets_the_examiner_continue(
    examiner_opens: Browse, teacher_opens: Browse, school: School, invitation: Invitation, shots: Shots
) -> None:
    listed = ContactFactory(school=school, first_name="Margaretha", last_name="Anders", email="greet@bedrijf.test")
    other = ContactFactory(
        school=school,
        first_name="Wilhelmina Johanna",
        infix="van den",
        last_name="Berghuizen-Oosterhoutsen",
        email="wilhelmina.johanna.van.den.berghuizen-oosterhoutsen@zorginstellingrivierenland.test",
    )
    choose(invitation.assessment, invitation.contact, other)
    second = send_invitation(invitation.assessment, other)
    for asked, email in ((invitation, listed.email), (second, f"x{other.email}")):
        proposal = Proposal(first_name="Greet", last_name="Nieuw", email=email, word="Zij kent de student.")
        proposals.propose(invitation=asked, proposal=proposal)
    teacher = teacher_opens(f"/beoordelingen/{invitation.assessment.public_id}/", width=375)
    expect(teacher.get_by_text("Margaretha Anders")).to_be_visible()
    check_page(teacher)
    shots(teacher, "p8-twee-375")
    teacher.get_by_role("button", name="Afwijzen").first.click()
    expect(teacher.get_by_role("status")).to_contain_text("Erik Examinator blijft beoordelen")
    page = examiner_opens()
    page.get_by_role("link", name="Bent u dat niet?").click()
    expect(page.get_by_label("Voornaam")).to_be_visible()


def test_school_without_confirmation_passes_the_link_on(
    examiner_opens: Browse, school: School, invitation: Invitation, shots: Shots
) -> None:
    school.confirm_proposals = False
    school.save()
    page = examiner_opens(width=375)
    page.get_by_role("link", name="Bent u dat niet?").click()
    page.get_by_label("Uitleg").click()
    expect(page.get_by_text("Uw collega krijgt meteen een eigen link.")).to_be_visible()
    shots(page, "p9-meteen-375")
    fill_proposal(page)
    page.get_by_role("button", name="Collega voorstellen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Greet van Nieuw beoordeelt nu in uw plaats")
    check_page(page)
    shots(page, "p10-doorgegeven-375")
