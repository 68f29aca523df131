"""Completed work that is the committee's to judge, and what an examiner gave who counts no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max

from addressbook.models import Contact

from .models import Assessment, Assignment, Event, Status
from .rubric import Column, Rubric

BY_CHOICE = (Event.Kind.COUPLED, Event.Kind.REPLACED)  # what takes someone off


def handed_in(assessment: Assessment, assignments: Iterable[Assignment]) -> list[Assignment]:
    """Those that were complete while the assessment was 'Beoordeeld', now or since it last was.

    They are the committee's: what it sends back is open, and the docent's again.
    """
    completed = [assignment for assignment in assignments if assignment.completed_at]
    if not completed or assessment.status == Status.ASSESSED:
        return completed
    newest = assessment.events.filter(to_status=Status.ASSESSED).aggregate(at=Max("at"))["at"]
    return [a for a in completed if newest and a.completed_at and a.completed_at <= newest]


@dataclass(frozen=True)
class TakenOff:
    """What one examiner gave who was taken off; `event` is what did it, None where the log does not say."""

    contact: Contact
    columns: list[Column]
    event: Event | None


def read_taken_off(rubric: Rubric) -> list[TakenOff]:
    """By examiner and the moment they were taken off, of a rubric that was read `with_dropped`; one query, or none."""
    if not rubric.dropped:
        return []
    # Both are written while the assessment's row is held, one after the other.
    events = list(rubric.assessment.events.filter(kind__in=BY_CHOICE).order_by("at", "pk"))
    found: dict[tuple[int, int | None], TakenOff] = {}
    for column in rubric.dropped:
        contact, removed_at = column.assignment.contact, column.assignment.removed_at
        event = next((event for event in events if removed_at and event.at >= removed_at), None)
        key = contact.pk, event.pk if event else None
        found.setdefault(key, TakenOff(contact, [], event)).columns.append(column)
    return list(found.values())
