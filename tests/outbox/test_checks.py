"""System checks for settings that would lose or repeat mail."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from digibeoordelen.outbox.checks import check_outbox

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture(autouse=True)
def production(settings: Settings) -> Settings:
    """Correct production settings."""
    settings.DEMO = settings.DEBUG = False
    settings.OUTBOX_TRANSPORT = SMTP
    settings.SITE_URL = "https://beoordelen.school.example"
    settings.DEFAULT_FROM_EMAIL = "Digitaal beoordelen <noreply@school.example>"
    return settings


def ids() -> list[str]:
    assert all(error.hint for error in check_outbox())
    return [str(error.id).rpartition(".")[2] for error in check_outbox()]


def test_a_good_configuration_is_silent() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("OUTBOX_LEASE_SECONDS", 280, "E001"),
        ("EMAIL_TIMEOUT", None, "E001"),
        ("EMAIL_TIMEOUT", 600, "E001"),
        ("OUTBOX_TRANSPORT", "digibeoordelen.outbox.backend.OutboxBackend", "E002"),
        ("OUTBOX_TRANSPORT", "django.core.mail.backends.console.EmailBackend", "W003"),
        ("OUTBOX_TRANSPORT", "django.core.mail.backends.dummy.EmailBackend", "W003"),
        ("OUTBOX_RETRY_SECONDS", [60, 0], "E004"),
        ("DEFAULT_FROM_EMAIL", "Digitaal beoordelen <noreply@localhost>", "W005"),
        ("OUTBOX_TRANSPORT", "nowhere.Backend", "E006"),
    ],
)
def test_each_mistake_has_its_id_and_a_hint(settings: Settings, setting: str, value: Any, expected: str) -> None:
    setattr(settings, setting, value)

    assert ids() == [expected]


MAILBOX = "imaps://bounces%40school.example:p%40ss@imap.school.example/INBOX"


@pytest.mark.parametrize(
    ("address", "url", "expected"),
    [
        ("bounces@school.example", MAILBOX, []),
        ("bounces@school.example", "", []),
        ("", MAILBOX, ["E008"]),
        ("Bounces <bounces@school.example>", MAILBOX, ["E008"]),
        ("a.name.that.is.longer.than.that@school.example", "", ["E008"]),
        ("bounces@school.example", "https://school.example", ["E007"]),
        ("bounces@school.example", "imaps://imap.school.example", ["E007"]),
        ("bounces@school.example", "imaps://[", ["E007"]),
        ("bounces@school.example", "imaps://bounces:half#of@imap.school.example", ["E007"]),
    ],
)
def test_bounces_need_an_address_and_a_mailbox(settings: Settings, address: str, url: str, expected: list[str]) -> None:
    settings.BOUNCE_ADDRESS, settings.BOUNCES_IMAP_URL = address, url
    assert ids() == expected


def test_logging_in_and_tls_take_steps_too(settings: Settings) -> None:
    settings.EMAIL_TIMEOUT, settings.OUTBOX_LEASE_SECONDS = 20, 350
    assert ids() == []

    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER = "digibeoordelen"
    assert ids() == ["E001"]


def test_the_demo_may_keep_its_mail(settings: Settings) -> None:
    settings.DEMO = True
    settings.OUTBOX_TRANSPORT = "digibeoordelen.demo.mailbox.MailboxBackend"

    assert ids() == []


def test_django_runs_the_checks(settings: Settings) -> None:
    settings.OUTBOX_TRANSPORT = "nowhere.Backend"

    assert "digibeoordelen.outbox.E006" in [error.id for error in run_checks()]
