"""A queued mail, its mail server, and the announcements to the workers."""

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
    """The mail server of the outbox, which accepts everything by default."""
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", smtp_sink.port, 5
    settings.OUTBOX_RETRY_SECONDS = [60, 300]
    return smtp_sink


@pytest.fixture(autouse=True)
def fresh_connection() -> None:
    """Close the connection left open by the previous test."""
    carrier.close()


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the mails with a started task."""
    ids: list[int] = []
    monkeypatch.setattr(send_mail, "apply_async", lambda args, *_, **__: ids.append(args[0]))
    monkeypatch.setattr(queue, "_broker_failed_at", -queue.BROKER_REST)
    return ids


@pytest.fixture
def resolve_links(monkeypatch: pytest.MonkeyPatch) -> Callable[[links.Resolver], None]:
    """Return a function that registers a resolver for links of kind 'test'."""

    def register(resolver: links.Resolver) -> None:
        monkeypatch.setitem(links._resolvers, "test", resolver)

    register(lambda data: URL)
    return register


@pytest.fixture
def mail(db: None, announced: list[int]) -> OutgoingMail:
    """A queued mail without links and attachments."""
    return queue_mail(kind="test", to="erik@bedrijf.test", subject="Uitnodiging", text="Beste Erik", html="<p>Erik</p>")
