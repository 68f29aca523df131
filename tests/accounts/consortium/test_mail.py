"""The Consortium's page of mail that is not sent, and 'Opnieuw verzenden'."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from assessments.models import Invitation
from digibeoordelen.outbox.models import MailState, OutgoingMail
from tests.factories import UserFactory

PAGE = "/beheer/mail/"
RESEND = "/beheer/mail/opnieuw-verzenden/"


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(UserFactory(is_staff=True))
    return client


@pytest.fixture
def failed(invitation: Invitation) -> OutgoingMail:
    """An invitation that failed an hour ago."""
    assert invitation.mail
    hour_ago = timezone.now() - timedelta(hours=1)
    OutgoingMail.objects.update(state=MailState.FAILED, last_error="550 Weg", failed_at=hour_ago)
    return invitation.mail


def words(client: Client, address: str = PAGE) -> str:
    return " ".join(client.get(address, follow=True).content.decode().split())


def test_page_counts_by_kind_and_names_no_one(staff: Client, failed: OutgoingMail) -> None:
    page = words(staff)
    assert "Uitnodiging om te beoordelen" in page
    assert '<td class="number" data-label="Mislukt">1</td>' in page
    assert failed.to not in page
    assert "Opnieuw verzenden" in page


def test_page_without_unsent_mail_says_so(staff: Client) -> None:
    page = words(staff)
    assert "Er wacht geen mail, en sinds dit moment is er geen mislukt." in page
    assert "Opnieuw verzenden" not in page
    assert "Er is niets om opnieuw te verzenden." in words(staff, RESEND)


@pytest.mark.parametrize("since", ["", "gisteren"])
def test_moment_that_is_none_is_refused(staff: Client, failed: OutgoingMail, since: str) -> None:
    page = words(staff, f"{PAGE}?sinds={since}")
    assert "Kies een dag en een tijd." in page
    assert "Uitnodiging om te beoordelen" in page, "those of the last day"


def test_failed_mail_is_sent_again_after_a_confirmation(staff: Client, failed: OutgoingMail) -> None:
    since = timezone.localtime(timezone.now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    confirmation = words(staff, f"{RESEND}?sinds={since}")
    assert "1 mail gaat opnieuw in de wachtrij" in confirmation
    failed.refresh_from_db()
    assert failed.state == MailState.FAILED
    answer = staff.post(f"{RESEND}?sinds={since}", follow=True)
    assert "1 mail gaat opnieuw in de wachtrij." in answer.content.decode()
    failed.refresh_from_db()
    assert failed.state == MailState.QUEUED


def test_withdrawn_invitation_is_not_sent_again(staff: Client, failed: OutgoingMail) -> None:
    Invitation.objects.update(withdrawn_at=timezone.now())
    assert "1 mail gaat niet mee: de inhoud klopt niet meer." in words(staff, RESEND)
    staff.post(RESEND)
    failed.refresh_from_db()
    assert failed.state == MailState.FAILED
