"""Keep the webhooks of a school; each change is in the school's log, without the secret."""

from __future__ import annotations

import base64
import secrets

from django.db import transaction
from django.utils import timezone

from accounts.models import School, User
from accounts.school.changes import display_value, log_change
from exchange.models import Webhook, WebhookMessage


def new_secret() -> str:
    """Return a secret in the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


@transaction.atomic
def save_webhook(*, webhook: Webhook, by: User) -> Webhook:
    """Save a new webhook, with a secret, or a changed one; what was held leaves once it is on."""
    before = Webhook.objects.select_for_update().filter(pk=webhook.pk).first()
    if before is None:
        webhook.secret = new_secret()
        webhook.save()
    else:
        webhook.save(update_fields=["name", "url", "types", "is_active"])
    was, now = _description(before), _description(webhook)
    if was != now:
        _log(webhook.school, before=was, after=now, by=by)
    if webhook.is_active:
        webhook.messages.filter(state=WebhookMessage.State.HELD).offer()
    return webhook


@transaction.atomic
def renew_secret(*, webhook: Webhook, by: User) -> str:
    """Replace the secret, and return it; the present one signs too for a day."""
    current = Webhook.objects.select_for_update(of=("self",)).select_related("school").get(pk=webhook.pk)
    current.secret, current.previous_secret = new_secret(), current.secret
    current.secret_changed_at = timezone.now()
    current.save(update_fields=["secret", "previous_secret", "secret_changed_at"])
    _log(current.school, before=current.name, after=f"{current.name}: nieuw geheim", by=by)
    return current.secret


@transaction.atomic
def remove_webhook(*, webhook: Webhook, by: User) -> None:
    """Delete a webhook with its messages."""
    _log(webhook.school, before=_description(webhook), after="", by=by)
    webhook.delete()


def switch_off_if_gone(webhook: Webhook) -> None:
    """Switch off a webhook whose address answered 410, unless it has another address by now."""
    current = Webhook.objects.select_for_update().filter(pk=webhook.pk, url=webhook.url, is_active=True).first()
    if current is None:
        return
    was, current.is_active = _description(current), False
    current.save(update_fields=["is_active"])
    reason = "Het adres antwoordde dat het niet meer bestaat (410)."
    _log(webhook.school, before=was, after=_description(current), by=None, reason=reason)


def _description(webhook: Webhook | None) -> str:
    """Return the settings as the log shows them, one a line, without the secret."""
    if webhook is None:
        return ""
    state = display_value(webhook.is_active)
    return "\n".join((f"{webhook.name}: {state}", webhook.url, ", ".join(webhook.type_labels)))


def _log(school: School, *, before: str, after: str, by: User | None, reason: str = "") -> None:
    log_change(school=school, name="webhooks", label="Webhook", before=before, after=after, by=by, reason=reason)
