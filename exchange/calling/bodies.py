"""What is sent to a receiver, made from what is true at the moment of sending."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from assessments.models import Attendance, CancelKind, Document, Participation, Sitting, Status
from exchange import mapping
from exchange.mapping import CONSUMER
from exchange.models import Delivery, Receiver

Json = dict[str, Any]


@dataclass(frozen=True)
class Message:
    path: str
    content: bytes
    state: str  # in the standard's words

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def load(deliveries: QuerySet[Delivery]) -> list[Delivery]:
    """Return the deliveries with all that `make` reads."""
    documents = Prefetch("participation__assessment__documents", Document.objects.current())
    related = deliveries.select_related("participation__assessment", "participation__sitting", "sitting")
    return list(related.prefetch_related(documents).order_by("pk"))


def make(delivery: Delivery, kind: str) -> Message | None:
    """Return the request to a receiver of this kind; None while nothing is known and nothing was sent before."""
    if delivery.sitting is not None:
        return _report(delivery.sitting)
    if delivery.participation is not None:
        return _result(delivery.participation, delivery, kind)
    return None


def _result(participation: Participation, delivery: Delivery, kind: str) -> Message | None:
    """Flow 3.1 and 3.2, and flow 5.1 for student records; the score is in `mapping.VALUE_TYPE`.

    A result that no longer holds goes as 'in progress' and without a score, as attendance does (flow 3.2 A): the
    published schema does not allow a score of null.
    """
    assessment = participation.assessment
    is_cancelled = assessment.status == Status.CANCELLED
    result = mapping.result(participation)
    if result is None and not is_cancelled and not delivery.sent_sha256:
        return None
    body: Json = {"associationType": "componentOfferingAssociation", "result": result or _nothing(participation)}
    if is_cancelled:
        body["remoteState"] = "canceled"
        if assessment.cancel_kind == CancelKind.NO_SHOW:
            body["result"]["consumers"][0]["attendance"] = Attendance.NOT_PRESENT.value
    if kind == Receiver.Kind.STUDENT_RECORDS:
        own = {"orgAssociationId": str(participation.public_id), "attempt": assessment.attempt}
        body["consumers"] = [{"consumerKey": CONSUMER, **own}]
    state = "canceled" if is_cancelled else body["result"]["state"]
    return Message(f"/associations/{participation.public_id}", _encode(body), state)


def _nothing(participation: Participation) -> Json:
    """Return the result of an assessment of which nothing is known, or no longer."""
    consumer = {"consumerKey": CONSUMER, "attendance": str(participation.attendance), "final": False}
    day = timezone.localdate(participation.assessment.status_since).isoformat()
    return {"state": "in progress", "pass": "unknown", "resultDate": day, "weight": 100, "consumers": [consumer]}


def _report(sitting: Sitting) -> Message:
    """Flow 4.1."""
    state = "canceled" if sitting.is_cancelled else "active"
    consumer = {
        "consumerKey": CONSUMER,
        "offeringState": state,
        "irregularities": sitting.irregularities,
        "documents": mapping.report_documents(sitting),
    }
    body = {"offeringType": "component", "consumers": [consumer]}
    return Message(f"/offerings/{sitting.public_id}", _encode(body), state)


def _encode(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
