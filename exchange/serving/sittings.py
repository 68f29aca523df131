"""Flow 2: make, change and cancel a sitting."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from assessments import lifecycle
from assessments.models import Assessment, CancelKind, Event, Participation, Sitting, Status
from assessments.start.start import can_undo_start
from committee.decisions import cancel as cancellation
from exams.models import ExamUnit
from exchange import mapping
from exchange.models import Partner, SittingOrigin
from exchange.serving import schemas
from exchange.serving.catalogue import find_unit, unit_id
from exchange.serving.problems import Conflict, Forbidden, NotFound, Problem

TAKEN_ELSEWHERE = "This id is in use by a sitting of another system of the school."


def get_sitting(partner: Partner, public_id: UUID, *, lock: bool = False) -> Sitting:
    """Return a sitting that the partner made; raise `NotFound`, or `Forbidden` for one of the school's others.

    With `lock` changes of the sitting and of who takes part wait for each other.
    """
    sittings = Sitting.objects.filter(school=partner.school).select_related(
        "origin", "unit__exam_version__exam", "school"
    )
    if lock:
        sittings = sittings.select_for_update(of=("self",), no_key=True)
    sitting = sittings.filter(public_id=public_id).first()
    if sitting is None:
        raise NotFound("No such offering.")
    _refuse_others(partner, sitting)
    return sitting


def _refuse_others(partner: Partner, sitting: Sitting) -> None:
    origin = SittingOrigin.objects.filter(sitting=sitting).first()
    if origin is None or origin.partner_id != partner.pk:
        raise Forbidden(TAKEN_ELSEWHERE)


def put_sitting(partner: Partner, public_id: UUID, body: schemas.Offering) -> tuple[Sitting, bool]:
    """Make the sitting, or change it to `body`; return it and whether it is new. The same body twice changes nothing.

    Raise `Problem` for an invalid body, `Conflict` when a student has begun.
    """
    if body.offeringId not in (None, public_id):
        raise Problem("offeringId: not the id of the address.")
    if body.endDateTime < body.startDateTime:
        raise Problem("endDateTime: before startDateTime.")
    if body.consumer and body.consumer.offeringState == "canceled" and _exists(partner, public_id):
        return cancel_sitting(partner, public_id), False
    try:
        with transaction.atomic():
            return _put(partner, public_id, body)
    except IntegrityError:  # made at the same moment by another request
        with transaction.atomic():
            return _put(partner, public_id, body)


def _exists(partner: Partner, public_id: UUID) -> bool:
    return Sitting.objects.filter(school=partner.school, public_id=public_id).exists()


def _put(partner: Partner, public_id: UUID, body: schemas.Offering) -> tuple[Sitting, bool]:
    is_new = not _exists(partner, public_id)
    if is_new:
        sitting = Sitting(school=partner.school, public_id=public_id, unit=_unit(body.component_id))
    else:
        sitting = get_sitting(partner, public_id, lock=True)
        if body.component_id not in (None, unit_id(sitting.unit)):
            if sitting.participations.exists():
                raise Conflict("component: students take part, so that the component stays as it is.")
            sitting.unit = _unit(body.component_id)
    consumer = body.consumer
    sitting.name = mapping.cut(_dutch(body.name), mapping.NAME_LENGTH)
    sitting.starts_at, sitting.ends_at = body.startDateTime, body.endDateTime
    sitting.room = mapping.cut((consumer.locationCode or "") if consumer else "", mapping.ROOM_LENGTH)
    if consumer and consumer.offeringState:
        sitting.is_cancelled = consumer.offeringState == "canceled"
    sitting.save()
    SittingOrigin.objects.update_or_create(
        sitting=sitting,
        defaults={"offering": _sent(body)},
        create_defaults={"partner": partner, "offering": _sent(body)},
    )
    plan_assessments(sitting)
    return sitting, is_new


def _unit(component: UUID | None) -> ExamUnit:
    unit = find_unit(component) if component else None
    if unit is None:
        raise Problem("component: required, the id of a component of GET /components.")
    return unit


def _dutch(name: list[schemas.LanguageTypedString]) -> str:
    """Return the Dutch name, or the first."""
    return next((item.value for item in name if item.language.lower().startswith("nl")), name[0].value)


def _sent(body: schemas.Offering) -> dict[str, Any]:
    """Return what the sitting itself does not hold."""
    names = {"primaryCode", "name", "abbreviation", "description", "teachingLanguage", "modeOfDelivery"}
    sent = body.model_dump(mode="json", include=names, exclude_none=True)
    if body.consumer:
        held = {"consumerKey", "offeringState", "locationCode"}
        sent["consumer"] = body.consumer.model_dump(mode="json", exclude=held, exclude_none=True)
    return sent


def plan_assessments(sitting: Sitting) -> None:
    """Give the running assessments the day and place of the sitting."""
    planned = Assessment.objects.running().filter(participation__sitting=sitting)
    planned.update(planned_on=timezone.localdate(sitting.starts_at), place=sitting.room)


def patch_sitting(partner: Partner, public_id: UUID, body: schemas.OfferingPatch) -> Sitting:
    """Change the state, time or name of a sitting."""
    state = body.consumers[0].offeringState if body.consumers else None
    if state == "canceled":
        return cancel_sitting(partner, public_id)
    with transaction.atomic():
        sitting = get_sitting(partner, public_id, lock=True)
        if state == "active":
            sitting.is_cancelled = False
        if body.consumers and "locationCode" in body.consumers[0].model_fields_set:
            sitting.room = mapping.cut(body.consumers[0].locationCode or "", mapping.ROOM_LENGTH)
        if body.name:
            sitting.name = mapping.cut(_dutch(body.name), mapping.NAME_LENGTH)
        sitting.starts_at = body.startDateTime or sitting.starts_at
        sitting.ends_at = body.endDateTime or sitting.ends_at
        if sitting.ends_at < sitting.starts_at:
            raise Problem("endDateTime: before startDateTime.")
        sitting.save()
        plan_assessments(sitting)
    return sitting


def cancel_sitting(partner: Partner, public_id: UUID) -> Sitting:
    """Cancel a sitting with the assessments in it; raise `Conflict`, and cancel none, where one has begun."""
    with transaction.atomic():
        sitting = get_sitting(partner, public_id, lock=True)
        everyone = sitting.participations.select_related("assessment").order_by("assessment")
        begun = _cancel(partner, everyone)
        if not begun:
            sitting.is_cancelled = True
            sitting.save(update_fields=["is_cancelled"])
    _refuse_begun(begun, "The offering")
    return sitting


def cancel_participation(partner: Partner, participation: Participation) -> None:
    """Cancel the assessment of one student; raise `Conflict` where it has begun."""
    begun = _cancel(partner, [participation])
    _refuse_begun(begun, "The association")


def _cancel(partner: Partner, participations: Iterable[Participation]) -> list[Participation]:
    """Cancel all the assessments, or none if one has begun; return those that have, with a line in their logs."""
    with transaction.atomic():
        begun: list[tuple[Participation, Assessment]] = []
        open_ones: list[tuple[Participation, Assessment]] = []
        for participation in participations:
            with lifecycle.locked(participation.assessment) as current:
                if current.status == Status.CANCELLED:
                    continue
                (open_ones if can_undo_start(current) else begun).append((participation, current))
        for _participation, current in begun:
            reason = "Er is al beoordeeld, of het resultaat is definitief. De beoordeling blijft."
            lifecycle.record(current, kind=Event.Kind.REMOVAL_REFUSED, by_name=partner.name, reason=reason)
        for _participation, current in [] if begun else open_ones:
            cancellation.cancel(
                assessment=current,
                by=current.initiator,
                kind=CancelKind.OTHER,
                reason=f"Afgemeld door {partner.name}.",
                counts_as_attempt=False,
            )
    return [participation for participation, _current in begun]


def _refuse_begun(begun: list[Participation], what: str) -> None:
    """Raise `Conflict` that names the associations that stay; call it outside of a transaction, which keeps the log."""
    if begun:
        ids = [str(participation.public_id) for participation in begun]
        detail = (
            f"{what} stays: the assessment of {len(ids)} student(s) has begun or is final, and nothing was changed."
        )
        raise Conflict(detail, associations=ids)
