"""The examiners and the history on the assessment's page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from django.db.models import Prefetch

from addressbook.models import Contact
from assessments.invitations.reminders import days_late
from assessments.models import SYSTEM, Assessment, Event, Invitation, InvitationAttachment
from assessments.rubric import PartSheet, Rubric
from digibeoordelen.outbox.models import MailState


class Target(NamedTuple):
    """What an examiner assesses: the whole exam, or work processes, or a kind of part in them, by their codes."""

    label: str
    codes: list[str]


@dataclass(frozen=True)
class ExaminerRow:
    """An examiner: what they assess, and how far they are.

    `invitation` is None before the first; `targets` are empty after a replacement. `scored` of the `criteria` have a
    score; `done` of the `total` parts are completed. `is_over`: closed, or about a student who left. `is_invitable`:
    chosen, and not invited or withdrawn.
    """

    contact: Contact
    invitation: Invitation | None
    targets: list[Target]
    scored: int
    criteria: int
    done: int
    total: int
    is_over: bool
    is_invitable: bool

    @property
    def is_completed(self) -> bool:
        return 0 < self.total == self.done

    @property
    def is_asked(self) -> bool:
        """Return whether work is still expected, so that a mail makes sense."""
        standing = self.invitation is not None and self.invitation.withdrawn_at is None
        return not self.is_over and standing and self.done < self.total

    @property
    def days_late(self) -> int:
        return max(0, days_late(self.invitation)) if self.is_asked and self.invitation else 0

    @property
    def can_be_reminded(self) -> bool:
        """Return whether a reminder is allowed and not too soon."""
        if not (self.is_asked and self.invitation):
            return False
        mail = self.invitation.mail
        too_soon = self.invitation.is_just_reminded or self.invitation.is_just_asked
        return not (too_soon or self.invitation.is_expired or (mail and mail.state == MailState.FAILED))

    @property
    def can_be_replaced(self) -> bool:
        """Return whether there is an invitation to hand over."""
        invitation = self.invitation
        return not self.is_over and invitation is not None and (invitation.withdrawn_at is None or self.is_invitable)

    @property
    def can_correct_address(self) -> bool:
        """Return whether the contact's page allows it: not for an account's address or a removed contact."""
        return self.can_be_replaced and self.contact.user_id is None and self.contact.removed_at is None

    @property
    def has_actions(self) -> bool:
        return self.is_asked or self.can_be_replaced or self.is_invitable


def examiner_rows(assessment: Assessment, rubric: Rubric, invitable: Collection[Contact]) -> list[ExaminerRow]:
    """Return a row for each examiner, invited or not, by last name; two queries. `invitable` are those to invite."""
    files = Prefetch("attachments", InvitationAttachment.objects.select_related("file"))
    queryset = assessment.invitations.select_related("contact", "mail", "replaced_by").prefetch_related(files)
    invitations = {invitation.contact_id: invitation for invitation in queryset}
    for invitation in invitations.values():
        invitation.assessment = assessment
    contacts = {contact.pk: contact for contact in rubric.examiners}
    contacts |= {pk: invitation.contact for pk, invitation in invitations.items()}
    is_over = assessment.is_closed or assessment.student_left
    invitable_ids = set() if is_over else {contact.pk for contact in invitable}
    rows = []
    for contact in sorted(contacts.values(), key=lambda contact: (contact.sort_key, contact.pk)):
        columns = [column for column in rubric.columns if column.assignment.contact_id == contact.pk]
        row = ExaminerRow(
            contact=contact,
            invitation=invitations.get(contact.pk),
            targets=_targets(rubric, contact),
            scored=sum(len(column.scores) for column in columns),
            criteria=sum(len(column.criteria) for column in columns),
            done=sum(column.assignment.completed_at is not None for column in columns),
            total=len(columns),
            is_over=is_over,
            is_invitable=contact.pk in invitable_ids,
        )
        rows.append(row)
    return rows


def _targets(rubric: Rubric, contact: Contact) -> list[Target]:
    def assessed(parts: Iterable[PartSheet]) -> list[PartSheet]:
        return [part for part in parts if any(c.assignment.contact_id == contact.pk for c in part.columns)]

    if len(assessed(rubric.parts)) == len(rubric.parts):
        return [Target("Het hele examen", [])]
    codes: dict[str, list[str]] = {}
    for core_task in rubric.core_tasks:
        for row in core_task.work_processes:
            parts = assessed(row.parts)
            is_whole = len(parts) == len(row.parts)
            for label in ["Werkproces"] if is_whole else [str(part.part) for part in parts]:
                codes.setdefault(label, []).append(row.work_process.code)
    return [Target(label, of_label) for label, of_label in codes.items()]


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
    data, details = event.data, [*removed_lines(event), *event.data.get("lines", [])]
    if data.get("cancelled_as"):
        counts = "telt" if data["counts_as_attempt"] else "telt niet"
        details.append(f"{data['cancelled_as']}; {counts} als poging")
    if data.get("reason"):
        details.append(f"‘{data['reason']}’")
    return details
