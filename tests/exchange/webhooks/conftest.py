from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Role, School, User
from assessments.models import Assessment
from committee.decisions.finalise import finalise
from exchange import outgoing
from exchange.models import Webhook, WebhookMessage, WebhookType
from exchange.webhooks.webhooks import save_webhook
from tests.exchange.local_server import LocalHandler, local_server
from tests.factories import member


class Inbox:
    """A school's system: `requests` are the headers and content of each request, `plan` as in `LocalHandler`."""

    def __init__(self) -> None:
        self.plan: list[Any] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.url = ""


class _Handler(LocalHandler):
    def do_POST(self) -> None:
        inbox: Inbox = self.server.state
        content = self.read()
        inbox.requests.append((dict(self.headers), content))
        self.follow(inbox.plan, take=lambda: None)


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """One whose answer is waited for during half a second."""
    monkeypatch.setattr(outgoing, "READ_SECONDS", 0.5)
    outgoing._client.cache_clear()
    made = Inbox()
    with local_server(_Handler, made) as made.url:
        yield made


@pytest.fixture
def manager(school: School) -> User:
    return member(school, Role.SCHOOLBEHEER)


@pytest.fixture
def webhook(school: School, manager: User, inbox: Inbox) -> Webhook:
    """One that takes every type."""
    return save_webhook(
        webhook=Webhook(school=school, name="Rooster", url=inbox.url, types=WebhookType.values), by=manager
    )


@pytest.fixture
def message(assessed: Assessment, webhook: Webhook, committee_member: User) -> WebhookMessage:
    """The message that a result is final, not sent yet."""
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    return webhook.messages.get()


def send_due() -> None:
    """Send what is due, as a worker does."""
    for pk in WebhookMessage.objects.due().order_by("pk").values_list("pk", flat=True):
        WebhookMessage.objects.run(pk)
