"""The pages of 'Webhooks'."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, School, SchoolChange, User
from exchange.models import Webhook, WebhookMessage
from tests.factories import member

from .conftest import Inbox, send_due

STATE = WebhookMessage.State


@pytest.fixture
def page(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def url(webhook: Webhook, name: str = "webhook", *more: object) -> str:
    return reverse(f"webhooks:{name}", args=[webhook.school_id, webhook.pk, *more])


def posted(inbox: Inbox, **fields: Any) -> dict[str, Any]:
    return {"name": "Rooster", "url": inbox.url, "types": ["assessment.finalised"], "is_active": "on", **fields}


def test_secret_is_shown_once_and_not_logged(page: Client, school: School, inbox: Inbox) -> None:
    shown = page.post(reverse("webhooks:add", args=[school.pk]), posted(inbox)).content.decode()
    webhook = school.webhooks.get()
    assert re.findall(r"<code[^>]*>([^<]+)</code>", shown) == [webhook.secret]
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", webhook.secret)
    assert "whsec_" not in page.get(url(webhook)).content.decode()
    assert SchoolChange.objects.get(name="webhooks").after.splitlines() == [
        "Rooster: aan",
        inbox.url,
        "Definitief gemaakt",
    ]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("url", {"url": "https://10.0.0.4/"}),
        ("url", {"url": "http://rooster.example.nl/"}),
        ("types", {"types": []}),
        ("types", {"types": ["test.ping"]}),
        ("name", {"name": "ROOSTER"}),
    ],
)
def test_form_refuses(
    field: str, fields: dict[str, Any], page: Client, webhook: Webhook, inbox: Inbox, settings: Any
) -> None:
    settings.EXCHANGE_ALLOW_LOCAL = False
    data = posted(inbox, name="Ander", url="https://rooster.example.nl/") | fields
    response = page.post(reverse("webhooks:add", args=[webhook.school_id]), data)
    assert list(response.context["form"].errors) == [field]


def test_change_is_logged_and_keeps_the_secret(page: Client, webhook: Webhook, inbox: Inbox) -> None:
    page.post(url(webhook, "edit"), posted(inbox, is_active=""))
    changed = Webhook.objects.get()
    assert (changed.is_active, changed.types, changed.secret) == (False, ["assessment.finalised"], webhook.secret)
    change = SchoolChange.objects.filter(name="webhooks").first()
    assert change.after.splitlines()[0] == "Rooster: uit"
    assert "Uit" in page.get(reverse("webhooks:list", args=[webhook.school_id])).content.decode()


def test_new_secret_replaces_after_confirmation(page: Client, webhook: Webhook) -> None:
    page.get(url(webhook, "renew_secret"))
    assert Webhook.objects.get().secret == webhook.secret
    shown = page.post(url(webhook, "renew_secret")).content.decode()
    changed = Webhook.objects.get()
    assert changed.secret in shown
    assert changed.previous_secret == webhook.secret != changed.secret


def test_removed_after_confirmation(page: Client, message: WebhookMessage, webhook: Webhook) -> None:
    page.get(url(webhook, "remove"))
    assert Webhook.objects.exists()
    page.post(url(webhook, "remove"))
    assert not Webhook.objects.exists()
    assert SchoolChange.objects.filter(name="webhooks").first().after == ""


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ((204, {}, b""), "aangekomen. Antwoord: 204."),
        ((500, {}, b"geheime fout"), "niet aangenomen. Antwoord: 500."),
        (0.8, "niet aangekomen. Er kwam geen antwoord binnen de tijd."),
    ],
)
def test_test_message_shows_the_answer(step: Any, text: str, page: Client, webhook: Webhook, inbox: Inbox) -> None:
    inbox.plan = [step]
    shown = page.post(url(webhook, "ping"), follow=True).content.decode()
    assert text in shown
    assert "geheime fout" not in shown
    assert b'"type": "test.ping"' in inbox.requests[0][1]


def test_messages_are_listed_with_their_answers(page: Client, message: WebhookMessage, inbox: Inbox) -> None:
    inbox.plan = [(500, {}, None)]
    send_due()
    shown = page.get(url(message.webhook)).content.decode()
    for text in ("Definitief gemaakt", "123456", "Vorige poging: 500"):
        assert text in shown
    assert "Anouk" not in shown
    assert "Opnieuw verzenden" not in shown


def test_failed_message_is_sent_again(page: Client, message: WebhookMessage, inbox: Inbox) -> None:
    WebhookMessage.objects.update(state=STATE.FAILED, attempts=10, last_error="500")
    again = url(message.webhook, "send_again", message.public_id)
    assert again in page.get(url(message.webhook)).content.decode()
    page.post(again)
    send_due()
    message.refresh_from_db()
    assert (message.state, message.attempts) == (STATE.SENT, 1)
    page.post(again)
    assert not WebhookMessage.objects.due().exists()


def test_webhook_of_another_school_does_not_exist(
    page: Client, message: WebhookMessage, webhook: Webhook, other_school: School, manager: User
) -> None:
    for name in ("webhook", "edit", "renew_secret", "remove"):
        assert page.get(reverse(f"webhooks:{name}", args=[other_school.pk, webhook.pk])).status_code == 404
    Webhook.objects.update(school=other_school)
    own = [manager.memberships.get().school_id, webhook.pk]
    for name, args in (("ping", own), ("remove", own), ("send_again", [*own, message.public_id])):
        assert page.post(reverse(f"webhooks:{name}", args=args)).status_code == 404
    assert Webhook.objects.exists()


def test_message_of_another_webhook_does_not_exist(
    page: Client, message: WebhookMessage, webhook: Webhook, school: School
) -> None:
    other = Webhook.objects.create(school=school, name="Ander", url=webhook.url)
    assert page.post(url(other, "send_again", message.public_id)).status_code == 404


def test_committee_member_has_no_webhooks(client: Client, webhook: Webhook) -> None:
    client.force_login(member(webhook.school, Role.EXAMENCOMMISSIE))
    assert client.get(url(webhook)).status_code == 404
