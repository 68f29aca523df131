"""Consortium staff see whether a mail was sent and why not, without its text, its link or any button."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from digibeoordelen.outbox.models import OutgoingMail


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    user = User.objects.create_superuser(
        "staf@consortium.test", first_name="Ingrid", last_name="Dam", details_checked_at=timezone.now()
    )
    client.force_login(user)
    return client


def test_the_list_shows_state_and_reason(staff: Client, mail: OutgoingMail) -> None:
    OutgoingMail.objects.update(state="FAILED", last_error="550 Onbekend")

    page = staff.get(reverse("admin:outbox_outgoingmail_changelist")).content.decode()
    assert "Mislukt" in page
    assert "550 Onbekend" in page


def test_mail_page_shows_only_the_envelope(staff: Client, mail: OutgoingMail) -> None:
    page = staff.get(reverse("admin:outbox_outgoingmail_change", args=[mail.pk])).content.decode()

    assert "erik@bedrijf.test" in page
    assert "Beste Erik" not in page


@pytest.mark.parametrize("verb", ["delete", "change"])
def test_nothing_can_be_changed(staff: Client, mail: OutgoingMail, verb: str) -> None:
    assert staff.post(reverse(f"admin:outbox_outgoingmail_{verb}", args=[mail.pk])).status_code == 403
    assert staff.get(reverse("admin:outbox_outgoingmail_add")).status_code == 403


def test_pages_do_not_identify_the_student(staff: Client, mail: OutgoingMail) -> None:
    OutgoingMail.objects.update(subject="Definitieve beoordeling 123456")
    for name, arguments in [("change", [mail.pk]), ("history", [mail.pk]), ("changelist", [])]:
        page = staff.get(reverse(f"admin:outbox_outgoingmail_{name}", args=arguments)).content.decode()
        assert "123456" not in page
