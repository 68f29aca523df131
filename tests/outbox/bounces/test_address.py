"""The envelope sender of a mail, which only who had the mail knows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from pytest_django import Settings

from digibeoordelen.outbox.bounces.address import LONGEST_LOCAL_PART, Sending, address_of, read_sending
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.worker import deliver
from tests.smtp import SmtpSink


def test_mail_is_sent_from_its_own_address(
    mail: OutgoingMail, server: SmtpSink, announced: list[int], settings: Settings
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Digitaal beoordelen <noreply@school.test>"
    deliver(mail.pk)
    [received] = server.received
    assert received.sender == address_of(mail)
    assert received.message["From"] == settings.DEFAULT_FROM_EMAIL


def test_mail_is_sent_from_the_site_without_a_bounce_address(
    mail: OutgoingMail, server: SmtpSink, announced: list[int], settings: Settings
) -> None:
    settings.BOUNCE_ADDRESS = ""
    settings.DEFAULT_FROM_EMAIL = "Digitaal beoordelen <noreply@school.test>"
    deliver(mail.pk)
    assert server.received[0].sender == "noreply@school.test"


def test_address_outside_ascii_has_it_too(mail: OutgoingMail, server: SmtpSink, announced: list[int]) -> None:
    OutgoingMail.objects.update(to="zoë@bedrijf.test")
    deliver(mail.pk)
    assert server.received[0].sender == address_of(mail)


@pytest.mark.parametrize("written", ["{}", "<{}>", "Bounces <{}>, x@y.test", "postmaster@y.test, {}"])
def test_own_address_is_read(mail: OutgoingMail, written: str) -> None:
    for address in (address_of(mail), address_of(mail).lower(), address_of(mail).upper()):
        assert read_sending(written.format(address)) == Sending.of(mail)


def test_any_other_character_voids_it(mail: OutgoingMail) -> None:
    address = address_of(mail)
    for place, character in enumerate(address.partition("@")[0]):
        other = "0" if character != "0" else "1"
        assert read_sending(address[:place] + other + address[place + 1 :]) is None
    assert read_sending(address.replace("school.test", "elders.test")) is None
    assert read_sending("") is None


def test_signature_of_an_earlier_key_is_good(mail: OutgoingMail, settings: Settings) -> None:
    address, earlier = address_of(mail), settings.SECRET_KEY
    settings.SECRET_KEY = "another key of this test, as long as it should be, and longer"
    assert read_sending(address) is None
    settings.SECRET_KEY_FALLBACKS = [earlier]
    assert read_sending(address) == Sending.of(mail)


def test_each_sending_has_an_address(mail: OutgoingMail) -> None:
    first = address_of(mail)
    mail.queued_at += timedelta(seconds=1)
    assert address_of(mail) != first


def test_longest_address_fits_a_server(mail: OutgoingMail, settings: Settings) -> None:
    settings.BOUNCE_ADDRESS = LONGEST_LOCAL_PART * "a" + "@school.test"
    mail.pk = 10**10
    local = address_of(mail).partition("@")[0]
    assert len(local) <= 64
    assert re.fullmatch(r"[a-z0-9+-]+", local)
