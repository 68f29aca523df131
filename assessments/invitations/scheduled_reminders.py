"""Scheduled reminders: before the planned date, and 7 and 14 days after the request.

At most one of each kind per link (`PlannedReminder`), in office hours only, and several due ones are one mail. Skipped
within `REMIND_PAUSE` after any other mail about the invitation, and while the student or the initiator left
(`leavers`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from celery import shared_task
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from assessments import lifecycle
from assessments.models import (
    CLOSED,
    REMIND_PAUSE,
    Assessment,
    Assignment,
    Invitation,
    InvitationQuerySet,
    PlannedReminder,
    initiator_left,
    student_left,
)
from digibeoordelen.outbox.models import MailState

from . import working_hours
from .reminders import UNREAD_MAIL, Ready, in_one_mail, make_ready, send

logger = logging.getLogger(__name__)
Kind = PlannedReminder.Kind
BEFORE_DAYS = 3  # before the planned date
AFTER_DAYS = {Kind.DAY_7: 7, Kind.DAY_14: 14}  # after the request, while no part is completed
TOO_LATE = timedelta(days=7)  # a reminder delayed for longer, by an outage, is dropped
LONGEST_CLOSED = timedelta(days=6)  # longer than any run of weekends and holidays; only limits what is read


def send_due() -> int:
    """Send the reminders that are due, a transaction per mail; return the number of invitations reminded of.

    An examiner of several students gets one mail a day. Does nothing outside office hours. Safe with several
    workers; another continues where one crashed.
    """
    reminded = 0
    for pks in _due_batches():
        if not working_hours.is_open(timezone.now()):
            break
        reminded += _send(pks)
    return reminded


def moments(invitation: Invitation) -> dict[Kind, tuple[datetime, datetime]]:
    """Return from when until when each reminder may be sent; needs `invitation.assessment`.

    The one before the planned date moves to the working day before, the others to the next opening. The first is
    omitted when its day is not after that of the request.
    """
    periods = {}
    planned = invitation.assessment.planned_on
    if planned:
        day = working_hours.working_day_until(planned - timedelta(days=BEFORE_DAYS))
        if day > timezone.localdate(invitation.asked_at):
            periods[Kind.BEFORE] = (working_hours.opening(day), _end_of_day(planned))
    for kind, days in AFTER_DAYS.items():
        begin = working_hours.next_open(invitation.asked_at + timedelta(days=days))
        periods[kind] = (begin, begin + TOO_LATE)
    return periods


def _end_of_day(day: date) -> datetime:
    return working_hours.opening(day) + timedelta(hours=16)


def _due_kinds(invitation: Invitation, *, had: set[str], nothing_completed: bool, until: datetime) -> list[Kind]:
    """Return the kinds due by `until` that were not handled yet, the latest last."""
    now = timezone.now()
    due = [
        (begin, kind)
        for kind, (begin, end) in moments(invitation).items()
        if begin <= until and now < end and kind not in had and (nothing_completed or kind == Kind.BEFORE)
    ]
    return [kind for _, kind in sorted(due)]


def _end_of_today() -> datetime:
    return working_hours.closing(timezone.localdate())


def _due_batches() -> list[list[int]]:
    """Return the invitation ids of each mail: of one examiner, with at least one due now.

    Those due later today are included, which saves a second mail. Read without a lock.
    """
    now = timezone.now()
    if not working_hours.is_open(now):
        return []
    today: list[Invitation] = []
    due_now = set()
    for invitation in _candidates().select_related("assessment").prefetch_related("planned_reminders"):
        had = {turn.kind for turn in invitation.planned_reminders.all() if turn.generation == invitation.generation}
        due = partial(_due_kinds, invitation, had=had, nothing_completed=_nothing_completed(invitation))
        if due(until=_end_of_today()):
            today.append(invitation)
        if due(until=now):
            due_now.add(invitation.contact_id)
    batches = in_one_mail(invitation for invitation in today if invitation.contact_id in due_now)
    return [[invitation.pk for invitation in batch] for batch in batches]


def _candidates() -> InvitationQuerySet:
    """Filter the invitations that may be reminded, with a request or planned date of about the right age."""
    now, today = timezone.now(), timezone.localdate()
    assignments = Assignment.objects.live().filter(assessment=OuterRef("assessment"), contact=OuterRef("contact"))
    had = PlannedReminder.objects.filter(invitation=OuterRef("pk"), generation=OuterRef("generation"))
    soon = Q(assessment__planned_on__range=(today, today + timedelta(days=BEFORE_DAYS) + LONGEST_CLOSED))
    due: Any = soon & ~Exists(had.filter(kind=Kind.BEFORE))
    for kind, days in AFTER_DAYS.items():
        first = now - timedelta(days=days) - TOO_LATE - LONGEST_CLOSED
        about = Q(asked_at__gt=first, asked_at__lte=_end_of_today() - timedelta(days=days), completed_some=False)
        due |= about & ~Exists(had.filter(kind=kind))
    return (
        Invitation.objects.standing()
        .filter(reminders_stopped_at=None, expires_at__gt=now, assessment__school__reminders_on=True)
        .exclude(assessment__status__in=CLOSED)
        .exclude(student_left("assessment__") | initiator_left("assessment__"))
        .exclude(mail__state=MailState.FAILED)  # the docent must send the failed mail again first
        .annotate(completed_some=Exists(assignments.filter(completed_at__isnull=False)))
        .filter(due, Exists(assignments.filter(completed_at=None)))
        .order_by("pk")
    )


def _send(pks: Sequence[int]) -> int:
    """Handle the due reminders of these invitations: at most one mail, in one transaction."""
    ready: list[Ready] = []
    with transaction.atomic():
        # The same lock order as for inviting a batch, which prevents deadlocks.
        for invitation in Invitation.objects.select_related("assessment").filter(pk__in=pks).order_by("assessment_id"):
            try:
                with lifecycle.locked(invitation.assessment) as current:
                    ready += _take_turn(current, invitation.pk)
            except lifecycle.DomainError as error:  # a refused one does not stop the others
                logger.warning("Invitation %s is not reminded: %s", invitation.pk, error)
        if ready:
            send(ready=ready, by=None)
    return len(ready)


def _take_turn(current: Assessment, pk: int) -> list[Ready]:
    """Record that the due reminders were handled; return the invitation, unless another mail was just sent."""
    invitation = _candidates().filter(pk=pk).select_related("mail").defer(*UNREAD_MAIL).first()
    if invitation is None:
        return []
    invitation.assessment = current
    had = set(invitation.planned_reminders.filter(generation=invitation.generation).values_list("kind", flat=True))
    nothing_completed = _nothing_completed(invitation)
    due = _due_kinds(invitation, had=had, nothing_completed=nothing_completed, until=_end_of_today())
    if not due:
        return []
    ready = None if _just_mailed(invitation) else make_ready(current, pk=pk)
    PlannedReminder.objects.bulk_create(
        PlannedReminder(
            invitation=invitation,
            generation=invitation.generation,
            kind=kind,
            is_sent=ready is not None and kind == due[-1],
        )
        for kind in due
    )
    return [ready] if ready else []


def _nothing_completed(candidate: Any) -> bool:
    return not candidate.completed_some


def _just_mailed(invitation: Invitation) -> bool:
    mail = invitation.mail
    return mail is not None and max(mail.created_at, mail.sent_at or mail.created_at) > timezone.now() - REMIND_PAUSE


@shared_task(name="assessments.tasks.send_planned_reminders")
def send_planned_reminders() -> None:
    """Send the due reminders, in office hours."""

    send_due()
