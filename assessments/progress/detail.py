"""The invited examiners and the history on the assessment's page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Prefetch

from addressbook.models import Contact
from assessments.models import SYSTEM, Assessment, Event, Invitation, InvitationAttachment
from assessments.rubric import Rubric


@dataclass(frozen=True)
class InvitedRow:
    """One invitation; `done` of the examiner's `total` parts are completed.

    `is_over`: closed, or about a student who left. `is_invitable`: withdrawn, and the examiner is still chosen.
    """

    invitation: Invitation
    done: int
    total: int
    is_over: bool
    is_invitable: bool

    @property
    def is_asked(self) -> bool:
        """Return whether work is still expected, so that a mail makes sense."""
        return not self.is_over and self.invitation.withdrawn_at is None and self.done < self.total

    @property
    def is_late(self) -> bool:
        """Return whether the link expired with work left to do."""
        return self.is_asked and self.invitation.is_expired

    @property
    def can_be_replaced(self) -> bool:
        return not self.is_over and (self.invitation.withdrawn_at is None or self.is_invitable)

    @property
    def can_correct_address(self) -> bool:
        """Return whether the contact's page allows it: not for an account's address or a removed contact."""
        contact = self.invitation.contact
        return self.can_be_replaced and contact.user_id is None and contact.removed_at is None


def invited_rows(assessment: Assessment, rubric: Rubric, invitable: Collection[Contact]) -> list[InvitedRow]:
    """Return a row for each invitation, by last name; two queries. `invitable` are the contacts to invite again."""
    completed: dict[int, list[bool]] = {}
    for column in rubric.columns:
        completed.setdefault(column.assignment.contact_id, []).append(column.assignment.completed_at is not None)
    ids = {contact.pk for contact in invitable}
    files = Prefetch("attachments", InvitationAttachment.objects.select_related("file"))
    invitations = assessment.invitations.select_related("contact", "mail", "replaced_by").prefetch_related(files)
    rows = []
    for invitation in invitations.order_by("contact__sort_key", "pk"):
        assignments = completed.get(invitation.contact_id, [])
        is_invitable = invitation.withdrawn_at is not None and invitation.contact_id in ids
        is_over = assessment.is_closed or assessment.student_left
        rows.append(InvitedRow(invitation, sum(assignments), len(assignments), is_over, is_invitable))
    return rows


EVENTS_READ = 500
LINES_SHOWN = 200


@dataclass(frozen=True)
class HistoryLine:
    """One line of the history; consecutive saves are one line, with the newest time."""

    at: datetime
    what: str
    details: list[str]
    moved: str = ""
    times: int = 1


def read_history(assessment: Assessment) -> list[HistoryLine]:
    """Return the newest `LINES_SHOWN` lines, newest first, from the newest `EVENTS_READ` events; one query."""
    newest = assessment.events.order_by("-at", "-pk")[:EVENTS_READ]
    return [line for _, line in zip(range(LINES_SHOWN), _lines(newest), strict=False)]


def _lines(events: Iterable[Event]) -> Iterator[HistoryLine]:
    """Merge consecutive saves by one person; every other event is a line."""
    for _, group in groupby(events, key=lambda e: e.actor_name if e.kind == Event.Kind.SAVED else e.pk):
        saves = list(group)
        first = next((e for e in saves if e.from_status != e.to_status), saves[0])
        moved = ""
        if first.from_status != first.to_status:
            moved = f"van {first.get_from_status_display()} naar {first.get_to_status_display()}"
        yield HistoryLine(saves[0].at, sentence(saves[0]), _details(saves[0]), moved, len(saves))


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


def removed_lines(event: Event) -> list[str]:
    """Return the removed work, a line for each part, and the withdrawn invitations."""
    lines = [f"Telt niet meer mee: {line}" for line in event.data.get("removed", [])]
    if event.data.get("withdrawn"):
        lines.append(f"Uitnodiging ingetrokken: {', '.join(event.data['withdrawn'])}")
    return lines


def _details(event: Event) -> list[str]:
    """Return the outcome and the reason, without the committee's remarks to an examiner."""
    data, details = event.data, removed_lines(event)
    if data.get("cancelled_as"):
        counts = "telt" if data["counts_as_attempt"] else "telt niet"
        details.append(f"{data['cancelled_as']}; {counts} als poging")
    if data.get("reason"):
        details.append(f"‘{data['reason']}’")
    return details
