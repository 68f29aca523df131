"""'Definitief intrekken': notifications, dropped mails and the next result."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import TimeMachineFixture

from accounts.models import Membership, User
from assessments import lifecycle
from assessments.models import Assessment, CancelKind, Document, Event, Status
from committee.decisions.finalise import finalise
from digibeoordelen.outbox import worker
from digibeoordelen.outbox.models import MailState, OutgoingMail
from tests import steps
from tests.concurrency import at_once

OFFICE = "bureau@hier.test"
REASON = "De score bij criterium 3 was verkeerd overgenomen."


@pytest.fixture
def final(assessed: Assessment, committee_member: User) -> Assessment:
    finalise(assessment=assessed, by=committee_member, exam_office_email=OFFICE)
    assessed.refresh_from_db()
    return assessed


@pytest.fixture
def mailed(final: Assessment) -> OutgoingMail:
    """The mail with the PDF, in the queue."""
    Document.objects.run(final.documents.get().pk)
    return OutgoingMail.objects.get(kind="result")


@pytest.fixture
def sent(mailed: OutgoingMail) -> OutgoingMail:
    OutgoingMail.objects.filter(pk=mailed.pk).update(state=MailState.SENT, sent_at="2026-11-23T10:00Z", attempts=1)
    return mailed


def address(assessment: Assessment) -> str:
    return reverse("committee:withdraw_final", args=[assessment.public_id])


def post(client: Client, assessment: Assessment, **data: Any) -> str:
    response = client.post(address(assessment), {"reason": REASON, "version": assessment.version} | data, follow=True)
    assert response.status_code == 200
    assessment.refresh_from_db()
    return " ".join(response.content.decode().split())


def test_page_shows_the_consequences(member: Client, final: Assessment) -> None:
    page = " ".join(member.get(address(final)).content.decode().split())
    assert "Definitief resultaat van Anouk van &#x27;t Hoff intrekken?" in page
    assert f"het examenbureau ({OFFICE}) krijgt een mail dat versie 1 niet meer geldt" in page
    assert "btn-primary" not in page


def test_withdrawal_restores_assessed_and_notifies(member: Client, final: Assessment, sent: OutgoingMail) -> None:
    page = post(member, final)
    assert "Bericht gaat naar Anouk van &#x27;t Hoff en het examenbureau." in page
    assert final.status == Status.ASSESSED
    assert final.documents.get().superseded_at is not None
    office = OutgoingMail.objects.get(kind="result_withdrawn")
    assert office.to == OFFICE
    assert office.subject.startswith("Ingetrokken: beoordeling 123456, versie 1")
    assert REASON in office.text
    assert REASON in office.html
    assert "Carla Commissie: commissie@hier.test" in office.text
    student = OutgoingMail.objects.get(kind="result_withdrawn_student")
    assert student.to == "anouk@hier.test"
    assert REASON not in student.text + student.html
    assert "5,5" not in student.text + student.html
    assert reverse("assessments:my_exams") in student.text


def test_committee_can_read_the_withdrawn_pdf(member: Client, final: Assessment, sent: OutgoingMail) -> None:
    page = post(member, final)
    assert "Versie 1 is ingetrokken op" in page
    assert reverse("assessments:document", args=[final.documents.get().public_id]) in page
    log = page[page.index('<details class="events">') :]
    assert "Definitief ingetrokken</strong> door Carla Commissie: van Definitief naar Beoordeeld" in log
    assert f"‘{REASON}’" in log


def test_queued_mail_is_dropped_without_notifying_the_office(
    member: Client, final: Assessment, mailed: OutgoingMail
) -> None:
    page = post(member, final)
    assert "was nog niet verzonden en wordt dat ook niet meer" in page
    mailed.refresh_from_db()
    assert mailed.state == MailState.FAILED
    assert not worker.claim(mailed.pk)
    assert not OutgoingMail.objects.filter(kind="result_withdrawn").exists()
    assert OutgoingMail.objects.filter(kind="result_withdrawn_student").count() == 1


def test_mail_being_sent_is_followed_by_a_notification(member: Client, final: Assessment, mailed: OutgoingMail) -> None:
    assert worker.claim(mailed.pk)
    post(member, final)
    assert OutgoingMail.objects.filter(kind="result_withdrawn").count() == 1


def test_unmade_pdf_is_never_made(member: Client, final: Assessment) -> None:
    post(member, final)
    assert not Document.objects.run(final.documents.get().pk)
    assert not OutgoingMail.objects.filter(kind__in=["result", "result_withdrawn"]).exists()


def test_next_result_is_version_2(
    member: Client, final: Assessment, sent: OutgoingMail, committee_member: User
) -> None:
    post(member, final)
    finalise(assessment=final, by=committee_member, exam_office_email=OFFICE)
    second = Document.objects.current().get()
    Document.objects.run(second.pk)
    assert second.number == 2
    mail = OutgoingMail.objects.filter(kind="result").latest("pk")
    assert mail.subject.startswith("Definitieve beoordeling, versie 2 (vervangt versie 1), 123456: ")
    assert sent.subject.startswith("Definitieve beoordeling 123456: ")
    assert "vervangt alle eerdere versies" in mail.text


def test_each_version_keeps_its_own_day_of_withdrawal(
    member: Client, final: Assessment, committee_member: User, time_machine: TimeMachineFixture
) -> None:
    post(member, final)
    first = final.documents.get().superseded_at
    assert first
    time_machine.move_to(first + timedelta(hours=1))
    finalise(assessment=final, by=committee_member, exam_office_email=OFFICE)
    final.refresh_from_db()
    post(member, final)
    kept, second = final.documents.values_list("superseded_at", flat=True)
    assert kept == first
    assert second
    assert second > first


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 2001])
def test_reason_is_required(member: Client, final: Assessment, reason: str) -> None:
    page = post(member, final, reason=reason)
    assert "Dit moet nog worden aangepast" in page
    assert final.status == Status.FINAL


def test_double_click_notifies_once(member: Client, final: Assessment, sent: OutgoingMail) -> None:
    version = final.version
    post(member, final)
    page = post(member, final, version=version)
    assert "Er is geen definitief resultaat" in page
    assert OutgoingMail.objects.filter(kind__startswith="result_withdrawn").count() == 2
    assert final.events.filter(kind=Event.Kind.FINAL_WITHDRAWN).count() == 1


def test_stale_form_does_not_withdraw_the_next_result(
    member: Client, final: Assessment, committee_member: User
) -> None:
    opened = final.version
    post(member, final)
    finalise(assessment=final, by=committee_member, exam_office_email=OFFICE)
    page = post(member, final, version=opened)
    assert "heeft deze beoordeling intussen gewijzigd" in page
    assert REASON in page
    assert final.status == Status.FINAL
    assert Document.objects.current().get().number == 2


@pytest.mark.django_db(transaction=True)
def test_two_members_withdraw_once(final: Assessment, committee_member: User, nothing_starts: None) -> None:
    def click() -> str:
        browser = Client()
        browser.force_login(committee_member)
        fresh = Assessment.objects.get(pk=final.pk)
        return post(browser, fresh, version=final.version)

    pages = at_once(click, click)
    assert sum("is ingetrokken. Bericht" in page for page in pages) == 1, pages
    assert OutgoingMail.objects.filter(kind="result_withdrawn_student").count() == 1


def test_student_reads_the_withdrawal_without_the_reason(
    member: Client, final: Assessment, sent: OutgoingMail, student: Membership
) -> None:
    post(member, final)
    member.force_login(student.user)
    page = " ".join(member.get(reverse("assessments:my_exams")).content.decode().split())
    assert "Het eerdere resultaat is op" in page
    assert REASON not in page
    assert "5,5" not in page


def test_withdrawal_is_refused_during_a_resit(member: Client, final: Assessment, committee_member: User) -> None:
    resit = steps.start_assessment(final.student, final.unit, final.initiator)
    assert "Er loopt al een herkansing van deze eenheid." in post(member, final)
    assert final.status == Status.FINAL
    lifecycle.cancel(
        assessment=resit, by=committee_member, kind=CancelKind.OTHER, reason="Toch niet.", counts_as_attempt=False
    )
    post(member, final)
    assert final.status == Status.ASSESSED


def test_corrected_form_still_detects_a_newer_result(member: Client, final: Assessment, committee_member: User) -> None:
    opened = final.version
    lifecycle.withdraw_final(assessment=final, by=committee_member, reason="Verkeerd.")
    finalise(assessment=final, by=committee_member, exam_office_email=OFFICE)
    assert f'name="version" value="{opened}"' in post(member, final, version=opened, reason="")
