"""Signatures, and an address that refuses, is slow, dies or is gone: nothing is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import standardwebhooks
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import School, SchoolChange, User
from accounts.sso.manage.providers import encrypt_client_secrets
from digibeoordelen.jobs.tasks import purge, sweep
from exchange.models import Webhook, WebhookMessage
from exchange.webhooks import messages
from exchange.webhooks.webhooks import renew_secret, save_webhook
from tests.exchange.local_server import DEAD, LOST

from .conftest import Inbox, send_due

STATE = WebhookMessage.State
PassTime = Callable[..., None]


class Died(BaseException):
    """Simulates a killed worker: no code runs after it."""


def verify(secret: str, request: tuple[dict[str, str], bytes]) -> Any:
    headers, content = request
    return standardwebhooks.Webhook(secret).verify(content, headers)


def is_signed_by(secret: str, request: tuple[dict[str, str], bytes]) -> bool:
    try:
        verify(secret, request)
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


# --- Signatures ----------------------------------------------------------------------------------
def test_signature_is_verified_by_the_library(message: WebhookMessage, webhook: Webhook, inbox: Inbox) -> None:
    send_due()
    [request] = inbox.requests
    assert verify(webhook.secret, request)["type"] == "assessment.finalised"
    message.refresh_from_db()
    assert (message.state, message.http_status, message.attempts) == (STATE.SENT, 200, 1)


def test_tampered_body_fails(message: WebhookMessage, webhook: Webhook, inbox: Inbox) -> None:
    send_due()
    [(headers, content)] = inbox.requests
    tampered = content.replace(b"123456", b"123457")
    assert tampered != content
    assert not is_signed_by(webhook.secret, (headers, tampered))


def test_previous_secret_signs_for_a_day(
    message: WebhookMessage, webhook: Webhook, inbox: Inbox, manager: User, pass_time: PassTime
) -> None:
    new = renew_secret(webhook=webhook, by=manager)
    send_due()
    assert is_signed_by(new, inbox.requests[0])
    assert is_signed_by(webhook.secret, inbox.requests[0])
    pass_time(hours=25)
    WebhookMessage.objects.update(state=STATE.WAITING)
    send_due()
    assert is_signed_by(new, inbox.requests[1])
    assert not is_signed_by(webhook.secret, inbox.requests[1])
    purge()
    assert Webhook.objects.get().previous_secret == ""


def test_secret_is_stored_encrypted_and_anew_after_a_change_of_key(webhook: Webhook, settings: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select secret from exchange_webhook")
        assert webhook.secret not in cursor.fetchone()[0]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "een nieuwe sleutel" * 4, [settings.SECRET_KEY]
    encrypt_client_secrets()
    settings.SECRET_KEY_FALLBACKS = []
    assert Webhook.objects.get().secret == webhook.secret


def test_unreadable_secret_sends_nothing_unsigned(message: WebhookMessage, inbox: Inbox, settings: Any) -> None:
    settings.SECRET_KEY = "een nieuwe sleutel" * 4
    send_due()
    assert not inbox.requests
    assert "Maak een nieuw geheim" in WebhookMessage.objects.get().last_error


def test_secret_is_in_no_log_and_no_page(
    message: WebhookMessage,
    webhook: Webhook,
    inbox: Inbox,
    manager: User,
    school: School,
    client: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client.force_login(manager)
    inbox.plan = [(500, {}, None), (500, {}, None)]
    with caplog.at_level(logging.DEBUG):
        send_due()
        client.post(reverse("webhooks:ping", args=[school.pk, webhook.pk]))
        new = renew_secret(webhook=webhook, by=manager)
    assert "send_request_headers" in caplog.text
    pages = [
        client.get(reverse(name, args=args)).content.decode()
        for name, args in (
            ("webhooks:list", [school.pk]),
            ("webhooks:webhook", [school.pk, webhook.pk]),
            ("webhooks:edit", [school.pk, webhook.pk]),
            ("school:changes", [school.pk]),
        )
    ]
    assert "nieuw geheim" in pages[-1]
    for secret in (webhook.secret, new):
        assert not any(secret.removeprefix("whsec_") in text for text in (caplog.text, *pages))


# --- Answers -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "step", [(500, {}, None), (404, {}, b"<html>"), (429, {"Retry-After": "x"}, {}), DEAD, LOST, 0.8]
)
def test_failure_is_repeated_with_the_same_id_and_body(
    step: Any, message: WebhookMessage, inbox: Inbox, pass_time: PassTime
) -> None:
    inbox.plan = [step]
    send_due()
    message.refresh_from_db()
    assert message.state == STATE.WAITING
    assert message.last_error
    assert not WebhookMessage.objects.due().exists()
    pass_time(seconds=6)
    send_due()
    message.refresh_from_db()
    assert (message.state, message.http_status, message.last_error) == (STATE.SENT, 200, "")
    first, second = inbox.requests
    assert first[0]["webhook-id"] == second[0]["webhook-id"] == str(message.public_id)
    assert first[1] == second[1]


def test_ten_attempts_over_three_days_then_failed(message: WebhookMessage, inbox: Inbox, pass_time: PassTime) -> None:
    inbox.plan = [(503, {}, None)] * 20
    pauses = []
    for _ in range(9):
        send_due()
        message.refresh_from_db()
        assert message.lease_until
        pauses.append(round((message.lease_until - timezone.now()).total_seconds()))
        pass_time(seconds=pauses[-1] + 1)
    send_due()
    message.refresh_from_db()
    assert pauses == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert (message.state, message.attempts, message.last_error) == (STATE.FAILED, 10, "503")
    sweep()
    send_due()
    assert len(inbox.requests) == 10


def test_retry_after_is_waited_for(message: WebhookMessage, inbox: Inbox) -> None:
    inbox.plan = [(503, {"Retry-After": "600"}, None)]
    send_due()
    message.refresh_from_db()
    assert message.lease_until
    assert abs(message.lease_until - timezone.now() - timedelta(seconds=600)) < timedelta(seconds=10)


def test_retry_after_gives_no_eleventh_attempt(message: WebhookMessage, inbox: Inbox) -> None:
    inbox.plan = [(503, {"Retry-After": "0"}, None)] * 20
    for _ in range(12):
        send_due()
    message.refresh_from_db()
    assert (message.state, len(inbox.requests)) == (STATE.FAILED, 10)


def test_redirect_is_not_followed(message: WebhookMessage, inbox: Inbox) -> None:
    inbox.plan = [(307, {"Location": f"{inbox.url}/elders"}, None)]
    send_due()
    message.refresh_from_db()
    assert (message.state, message.last_error) == (STATE.WAITING, "307: het adres verwijst door.")
    assert len(inbox.requests) == 1


def test_private_address_is_refused(message: WebhookMessage, inbox: Inbox, settings: Any) -> None:
    settings.EXCHANGE_ALLOW_LOCAL = False
    Webhook.objects.update(url=inbox.url.replace("http:", "https:"))
    send_due()
    message.refresh_from_db()
    assert not inbox.requests
    assert (message.state, message.http_status) == (STATE.WAITING, None)
    assert "eigen netwerk" in message.last_error


def test_gone_switches_off_and_is_logged(message: WebhookMessage, webhook: Webhook, inbox: Inbox) -> None:
    inbox.plan = [(410, {}, None)]
    send_due()
    webhook.refresh_from_db()
    message.refresh_from_db()
    assert not webhook.is_active
    assert (message.state, message.http_status) == (STATE.HELD, 410)
    change = SchoolChange.objects.filter(name="webhooks").first()
    assert (change.by, change.after.splitlines()[0]) == (None, "Rooster: uit")
    assert "410" in change.reason


def test_gone_of_a_former_address_changes_nothing(
    message: WebhookMessage, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = messages.client.post

    def moved_meanwhile(*args: Any, **kwargs: Any) -> Any:
        answer = post(*args, **kwargs)
        Webhook.objects.update(url=f"{inbox.url}/nieuw")
        return answer

    monkeypatch.setattr(messages.client, "post", moved_meanwhile)
    inbox.plan = [(410, {}, None)]
    send_due()
    message.refresh_from_db()
    assert Webhook.objects.get().is_active
    assert message.state == STATE.WAITING


def test_off_holds_and_on_sends(message: WebhookMessage, webhook: Webhook, inbox: Inbox, manager: User) -> None:
    webhook.is_active = False
    save_webhook(webhook=webhook, by=manager)
    send_due()
    message.refresh_from_db()
    assert (message.state, message.attempts, inbox.requests) == (STATE.HELD, 0, [])
    webhook.is_active = True
    save_webhook(webhook=webhook, by=manager)
    send_due()
    message.refresh_from_db()
    assert (message.state, len(inbox.requests)) == (STATE.SENT, 1)


def test_switched_on_while_it_is_held_is_sent(message: WebhookMessage, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = messages._hold

    def switched_on_before(held: WebhookMessage) -> None:
        Webhook.objects.update(is_active=True)
        hold(held)

    Webhook.objects.update(is_active=False)
    monkeypatch.setattr(messages, "_hold", switched_on_before)
    send_due()
    assert WebhookMessage.objects.due().exists()


def test_message_of_a_killed_worker_is_sent_again(
    message: WebhookMessage, inbox: Inbox, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any, **kwargs: Any) -> None:
        raise Died

    with monkeypatch.context() as killed:
        killed.setattr(WebhookMessage, "finish", die)
        with pytest.raises(Died):
            send_due()
    assert not WebhookMessage.objects.due().exists()
    pass_time(minutes=6)
    send_due()
    message.refresh_from_db()
    assert (message.state, message.attempts) == (STATE.SENT, 2)
    first, second = inbox.requests
    assert (first[0]["webhook-id"], first[1]) == (second[0]["webhook-id"], second[1])


def test_messages_are_kept_for_30_days(message: WebhookMessage, pass_time: PassTime) -> None:
    pass_time(days=29)
    purge()
    assert WebhookMessage.objects.exists()
    pass_time(days=2)
    purge()
    assert not WebhookMessage.objects.exists()
