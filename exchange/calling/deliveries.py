"""Deliver results and reports: queued with what happened, sent by a job."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from assessments.models import Event, Sitting
from exchange.models import Delivery, DeliveryQuerySet, Partner, Receiver

from . import bodies, client

logger = logging.getLogger(__name__)

RUN_SECONDS = 20  # before a worker turns to other work; with one slow answer well within a lease
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


def work(first: Delivery) -> None:
    """Send what is due at the receiver of `first`, for about `RUN_SECONDS`; set as `Delivery.work`."""
    receiver = Receiver.objects.select_related("partner").get(pk=first.receiver_id)
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        claimed = Delivery.objects.claim_batch(receiver.pk)
        batch = bodies.load(claimed)
        if not batch:
            return
        if not receiver.is_on:
            claimed.settle(Delivery.State.HELD)
        elif not _send_batch(receiver, claimed, batch, deadline):
            return
    for pk in Delivery.objects.filter(receiver=receiver).due_pks():
        Delivery.announce(pk)


def _send_batch(receiver: Receiver, claimed: DeliveryQuerySet, batch: list[Delivery], deadline: float) -> bool:
    """Send each and write what came of it; return False if the receiver can't be reached now.

    The answers are written together at the end: what a worker that dies has sent is sent again, with the same body.
    """
    unchanged, to_send = _sort_out(receiver, claimed, batch)
    claimed.bulk_update([delivery for delivery, _ in to_send], ["sent_sha256"])  # its answer may be lost
    confirmed: dict[str, list[int]] = defaultdict(list)
    failure: client.TryLater | None = None
    for delivery, message in to_send:
        if time.monotonic() > deadline:
            break
        try:
            client.patch(receiver, message.path, message.content)
        except client.Refused as refusal:
            claimed.filter(pk=delivery.pk).settle(Delivery.State.REFUSED, last_error=str(refusal))
        except client.TryLater as error:
            logger.warning("Delivery %s was not taken: %s", delivery.pk, error)
            claimed.filter(pk=delivery.pk).postpone(_pause(delivery, error), last_error=str(error))
            if error.is_general:
                failure = error
                break
        else:
            confirmed[message.state].append(delivery.pk)
    claimed.filter(pk__in=unchanged).settle(Delivery.State.DELIVERED, last_error="")
    for state, pks in confirmed.items():
        confirmation = {"confirmed_sha256": F("sent_sha256"), "confirmed_state": state, "confirmed_at": timezone.now()}
        claimed.filter(pk__in=pks).settle(Delivery.State.DELIVERED, last_error="", **confirmation)
    if failure is None:
        claimed.release()
        return True
    (claimed | Delivery.objects.due().filter(receiver=receiver)).postpone(_pause(delivery, failure))
    return False


def _sort_out(
    receiver: Receiver, claimed: DeliveryQuerySet, batch: list[Delivery]
) -> tuple[list[int], list[tuple[Delivery, bodies.Message]]]:
    """Return the ids of those about which the receiver knows all, and the others with what to send."""
    unchanged, to_send = [], []
    for delivery in batch:
        try:
            message = bodies.make(delivery, receiver.kind)
        except Exception:
            logger.exception("Delivery %s can't be made", delivery.pk)  # the others must not wait for it
            claimed.filter(pk=delivery.pk).postpone(delivery.next_pause)
            continue
        if message is None or message.sha256 == delivery.sent_sha256 == delivery.confirmed_sha256:
            unchanged.append(delivery.pk)
        else:
            delivery.sent_sha256 = message.sha256
            to_send.append((delivery, message))
    return unchanged, to_send


def _pause(delivery: Delivery, error: client.TryLater) -> timedelta:
    return delivery.next_pause if error.pause is None else error.pause


def resume(receiver: Receiver) -> None:
    """Offer what waited while the receiver was off, or could not be reached."""
    states = (Delivery.State.HELD, Delivery.State.WAITING)
    receiver.deliveries.filter(state__in=states).offer_again()


def on_partner(sender: object, instance: Partner, **kwargs: object) -> None:
    """Receive the save of a partner: what waited while it was off is offered once it is on."""
    receiver = Receiver.objects.filter(partner=instance, is_active=True).first()
    if receiver and instance.is_active:
        resume(receiver)
