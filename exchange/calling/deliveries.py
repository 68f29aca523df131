"""Deliver results and reports: queued with what happened, sent by a job."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db.models import Q
from django.utils import timezone

from assessments.models import Event, Sitting
from exchange.models import Delivery, Partner, Receiver

from . import bodies, client

KINDS = (
    Event.Kind.ATTENDANCE,
    Event.Kind.FINALISED,
    Event.Kind.DOCUMENT_MADE,
    Event.Kind.FINAL_WITHDRAWN,
    Event.Kind.CANCELLED,
)


def on_event(sender: object, instance: Event, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Receive `post_save` of the log of an assessment: it is in the transaction of what happened."""
    if not created or raw or instance.kind not in KINDS:
        return
    asked = Q(partner__sittings__sitting__participations__assessment=instance.assessment_id, takes_results=True)
    found = Receiver.objects.filter(asked).values_list("pk", "partner__sittings__sitting__participations")
    for receiver, participation in found:
        _queue(receiver_id=receiver, participation_id=participation)


def on_sitting(sender: object, instance: Sitting, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Receive `post_save` of a sitting: its irregularities are the report."""
    if created or raw:
        return
    found = Receiver.objects.filter(partner__sittings__sitting=instance, takes_reports=True)
    for receiver in found.filter(kind=Receiver.Kind.PLANNING).values_list("pk", flat=True):
        if instance.irregularities or Delivery.objects.filter(receiver=receiver, sitting=instance).exists():
            _queue(receiver_id=receiver, sitting_id=instance.pk)


def _queue(**of: Any) -> None:
    delivery, is_new = Delivery.objects.get_or_create(**of)
    if is_new:
        delivery.start()
    else:
        delivery.offer()


def work(delivery: Delivery) -> None:
    """Send what is true now; set as `Delivery.work`."""
    receiver = Receiver.objects.select_related("partner").get(pk=delivery.receiver_id)
    delivery.receiver = receiver
    if not receiver.is_on:
        delivery.settle(Delivery.State.HELD)
        return
    message = bodies.make(delivery)
    sha256 = "" if message is None else _sha256(message.body)
    if message is None or sha256 == delivery.sent_sha256 == delivery.confirmed_sha256:
        delivery.settle(Delivery.State.DELIVERED, last_error="")
        return
    delivery.extend(sent_sha256=sha256)  # before it leaves: its answer may be lost
    try:
        client.patch(receiver, message.path, message.body)
    except client.Refused as refusal:
        delivery.settle(Delivery.State.REFUSED, last_error=str(refusal))
    except client.TryLater as failure:
        delivery.extend(last_error=str(failure))
        if failure.pause is None:
            raise
        delivery.finish(lease_until=timezone.now() + failure.pause)
    else:
        delivery.settle(
            Delivery.State.DELIVERED,
            last_error="",
            confirmed_sha256=sha256,
            confirmed_state=message.state,
            confirmed_at=timezone.now(),
        )


def resume(receiver: Receiver) -> None:
    """Offer what waited while the receiver was off, or could not be reached."""
    states = (Delivery.State.HELD, Delivery.State.WAITING)
    receiver.deliveries.filter(state__in=states).offer_again()


def on_partner(sender: object, instance: Partner, **kwargs: object) -> None:
    """Receive the save of a partner: what waited while it was off is offered once it is on."""
    receiver = Receiver.objects.filter(partner=instance, is_active=True).first()
    if receiver and instance.is_active:
        resume(receiver)


def _sha256(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
