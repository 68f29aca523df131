"""Messages to webhooks: queued with what happened, sent by a job."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils import timezone

from assessments.models import Event, Participation
from exchange.mapping import moment
from exchange.models import Webhook, WebhookMessage, type_of
from exchange.outgoing import NoAnswer

from . import client
from .webhooks import switch_off_if_gone

STATE = WebhookMessage.State


def on_event(sender: object, instance: Event, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Receive `post_save` of the log of an assessment: it is in the transaction of what happened."""
    kind = type_of(instance) if created and not raw else None
    if kind is None:
        return
    webhooks = Webhook.objects.filter(school=instance.assessment.school_id).values_list("pk", "types")
    for webhook, types in webhooks:
        if kind in types:
            WebhookMessage.objects.create(webhook_id=webhook, event=instance).start()


def body_of(message: WebhookMessage) -> dict[str, Any]:
    """Return the body: ids, codes and the student number, but no name, score or result."""
    event = Event.objects.select_related("assessment__exam", "assessment__student").get(pk=message.event_id)
    assessment = event.assessment
    data = {
        "assessment": str(assessment.public_id),
        "examCode": assessment.exam.code,
        "cohort": assessment.exam.cohort,
        "unitCode": assessment.unit_code,
        "attempt": assessment.attempt,
        "studentNumber": assessment.student.student_number,
        "status": event.to_status,
    }
    planned = Participation.objects.filter(assessment=assessment, sitting__origin__isnull=False).first()
    if planned:
        data["association"] = str(planned.public_id)
    return {"type": type_of(event), "timestamp": moment(event.at), "data": data}


def work(message: WebhookMessage) -> None:
    """Send it; set as `WebhookMessage.work`."""
    webhook = Webhook.objects.select_related("school").get(pk=message.webhook_id)
    if not webhook.is_active:
        _hold(message)
        return
    try:
        answer = client.post(webhook, message_id=str(message.public_id), body=body_of(message))
    except NoAnswer as failure:
        _retry(message, pause=None, http_status=None, last_error=str(failure))
        return
    if answer.is_success:
        message.finish(state=STATE.SENT, sent_at=timezone.now(), http_status=answer.status, last_error="")
        return
    outcome = {"http_status": answer.status, "last_error": client.describe(answer)}
    if answer.status == HTTPStatus.GONE:
        with transaction.atomic():
            switch_off_if_gone(webhook)
            _hold(message, **outcome)
    else:
        _retry(message, pause=answer.retry_after, **outcome)


def _retry(message: WebhookMessage, *, pause: timedelta | None, **outcome: object) -> None:
    """End an attempt that failed; the next one follows after `pause`, or what the attempt's number says."""
    if message.attempts == message.max_attempts:
        message.finish(state=STATE.FAILED, **outcome)
    else:
        message.finish(lease_until=timezone.now() + (message.next_pause if pause is None else pause), **outcome)


@transaction.atomic
def _hold(message: WebhookMessage, **values: object) -> None:
    """Hold it until the webhook is on; under the webhook's lock, as it may be switched on at this moment."""
    webhook = Webhook.objects.select_for_update().get(pk=message.webhook_id)
    message.finish(state=STATE.WAITING if webhook.is_active else STATE.HELD, attempts=0, **values)
