"""Signed requests to a webhook (https://www.standardwebhooks.com/)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import standardwebhooks

from exchange.models import Webhook
from exchange.outgoing import Answer, NoAnswer, send


def post(webhook: Webhook, *, message_id: str, body: dict[str, Any]) -> Answer:
    """Send a message and return the answer, whatever its status. Raise `NoAnswer`."""
    content = json.dumps(body, ensure_ascii=False)
    at = datetime.now(UTC)
    signatures = [standardwebhooks.Webhook(secret).sign(message_id, at, content) for secret in webhook.secrets]
    if not signatures:
        raise NoAnswer("Het geheim is niet meer te lezen. Maak een nieuw geheim.")
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return send("POST", webhook.url, content=content.encode(), headers=headers)


def describe(answer: Answer) -> str:
    """Return what Schoolbeheer reads of an answer: nothing of what the other side wrote."""
    return f"{answer.status}: het adres verwijst door." if answer.is_redirect else str(answer.status)
