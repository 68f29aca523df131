"""The states of an assessment, and the only place that writes `status`.

Every change of completeness works inside `locked()`: it locks the assessment's row, reads all assignments again, and
ends with one of the moves below, which writes the event. All of it is one transaction, mail included (the outbox is a
table).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from exams.models import Part

from .models import SYSTEM, Assessment, Assignment, CancelKind, Event, Invitation, Score, Status

TRANSITIONS: dict[str, frozenset[str]] = {
    Status.NEW: frozenset({Status.INVITED, Status.IN_PROGRESS, Status.ASSESSED, Status.CANCELLED}),
    Status.INVITED: frozenset({Status.NEW, Status.IN_PROGRESS, Status.ASSESSED, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.NEW, Status.INVITED, Status.ASSESSED, Status.CANCELLED}),
    Status.ASSESSED: frozenset({Status.NEW, Status.INVITED, Status.IN_PROGRESS, Status.FINAL, Status.CANCELLED}),
    Status.FINAL: frozenset({Status.ASSESSED}),
    Status.CANCELLED: frozenset(),
}
# Set only while the assessment is final.
RESULT = ("ovg", "grade", "final_at", "final_by", "appeal_until")


class DomainError(Exception):
    """An action that is refused; the message is Dutch, for the user."""


class TransitionRefused(DomainError):
    """The table of transitions has no such move."""


@dataclass(frozen=True)
class Progress:
    """Counts of live assignments and standing invitations, from which the state follows."""

    parts: int
    covered_parts: int
    assignments: int
    completed: int
    with_content: int
    standing_invitations: int

    @property
    def all_completed(self) -> bool:
        return self.assignments > 0 and self.completed == self.assignments and self.covered_parts == self.parts


def derive_status(progress: Progress) -> Status:
    """Return the state of a running assessment (never FINAL or CANCELLED, which people decide).

    NEW without a standing invitation; ASSESSED with every part covered and every assignment completed; IN_PROGRESS with
    anything written or completed; else INVITED.
    """
    if not progress.standing_invitations:
        return Status.NEW
    if progress.all_completed:
        return Status.ASSESSED
    if progress.with_content or progress.completed:
        return Status.IN_PROGRESS
    return Status.INVITED


@contextmanager
def locked(assessment: Assessment, *, version: int | None = None) -> Iterator[Assessment]:
    """Lock the assessment's row in a transaction and yield the fresh assessment.

    Raises `DomainError` when couplings or invitations changed since `version`.
    """
    with transaction.atomic():
        current = Assessment.objects.select_for_update(of=("self",)).for_pages().get(pk=assessment.pk)
        refuse_if_changed(current, since=version)
        yield current


def refuse_if_changed(assessment: Assessment, *, since: int | None) -> None:
    """Raise `DomainError` when couplings or invitations changed since version `since`; None skips the check."""
    if since not in (None, assessment.version):
        raise DomainError(
            _(
                "Iemand anders heeft deze beoordeling intussen gewijzigd. Hieronder staat hoe het nu is; "
                "kijk het na en probeer het opnieuw."
            )
        )


def read_progress(assessment: Assessment) -> Progress:
    """Count everything again, in one query; call it with the row locked."""
    parts = Part.objects.filter(work_process__core_task__unit=OuterRef("unit"))
    standing = Invitation.objects.standing().filter(assessment=OuterRef("pk"))
    live = Q(assignments__removed_at__isnull=True)
    rows = (  # one row per live assignment, or a single empty one
        Assessment.objects.filter(pk=assessment.pk)
        .annotate(
            parts_in_all=_count(parts, "work_process__core_task__unit"),
            standing=_count(standing, "assessment"),
            live=FilteredRelation("assignments", condition=live),
            scored=Exists(Score.objects.filter(assignment=OuterRef("live__pk"))),
        )
        .order_by()
        .values("parts_in_all", "standing", "scored", "live__part", "live__completed_at", "live__justification")
    )
    groups = list(rows)
    assignments = [row for row in groups if row["live__part"] is not None]
    return Progress(
        parts=groups[0]["parts_in_all"],
        covered_parts=len({row["live__part"] for row in assignments}),
        assignments=len(assignments),
        completed=sum(1 for row in assignments if row["live__completed_at"]),
        with_content=sum(1 for row in assignments if row["live__justification"] or row["scored"]),
        standing_invitations=groups[0]["standing"],
    )


def _count(rows: QuerySet[Any], group: str) -> Coalesce:
    """Count `rows`, which refer to the outer query and share one value of `group`."""
    return Coalesce(Subquery(rows.order_by().values(group).values_list(Count("pk"))), 0)


def refuse_if_closed(assessment: Assessment) -> None:
    """Raise `TransitionRefused` for a final or cancelled assessment."""
    if assessment.is_closed:
        state = {"state": _(assessment.get_status_display()).lower()}
        raise TransitionRefused(_("Deze beoordeling is %(state)s en kan niet meer worden gewijzigd.") % state)


def refuse_own(student: Membership, *, by: User | None) -> None:
    """Raise `DomainError` when `by` is the student: users may not decide on their own assessment.

    `by` is None for an action without an account.
    """
    if by and student.user_id == by.pk:
        raise DomainError("Dit is uw eigen beoordeling; een ander moet dit doen.")


def update_status(
    assessment: Assessment,
    *,
    kind: Event.Kind,
    by: User | None = None,
    by_name: str = "",
    quiet_for: timedelta | None = None,
    **data: Any,
) -> None:
    """End a change of couplings, invitations or content: derive the state and write the event.

    Call it inside `locked()`. `by` is the user, `by_name` an examiner's name. With `quiet_for` the event is skipped
    when it changes no state and the same one was written within that time. Raises `TransitionRefused` when the
    assessment is closed.
    """
    refuse_if_closed(assessment)
    to = derive_status(read_progress(assessment))
    if quiet_for is not None and to == assessment.status:
        recent = assessment.events.filter(kind=kind, actor=by, at__gt=timezone.now() - quiet_for)
        if recent.filter(actor_name=by.full_name if by else by_name).exists():
            return
    _move(assessment, to=to, kind=kind, by=by, by_name=by_name, data=data)


def bump_version(assessment: Assessment) -> None:
    """Increase the version after a change of couplings or invitations, so that older forms are refused."""
    assessment.version += 1
    assessment.save(update_fields=["version"])


def make_final(assessment: Assessment, *, by: User, ovg: str, grade: Decimal, at: Any = None, **data: Any) -> Event:
    """ASSESSED → FINAL with its result; called by `committee.decisions.finalise`, inside `locked()`.

    Raises `TransitionRefused` unless both its state and its assignments, as read now, are ASSESSED.
    """
    _refuse_unless_allowed(assessment, Status.FINAL)
    if not read_progress(assessment).all_completed:
        raise TransitionRefused("Nog niet alle onderdelen zijn afgerond; de beoordeling kan niet definitief worden.")
    assessment.ovg, assessment.grade = ovg, grade
    assessment.final_at, assessment.final_by = at or timezone.now(), by
    assessment.appeal_until = timezone.localdate(assessment.final_at) + timedelta(days=assessment.school.appeal_days)
    return _move(
        assessment,
        to=Status.FINAL,
        kind=Event.Kind.FINALISED,
        by=by,
        data=data,
        fields=RESULT,
    )


def withdraw_final(*, assessment: Assessment, by: User, reason: str, version: int | None = None) -> Event:
    """FINAL → ASSESSED, with a reason; the document is marked superseded.

    Called by `committee.decisions.finalise`. Raises `DomainError` while a resit of the unit runs. Increases the
    version, so that forms opened on this result are refused.
    """
    _require_reason(reason)
    with locked(assessment, version=version) as current:
        _refuse_unless_allowed(current, Status.ASSESSED, only_from=Status.FINAL)
        _refuse_beside_another(current)
        bump_version(current)
        current.documents.current().update(superseded_at=timezone.now(), claim_id=None)
        current.ovg, current.grade = "", None
        current.final_at, current.final_by, current.appeal_until = None, None, None
        try:
            with transaction.atomic():
                return _move(
                    current,
                    to=Status.ASSESSED,
                    kind=Event.Kind.FINAL_WITHDRAWN,
                    by=by,
                    data={"reason": reason},
                    fields=RESULT,
                )
        except IntegrityError:  # a resit started concurrently
            raise DomainError(ANOTHER_RUNS) from None


ANOTHER_RUNS = "Er loopt al een herkansing van deze eenheid. Rond die eerst af, of trek die in."


def _refuse_beside_another(assessment: Assessment) -> None:
    """Raise `DomainError` when another assessment of the unit runs (`assessment_one_running_per_unit`)."""
    running = Assessment.objects.running().filter(
        student=assessment.student_id, exam=assessment.exam_id, unit_code=assessment.unit_code
    )
    if running.exclude(pk=assessment.pk).exists():
        raise DomainError(ANOTHER_RUNS)


def cancel(
    *,
    assessment: Assessment,
    by: User,
    reason: str,
    counts_as_attempt: bool,
    kind: CancelKind = CancelKind.OTHER,
    version: int | None = None,
    seen: Status | None = None,
) -> Event:
    """Any state but FINAL → CANCELLED: a missed date, an irregularity, an invalid attempt.

    Refused when the state is no longer `seen`, the state on the user's page. Its mails are sent by
    `committee.decisions.cancel`.
    """
    _require_reason(reason)
    with locked(assessment, version=version) as current:
        _refuse_unless_allowed(current, Status.CANCELLED)
        if seen is not None and current.status != seen:
            raise DomainError(f"De status is intussen ‘{current.get_status_display()}’. Kijk of u toch wilt intrekken.")
        current.cancel_reason, current.cancel_kind, current.counts_as_attempt = reason, kind, counts_as_attempt
        return _move(
            current,
            to=Status.CANCELLED,
            kind=Event.Kind.CANCELLED,
            by=by,
            data={"cancelled_as": kind.label, "reason": reason, "counts_as_attempt": counts_as_attempt},
            fields=["cancel_reason", "cancel_kind", "counts_as_attempt"],
        )


def reopen_assignments(assessment: Assessment, *, assignments: Iterable[Assignment]) -> None:
    """Reopen completed assignments; called by `assessments.invitations.send_back` inside `locked()`."""
    _refuse_unless_allowed(assessment, Status.IN_PROGRESS, only_from=Status.ASSESSED)
    assessment.assignments.filter(pk__in=[assignment.pk for assignment in assignments]).update(completed_at=None)


def record(
    assessment: Assessment, *, kind: Event.Kind, by: User | None = None, by_name: str = "", **data: Any
) -> Event:
    """Write an event that changes no state."""
    return Event.objects.create(
        assessment=assessment,
        kind=kind,
        actor=by,
        actor_name=by.full_name if by else by_name or SYSTEM,
        from_status=assessment.status,
        to_status=assessment.status,
        data=data,
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("Geef een reden op.")


def _refuse_unless_allowed(assessment: Assessment, to: Status, *, only_from: Status | None = None) -> None:
    if to not in TRANSITIONS[assessment.status] or (only_from and assessment.status != only_from):
        states = {"now": _(assessment.get_status_display()), "then": _(to.label)}
        if assessment.status == to:
            raise TransitionRefused(_("Deze beoordeling is al %(now)s.") % {"now": states["now"].lower()})
        raise TransitionRefused(_("Een beoordeling met de status ‘%(now)s’ kan niet naar ‘%(then)s’.") % states)


def _move(
    assessment: Assessment,
    *,
    to: Status,
    kind: Event.Kind,
    by: User | None,
    data: dict[str, Any],
    by_name: str = "",
    fields: Iterable[str] = (),
) -> Event:
    before = assessment.status
    if to != before:
        _refuse_unless_allowed(assessment, to)
        assessment.status, assessment.status_since = to, timezone.now()
        assessment.save(update_fields=["status", "status_since", *fields])
    return Event.objects.create(
        assessment=assessment,
        kind=kind,
        actor=by,
        actor_name=by.full_name if by else by_name or SYSTEM,
        from_status=before,
        to_status=to,
        data=data,
    )
