"""A queued mail, the mail server that takes it, and what the workers would have been told."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from digibeoordelen.outbox import links, queue
from digibeoordelen.outbox.models import OutgoingMail
from digibeoordelen.outbox.queue import queue_mail
from digibeoordelen.outbox.smtp import carrier
from digibeoordelen.outbox.tasks import send_mail
from tests.smtp import SmtpSink

URL = "https://site.test/beoordelen/eyJ0b2tlbiI6IDQyLCAiZ2VuZXJhdGlvbiI6IDF9/"


@pytest.fixture
def server(smtp_sink: SmtpSink, settings: Settings) -> SmtpSink:
    """A mail server that the outbox sends to, and that refuses nothing unless told so."""
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", smtp_sink.port, 5
    settings.OUTBOX_RETRY_SECONDS = [60, 300]
    return smtp_sink


@pytest.fixture(autouse=True)
def fresh_connection() -> None:
    """A test starts without the connection that the one before it left open."""
    carrier.close()


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the mails that tasks were started for."""
    ids: list[int] = []
    monkeypatch.setattr(send_mail, "apply_async", lambda args, *_, **__: ids.append(args[0]))
    monkeypatch.setattr(queue, "_broker_failed_at", -queue.BROKER_REST)
    return ids


@pytest.fixture
def resolve_links(monkeypatch: pytest.MonkeyPatch) -> Callable[[links.Resolver], None]:
    """Has links of kind 'test' resolved by the function given."""

    def register(resolver: links.Resolver) -> None:
        monkeypatch.setitem(links._resolvers, "test", resolver)

    register(lambda data: URL)
    return register


@pytest.fixture
def mail(db: None, announced: list[int]) -> OutgoingMail:
    """A queued mail without links and attachments."""
    return queue_mail(kind="test", to="erik@bedrijf.test", subject="Uitnodiging", text="Beste Erik", html="<p>Erik</p>")
