"""The source text's part A from the login to the sent invitation, sentence by sentence in a real browser.

A.5 – A.7 are in test_students.py, A.8 – A.15 but for A.11 and A.13 in test_examiners.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import School, User
from addressbook.models import Contact
from assessments.models import Assessment, Coupling, Invitation
from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.worker import deliver
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory
from tests.smtp import SmtpSink

from .logging_in import give_password
from .wcag import check_page

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., Page]

ERIK = "Erik Examinator"


@pytest.fixture
def my_digibib(log_in_at: Open, docent: User) -> Page:
    return log_in_at(docent, "/mijn-digibib/")


@pytest.fixture
def at_examiners(log_in_at: Open, docent: User, assessment: Assessment, examiner: Contact) -> Page:
    """'Examinator(en) kiezen' of a student without examiners."""
    return log_in_at(docent, f"/beoordelingen/{assessment.public_id}/examinatoren/")


@pytest.fixture
def at_invitees(log_in_at: Open, docent: User, assessment: Assessment, examiner: Contact, second_examiner) -> Page:
    """The assessment's page with two chosen, uninvited examiners."""
    steps.choose(assessment, examiner, second_examiner)
    return log_in_at(docent, f"/beoordelingen/{assessment.public_id}/")


def at_message(page: Page) -> None:
    """The message page after 'Examinatoren uitnodigen', with only one of two ticked."""
    page.get_by_role("link", name="Examinatoren uitnodigen").click()
    page.get_by_label("Tineke Tweede").uncheck()


def send(page: Page) -> None:
    page.get_by_role("button", name="Uitnodiging(en) verzenden").click()
    expect(page.get_by_role("status")).to_contain_text("wordt verzonden")


def test_a1_log_in(live_server, new_browser: Open, docent: User) -> None:
    page = new_browser()
    page.goto(live_server.url)
    give_password(page, docent)
    expect(page.get_by_role("link", name=docent.full_name)).to_be_visible()


def test_a2_to_a4_exam_unit_and_digitaal_beoordelen(my_digibib: Page, unit: ExamUnit) -> None:
    my_digibib.get_by_role("link", name="Verzorgende IG").click()
    expect(my_digibib.get_by_role("heading", level=1)).to_contain_text("Verzorgende IG")
    my_digibib.get_by_role("link", name="B1").first.click()
    expect(my_digibib.get_by_role("heading", level=1)).to_contain_text(unit.title)
    tab = my_digibib.get_by_role("main").get_by_role("link", name="Digitaal beoordelen", exact=True)
    tab.click()
    expect(tab).to_have_attribute("aria-current", "page")
    expect(my_digibib.get_by_role("link", name="Digitaal beoordelen starten voor student")).to_be_visible()


def test_a11_and_a13_overnemen_saves_the_choice_from_the_address_book(at_examiners: Page, examiner: Contact) -> None:
    at_examiners.get_by_role("link", name="Kies examinator(en) voor het hele examen").click()
    expect(at_examiners.get_by_role("dialog").get_by_role("heading", name="Adresboek")).to_be_visible()
    check_page(at_examiners)
    at_examiners.get_by_label(ERIK).check()
    assert not Coupling.objects.exists()
    at_examiners.get_by_role("button", name="Overnemen").click()
    expect(at_examiners.get_by_role("status")).to_contain_text(f"Gekozen voor het hele examen: {ERIK}")
    assert Coupling.objects.get().contact == examiner


def test_a16_examinatoren_uitnodigen_a_tick_uitnodigen(at_invitees: Page, shots) -> None:
    at_invitees.get_by_role("link", name="Examinatoren uitnodigen").click()
    expect(at_invitees.get_by_role("group", name="Uitnodigen")).to_be_visible()
    for name in (ERIK, "Tineke Tweede"):
        expect(at_invitees.get_by_label(name)).to_be_checked()
    expect(at_invitees.get_by_role("listitem").filter(has_text=ERIK)).to_contain_text("het hele examen")
    at_invitees.get_by_label("Tineke Tweede").uncheck()
    shots(at_invitees, "a16-uitnodigen")
    send(at_invitees)
    assert Invitation.objects.get().contact.full_name == ERIK


def test_a17_the_message_on_the_screen_is_sent_by_mail(at_invitees: Page, docent: User) -> None:
    at_message(at_invitees)
    at_invitees.get_by_text("Zo ziet de mail eruit").click()
    shown = at_invitees.locator(".letter").inner_text()
    assert not OutgoingMail.objects.exists()
    send(at_invitees)
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.reply_to) == ("erik@bedrijf.test", docent.email)
    sentence = "vraagt u Anouk van 't Hoff te beoordelen voor het examen Verzorgende IG"
    assert sentence in shown
    assert sentence in mail.text


def test_a18_remark_is_above_the_green_button(at_invitees: Page) -> None:
    at_message(at_invitees)
    at_invitees.get_by_label("Opmerking").fill("Graag voor vrijdag.")
    send(at_invitees)
    mail = OutgoingMail.objects.get()
    for body in (mail.text, mail.html):
        assert body.index("Graag voor vrijdag.") < body.rindex("Start beoordeling")


def test_a19_an_attachment_can_go_along(at_invitees: Page, tmp_path: Path) -> None:
    file = tmp_path / "proces-verbaal.pdf"
    file.write_bytes(b"%PDF-1.4 proces verbaal")
    at_message(at_invitees)
    at_invitees.get_by_label("Bijlagen").set_input_files(file)
    send(at_invitees)
    [attached] = OutgoingMail.objects.get().attachments.all()
    assert (attached.filename, attached.file.read()) == (file.name, file.read_bytes())


def test_sent_attachments_are_listed_and_downloadable(at_invitees: Page, tmp_path: Path, shots) -> None:
    file = tmp_path / "toelichting-bij-de-proeve-van-bekwaamheid-verzorgende-ig-kerntaak-1.pdf"
    file.write_bytes(b"%PDF-1.4 toelichting")
    at_message(at_invitees)
    at_invitees.get_by_label("Opmerking").fill("Graag voor vrijdag.\n\nBel gerust: 06 12345678.")
    at_invitees.get_by_label("Bijlagen").set_input_files(file)
    send(at_invitees)
    at_invitees.get_by_text("Opmerking en 1 bijlage").click()
    expect(at_invitees.get_by_text("Graag voor vrijdag.")).to_be_visible()
    check_page(at_invitees)
    shots(at_invitees, "meegestuurd")
    with at_invitees.expect_download() as download:
        at_invitees.get_by_role("link", name=file.name).click()
    assert Path(download.value.path()).read_bytes() == file.read_bytes()


def test_a20_uitnodigingen_verzenden_clicked_twice_sends_once(at_invitees: Page) -> None:
    at_message(at_invitees)
    at_invitees.get_by_role("button", name="Uitnodiging(en) verzenden").dblclick()
    expect(at_invitees.get_by_role("status")).to_contain_text("verzonden")
    assert Invitation.objects.count() == OutgoingMail.objects.count() == 1


def test_a21_message_confirms_the_sending(at_invitees: Page, mail_server: SmtpSink, shots) -> None:
    row = at_invitees.get_by_role("row").filter(has_text=ERIK)
    at_message(at_invitees)
    send(at_invitees)
    expect(at_invitees.get_by_role("status")).to_have_text(f"De uitnodiging wordt verzonden aan {ERIK}.")
    expect(row).to_contain_text("In de wachtrij")
    shots(at_invitees, "a21-wordt-verzonden")
    deliver(OutgoingMail.objects.get().pk)
    assert [mail.to for mail in mail_server.received] == ["erik@bedrijf.test"]
    expect(at_invitees.get_by_role("status")).to_have_text(f"De uitnodiging is verzonden aan {ERIK}.")
    expect(row).to_contain_text(re.compile(r"Verzonden\s+\w\w \d+ \w+ \d{4}, \d\d:\d\d"))
    check_page(at_invitees)
    shots(at_invitees, "a21-verzonden")


def test_bar_follows_the_ticks_and_the_number_of_mails(
    log_in_at: Open, school: School, unit: ExamUnit, docent: User, examiner: Contact, second_examiner: Contact
) -> None:
    three = [steps.start_assessment(MembershipFactory(school=school), unit, docent) for _ in range(3)]
    for assessment in three:
        steps.choose(assessment, examiner)
    steps.choose(three[0], examiner, second_examiner)
    page = log_in_at(docent, steps.flow_url("message", three))
    bar = page.locator(".bottom-bar-sum")
    expect(bar).to_have_text("3 studenten · 2 examinatoren · 2 mails")
    page.get_by_label("Een mail per student").check()
    expect(bar).to_have_text("3 studenten · 2 examinatoren · 4 mails")
    page.get_by_label(ERIK).uncheck()
    expect(bar).to_have_text("1 student · 1 examinator · 1 mail")
    page.get_by_label("Iedereen").check()
    expect(bar).to_have_text("3 studenten · 2 examinatoren · 4 mails")
    page.reload()
    page.get_by_label(ERIK).uncheck()
    page.get_by_label("Tineke Tweede").uncheck()
    expect(bar).to_have_text("0 studenten · 0 examinatoren · 0 mails")


def test_refused_invitation_shows_the_server_reply_and_is_resent(
    at_invitees: Page, mail_server: SmtpSink, shots
) -> None:
    row = at_invitees.get_by_role("row").filter(has_text=ERIK)
    at_message(at_invitees)
    send(at_invitees)
    mail_server.answer("RCPT", "550 5.1.1 Onbekend adres")
    deliver(OutgoingMail.objects.get().pk)
    expect(at_invitees.get_by_role("status")).to_contain_text(
        f"De uitnodiging aan {ERIK} is niet verzonden. De mailserver antwoordde: “550 5.1.1 Onbekend adres”."
    )
    check_page(at_invitees)
    shots(at_invitees, "a21-geweigerd")
    row.get_by_label(f"Acties voor {ERIK}").click()
    row.get_by_role("button", name="Opnieuw verzenden").click()
    expect(at_invitees.get_by_role("status")).to_have_text(f"De uitnodiging wordt verzonden aan {ERIK}.")
    deliver(OutgoingMail.objects.get().pk)
    expect(at_invitees.get_by_role("status")).to_have_text(f"De uitnodiging is verzonden aan {ERIK}.")


def test_reloading_without_javascript_updates_the_status(log_in_at: Open, docent: User, invitation: Invitation) -> None:
    page = log_in_at(docent, f"/beoordelingen/{invitation.assessment.public_id}/", javascript=False)
    page.goto(f"{page.url}?mail={invitation.mail_id}")
    expect(page.get_by_role("status")).to_have_text(f"De uitnodiging wordt verzonden aan {ERIK}.")
    OutgoingMail.objects.update(state=MailState.SENT, sent_at=timezone.now())
    page.reload()
    expect(page.get_by_role("status")).to_have_text(f"De uitnodiging is verzonden aan {ERIK}.")
