"""'Opnieuw verzenden': a new mail with the PDF, to the same office or another address."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import School, User
from assessments.models import Assessment, Document, Event, MailAbout
from committee.decisions.finalise import finalise
from committee.decisions.withdraw_final import withdraw_final
from digibeoordelen.outbox import worker
from digibeoordelen.outbox.models import MailState, OutgoingMail
from tests.concurrency import at_once
from tests.factories import ExamOfficeFactory

WRONG, RIGHT = "bureua@hier.test", "bureau@hier.test"
REFUSED = "550 Onbekende ontvanger"


@pytest.fixture
def final(assessed: Assessment, committee_member: User) -> Assessment:
    document = finalise(assessment=assessed, by=committee_member, exam_office_email=WRONG)
    Document.objects.run(document.pk)
    assessed.refresh_from_db()
    return assessed


def address(assessment: Assessment) -> str:
    return reverse("committee:send_again", args=[assessment.public_id])


def afname(assessment: Assessment) -> str:
    return reverse("committee:afname", args=[assessment.public_id])


def text_of(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def mark(state: MailState, pk: int | None = None, **fields: Any) -> None:
    """Set the state of the mail."""
    usual: dict[MailState, dict[str, Any]] = {
        MailState.FAILED: {"last_error": REFUSED},
        MailState.SENT: {"sent_at": "2026-11-23T10:00Z"},
        MailState.WAITING: {"last_error": "450 Later.", "next_attempt_at": "2030-01-01T10:00Z", "attempts": 1},
    }
    mail = OutgoingMail.objects.filter(kind="result").latest("pk") if pk is None else OutgoingMail.objects.get(pk=pk)
    OutgoingMail.objects.filter(pk=mail.pk).update(state=state, **usual[state] | fields)


def document_of(assessment: Assessment) -> Document:
    return assessment.documents.select_related("mail").get(superseded_at=None)


def post(client: Client, assessment: Assessment, **data: Any) -> str:
    usual = {"mail": document_of(assessment).mail_id, "email": RIGHT}
    response = client.post(address(assessment), usual | data, follow=True)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def mails() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(kind="result").order_by("pk"))


@pytest.mark.parametrize("state", [MailState.FAILED, MailState.SENT, MailState.WAITING])
def test_pdf_can_be_resent_to_another_address(member: Client, final: Assessment, state: MailState) -> None:
    mark(state)
    assert address(final) in text_of(member, afname(final))
    page = post(member, final)
    assert f"De pdf wordt opnieuw verzonden, naar {RIGHT}." in page
    assert f"Aan {RIGHT}: in de wachtrij" in page
    first, second = mails()
    assert (first.to, second.to) == (WRONG, RIGHT)
    assert document_of(final).mail == second
    assert document_of(final).exam_office_email == RIGHT


def test_resending_makes_a_new_mail_with_the_same_bytes(member: Client, final: Assessment) -> None:
    mark(MailState.SENT)
    post(member, final)
    first, second = mails()
    assert first.message_id != second.message_id
    assert first.attachments.get().file == second.attachments.get().file == document_of(final).file
    assert first.attachments.get().filename == second.attachments.get().filename
    assert MailAbout.objects.get(mail=second).assessment == final
    assert "U krijgt deze mail omdat Carla Commissie de beoordeling opnieuw naar dit adres verzond." in second.text


def test_pdf_can_be_resent_to_the_same_address(member: Client, final: Assessment) -> None:
    mark(MailState.SENT)
    assert f'value="{WRONG}"' in text_of(member, address(final))
    post(member, final, email=WRONG)
    assert [mail.to for mail in mails()] == [WRONG, WRONG]


def test_log_has_the_sender_and_the_address(member: Client, final: Assessment, committee_member: User) -> None:
    mark(MailState.FAILED)
    page = post(member, final)
    event = final.events.get(kind=Event.Kind.SENT_AGAIN)
    assert (event.actor, event.data["exam_office"]) == (committee_member, RIGHT)
    log = page[page.index('<details class="events">') :]
    assert f'Pdf opnieuw verzonden</strong> door Carla Commissie <span class="d-block">Pdf naar {RIGHT}</span>' in log


def test_double_click_sends_once(member: Client, final: Assessment) -> None:
    mark(MailState.FAILED)
    shown = document_of(final).mail_id
    post(member, final, mail=shown)
    assert "al opnieuw verzonden" in post(member, final, mail=shown)
    mark(MailState.SENT)
    assert "al opnieuw verzonden" in post(member, final, mail=shown)
    assert len(mails()) == 2
    assert final.events.filter(kind=Event.Kind.SENT_AGAIN).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_members_send_once(final: Assessment, committee_member: User, nothing_starts: None) -> None:
    mark(MailState.FAILED)
    shown = document_of(final).mail_id

    def click() -> str:
        browser = Client()
        browser.force_login(committee_member)
        return post(browser, final, mail=shown)

    pages = at_once(click, click)
    assert sum("wordt opnieuw verzonden" in page for page in pages) == 1, pages
    assert len(mails()) == 2


def test_unknown_address_must_be_confirmed(member: Client, final: Assessment) -> None:
    mark(MailState.FAILED)
    page = post(member, final, email="archief@elders.test")
    assert "archief@elders.test staat niet in de lijst en is niet van de school." in page
    assert len(mails()) == 1
    post(member, final, email="archief@elders.test", sure="archief@elders.test")
    assert mails()[-1].to == "archief@elders.test"


def test_listed_office_can_be_chosen(member: Client, final: Assessment, school: School) -> None:
    ExamOfficeFactory(school=school, name="Examenbureau Zorg", email="zorg@hier.test")
    mark(MailState.FAILED)
    post(member, final, office="zorg@hier.test", email="")
    assert mails()[-1].to == "zorg@hier.test"


def test_listed_office_beside_the_unchanged_address(member: Client, final: Assessment, school: School) -> None:
    ExamOfficeFactory(school=school, name="Examenbureau Zorg", email="zorg@hier.test")
    mark(MailState.FAILED)
    post(member, final, office="zorg@hier.test", email=WRONG)
    assert mails()[-1].to == "zorg@hier.test"


def test_listed_office_beside_another_address_is_asked_about(member: Client, final: Assessment, school: School) -> None:
    ExamOfficeFactory(school=school, name="Examenbureau Zorg", email="zorg@hier.test")
    mark(MailState.FAILED)
    page = post(member, final, office="zorg@hier.test", email=RIGHT)
    assert "Kies een van de twee." in page
    assert len(mails()) == 1


def test_waiting_mail_is_dropped(member: Client, final: Assessment) -> None:
    mark(MailState.WAITING)
    post(member, final)
    old, new = mails()
    assert old.dropped_at
    OutgoingMail.objects.filter(pk=old.pk, state=MailState.WAITING).update(state=MailState.QUEUED)
    assert not worker.claim(old.pk)
    assert worker.claim(new.pk)


def test_queued_mail_is_not_sent_again(member: Client, final: Assessment) -> None:
    page = text_of(member, afname(final))
    assert "Aan bureua@hier.test: in de wachtrij" in page
    assert address(final) not in page
    assert "De mail is nog onderweg." in " ".join(member.get(address(final), follow=True).content.decode().split())
    assert "De mail is nog onderweg." in post(member, final)
    assert len(mails()) == 1


def test_resending_needs_a_pdf(member: Client, final: Assessment, committee_member: User) -> None:
    mark(MailState.SENT)
    shown = document_of(final).mail_id
    withdraw_final(assessment=final, by=committee_member, reason="Verkeerd.")
    page = member.post(address(final), {"mail": shown, "email": RIGHT}, follow=True).content.decode()
    assert "Er is nu geen pdf om te verzenden." in page
    assert len(mails()) == 1


class TestWithdrawn:
    """Each address that got the PDF is notified that it is no longer valid."""

    def notified(self, final: Assessment, by: User) -> set[str]:
        withdraw_final(assessment=final, by=by, reason="Verkeerd.")
        return set(OutgoingMail.objects.filter(kind="result_withdrawn").values_list("to", flat=True))

    def test_both_recipients_are_notified_of_a_withdrawal(
        self, member: Client, final: Assessment, committee_member: User
    ) -> None:
        mark(MailState.SENT)
        post(member, final)
        mark(MailState.SENT)
        assert self.notified(final, committee_member) == {WRONG, RIGHT}

    def test_failed_recipient_is_not_notified(self, member: Client, final: Assessment, committee_member: User) -> None:
        mark(MailState.FAILED)
        post(member, final)
        mark(MailState.SENT)
        assert self.notified(final, committee_member) == {RIGHT}

    def test_recipient_of_an_unsent_mail_is_not_notified(
        self, member: Client, final: Assessment, committee_member: User
    ) -> None:
        mark(MailState.SENT)
        post(member, final)
        assert self.notified(final, committee_member) == {WRONG}

    def test_repeated_recipient_is_notified_once(
        self, member: Client, final: Assessment, committee_member: User
    ) -> None:
        mark(MailState.SENT)
        post(member, final, email=WRONG.upper(), sure=WRONG.upper())
        mark(MailState.SENT)
        self.notified(final, committee_member)
        assert OutgoingMail.objects.filter(kind="result_withdrawn").count() == 1
