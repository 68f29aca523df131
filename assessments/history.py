"""The log of an assessment in words, for the teachers of the school: who did what, when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from .models import SYSTEM, Assessment, Event

EVENTS_READ = 500
LINES_SHOWN = 200


@dataclass(frozen=True)
class Line:
    """One thing that was done; saving several times on end is one line, with the newest time."""

    at: datetime
    what: str
    details: list[str]
    moved: str = ""
    times: int = 1


def read_history(assessment: Assessment) -> list[Line]:
    """The newest `LINES_SHOWN` lines, newest first, from the newest `EVENTS_READ` events; one query."""
    newest = assessment.events.order_by("-at", "-pk")[:EVENTS_READ]
    return [line for _, line in zip(range(LINES_SHOWN), _lines(newest), strict=False)]


def _lines(events: Iterable[Event]) -> Iterator[Line]:
    """Saves by one person that follow on each other are taken together; every other event is a line."""
    for _, group in groupby(events, key=lambda e: e.actor_name if e.kind == Event.Kind.SAVED else e.pk):
        same = list(group)
        first = next((e for e in same if e.from_status != e.to_status), same[0])
        moved = ""
        if first.from_status != first.to_status:
            moved = f"van {first.get_from_status_display()} naar {first.get_to_status_display()}"
        yield Line(same[0].at, sentence(same[0]), _details(same[0]), moved, len(same))


def sentence(event: Event) -> str:
    """Return 'Examinatoren gekozen voor het hele examen door Dirk Docent: Erik Examinator'."""
    target = f"voor {event.data['target']}" if event.data.get("target") else ""
    deed = " ".join(filter(None, [event.get_kind_display(), target, by_whom(event)]))
    return ": ".join(filter(None, [deed, about_whom(event)]))


def by_whom(event: Event) -> str:
    """Return 'door Dirk Docent', or '' if the event carries no name."""
    name = "het systeem" if event.actor_name == SYSTEM else event.actor_name
    return f"door {name}" if name else ""


def about_whom(event: Event) -> str:
    """Return the examiners that the event is about: 'Greet Nieuw, in plaats van Erik Examinator'."""
    data = event.data
    if "examiners" in data:
        return ", ".join(data["examiners"]) or "niemand"
    return ", in plaats van ".join(filter(None, [data.get("replacement"), data.get("examiner")]))


def what_went(event: Event) -> list[str]:
    """Whose work counts no more since, a line for each part, and whose invitation went with it."""
    lines = [f"Telt niet meer mee: {line}" for line in event.data.get("taken_off", [])]
    if event.data.get("withdrawn"):
        lines.append(f"Uitnodiging ingetrokken: {', '.join(event.data['withdrawn'])}")
    return lines


def _details(event: Event) -> list[str]:
    """What came of it, and why. What the committee wrote to an examiner is between them."""
    data, details = event.data, what_went(event)
    if data.get("cancelled_as"):
        counts = "telt" if data["counts_as_attempt"] else "telt niet"
        details.append(f"{data['cancelled_as']}; {counts} als poging")
    if data.get("reason"):
        details.append(f"‘{data['reason']}’")
    return details
