"""What servers answered, as earlier versions kept it, is quoted by the migration."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from digibeoordelen.outbox.models import MailState, OutgoingMail
from digibeoordelen.outbox.queue import queue_mail

QUOTE = import_module("digibeoordelen.outbox.migrations.0006_quote_server_words").quote
OURS = "De inhoud is gewist."
QUOTED = "De mailserver antwoordde: “451 Later”."


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("550 5.1.1 User unknown", "De mailserver antwoordde: “550 5.1.1 User unknown”."),
        ("550", "De mailserver antwoordde: “550”."),
        (
            "Geen verbinding met de mailserver: timed out",
            "Er was geen verbinding met de mailserver. De foutmelding was: “timed out”.",
        ),
        (OURS, OURS),
        (QUOTED, QUOTED),
    ],
)
def test_kept_server_words_are_quoted(db: None, kept: str, shown: str) -> None:
    mail = queue_mail(kind="test", to="a@b.test", subject="-", text="-", html="-")
    OutgoingMail.objects.update(state=MailState.FAILED, last_error=kept)
    QUOTE(apps, None)
    mail.refresh_from_db()
    assert mail.last_error == shown
