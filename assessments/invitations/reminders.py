"""Find late examiners and remind them by mail. A reminder keeps the generation, so the link stays valid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Case, Count, DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from assessments import leavers, lifecycle
from assessments import mails as assessments_mails
from assessments.models import (
    CLOSED,
    Assessment,
    Assignment,
    Event,
    Invitation,
    InvitationQuerySet,
)
from digibeoordelen.outbox.models import MailState, OutgoingMail

from .invite import by_name

LATE_AFTER_DAYS = 7  # after the invitation, without a planned date
MAX_REMINDERS = 100  # reminders in one click, some 25 ms each
MAX_IN_ONE = 30  # students in one mail: mail programs cut off mails over 102 kB
WITH_NAMES = ("contact", "mail", "assessment__student__user", "assessment__unit", "assessment__exam")
UNREAD_MAIL = ("mail__text", "mail__html", "mail__links")


def due_on(invitation: Invitation) -> date:
    """Return the last day on which the examiner is in time; needs `invitation.assessment`.

    The planned date. Without one, or when the invitation came after it, `LATE_AFTER_DAYS` after the invitation.
    """
    invited, planned = timezone.localdate(invitation.invited_at), invitation.assessment.planned_on
    if planned and invited <= planned:
        return planned
    return invited + timedelta(days=LATE_AFTER_DAYS)


def unfinished(*, among: InvitationQuerySet) -> InvitationQuerySet:
    """Filter the standing invitations of running assessments whose examiner has a part that is not completed."""
    open_parts = Assignment.objects.live().filter(
        assessment=OuterRef("assessment"), contact=OuterRef("contact"), completed_at=None
    )
    return among.standing().exclude(assessment__status__in=CLOSED).filter(Exists(open_parts))


_PLANNED = Q(assessment__planned_on__gte=F("invited_at__date"))


def late(*, among: InvitationQuerySet) -> InvitationQuerySet:
    """Filter the invitations that are 'te laat'; the only definition of late.

    There is work to do, and `due_on` has passed. An expired link counts as well.
    """
    today = timezone.localdate()
    overdue = timezone.make_aware(datetime.combine(today - timedelta(days=LATE_AFTER_DAYS), time.min))
    unplanned = Q(assessment__planned_on__isnull=True) | Q(assessment__planned_on__lt=F("invited_at__date"))
    return unfinished(among=among).filter(
        (_PLANNED & Q(assessment__planned_on__lt=today)) | (unplanned & Q(invited_at__lt=overdue))
    )


def late_since(assessment: OuterRef) -> Subquery:
    """Return a sort key: when the first of the assessment's late examiners was due; NULL when no one is late."""
    due = Case(
        When(_PLANNED, then=Cast("assessment__planned_on", DateTimeField())),
        default=ExpressionWrapper(F("invited_at") + timedelta(days=LATE_AFTER_DAYS), output_field=DateTimeField()),
    )
    invitations = late(among=Invitation.objects.filter(assessment=assessment))
    return Subquery(invitations.annotate(due=due).order_by("due").values("due")[:1])


def days_late(invitation: Invitation) -> int:
    """Return the days since `due_on`, 0 or less when it has not passed; ignores completion."""
    return (timezone.localdate() - due_on(invitation)).days


def with_names(invitations: InvitationQuerySet) -> InvitationQuerySet:
    """Join the related names, and sort by the examiner's last name."""
    joined = invitations.select_related(*WITH_NAMES).defer(*UNREAD_MAIL)
    return joined.order_by("contact__sort_key", "contact_id", "assessment__student__sort_key", "pk")


@dataclass
class Round:
    """One click: who gets a reminder, who is skipped and why (Dutch), and how many are left for the next click."""

    to_send: list[Invitation] = field(default_factory=list)
    passed_over: list[tuple[Invitation, str]] = field(default_factory=list)
    left: int = 0


def plan_round(*, among: InvitationQuerySet) -> Round:
    """Plan the reminders of examiners with work to do, at most `MAX_REMINDERS`."""
    plan = Round()
    invitations = list(with_names(unfinished(among=among)))
    without_initiator = leavers.without_initiator(invitation.assessment for invitation in invitations)
    for invitation in invitations:
        if why_not := _why_not_now(invitation, initiator_left=invitation.assessment_id in without_initiator):
            plan.passed_over.append((invitation, why_not))
        elif len(plan.to_send) < MAX_REMINDERS:
            plan.to_send.append(invitation)
        else:
            plan.left += 1
    return plan


def _why_not_now(invitation: Invitation, *, initiator_left: bool) -> str:
    if why_not := obstacle(invitation, initiator_left=initiator_left):
        return why_not
    if invitation.is_just_reminded:
        return f"Al herinnerd op {date_format(timezone.localtime(invitation.reminded_at), 'DATETIME_FORMAT')}."
    return "Nog geen dag geleden gevraagd." if invitation.is_just_asked else ""


def obstacle(invitation: Invitation, *, initiator_left: bool | None = None) -> str:
    """Return why no reminder can be sent (Dutch); '' when one can."""
    if invitation.withdrawn_at:
        return f"Deze uitnodiging is {invitation.ending}."
    if why := leavers.why_paused(invitation.assessment, initiator_left=initiator_left):
        return why
    if invitation.is_expired:
        return "De link is verlopen; nodig de examinator opnieuw uit."
    if invitation.mail and invitation.mail.state == MailState.FAILED:  # its remark and attachments never arrived
        if invitation.mail.dropped_at:
            return "De vorige mail is niet verzonden; nodig de examinator opnieuw uit."
        if invitation.mail.is_returned:
            return "De vorige mail is niet aangekomen; corrigeer het adres, of verzend die opnieuw."
        return "De vorige mail is mislukt; verzend die opnieuw."
    return ""


@dataclass(frozen=True)
class Ready:
    """An invitation to remind of, read with the assessment's row locked, and how many of its parts are open."""

    invitation: Invitation
    open_parts: int
    parts: int


def make_ready(current: Assessment, *, pk: int) -> Ready | None:
    """Read invitation `pk` of the locked `current`; return None when it was just reminded.

    Raises `DomainError` as `remind` does.
    """
    lifecycle.refuse_if_closed(current)
    invitation = current.invitations.select_related("contact", "mail").defer(*UNREAD_MAIL).get(pk=pk)
    invitation.assessment = current
    if why_not := obstacle(invitation):
        raise lifecycle.DomainError(why_not)
    assignments = current.live_assignments.filter(contact=invitation.contact)
    counts = assignments.aggregate(parts=Count("pk"), open_parts=Count("pk", filter=Q(completed_at=None)))
    if not counts["open_parts"]:
        raise lifecycle.DomainError(f"{invitation.contact.full_name} heeft alles al afgerond.")
    return None if invitation.is_just_reminded else Ready(invitation, **counts)


def send(*, ready: Sequence[Ready], by: User | None) -> OutgoingMail:
    """Queue one mail about these invitations, of one examiner, and record it with each.

    Call it in the transaction of `make_ready`.
    """
    open_of = {item.invitation.pk: (item.open_parts, item.parts) for item in ready}
    invitations = by_name(item.invitation for item in ready)
    mail = assessments_mails.queue_reminders(
        students=[(invitation, *open_of[invitation.pk]) for invitation in invitations]
    )
    for invitation in invitations:
        invitation.mail = mail
        invitation.reminded_at, invitation.reminders = timezone.now(), invitation.reminders + 1
        invitation.save(update_fields=["mail", "reminded_at", "reminders"])
        # No new version: other pages show nothing of it.
        name, number = invitation.contact.full_name, invitation.reminders
        lifecycle.record(invitation.assessment, kind=Event.Kind.REMINDED, by=by, examiner=name, number=number)
    return mail


def remind(*, invitation: Invitation, by: User | None) -> OutgoingMail | None:
    """Queue a reminder to the examiner, with the same link; `by` is None when it is scheduled.

    Returns None, and does nothing, less than `REMIND_PAUSE` after the last one (a double click). Raises `DomainError`
    when the student or the initiator left, the invitation was withdrawn, its link expired or its mail failed, the
    examiner completed everything, or the assessment is closed.
    """
    with transaction.atomic():
        ready = _make_ready(invitation, by=by)
        return send(ready=[ready], by=by) if ready else None


def _make_ready(invitation: Invitation, *, by: User | None) -> Ready | None:
    with lifecycle.locked(invitation.assessment) as current:
        lifecycle.refuse_own(current.student, by=by)
        return make_ready(current, pk=invitation.pk)


@dataclass
class Reminded:
    """The result of several reminders: `sent` of them in `mails`; `refused` pairs an invitation with the reason."""

    mails: list[OutgoingMail] = field(default_factory=list)
    sent: int = 0
    skipped: list[Invitation] = field(default_factory=list)
    refused: list[tuple[Invitation, str]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.sent + len(self.skipped) + len(self.refused)


def remind_all(*, invitations: Iterable[Invitation], by: User) -> Reminded:
    """Remind of each invitation; an examiner gets one mail, in its own transaction.

    A refused invitation does not stop the others.
    """
    done = Reminded()
    for batch in in_one_mail(invitations):
        _remind_batch(batch, by=by, done=done)
    return done


def in_one_mail(invitations: Iterable[Invitation]) -> list[list[Invitation]]:
    """Group the invitations by mail: one examiner, at most `MAX_IN_ONE`."""
    by_contact: dict[int, list[Invitation]] = {}
    for invitation in invitations:
        by_contact.setdefault(invitation.contact_id, []).append(invitation)
    return [of[start : start + MAX_IN_ONE] for of in by_contact.values() for start in range(0, len(of), MAX_IN_ONE)]


def _remind_batch(batch: Iterable[Invitation], *, by: User, done: Reminded) -> None:
    ready = []
    with transaction.atomic():
        # The same lock order as for inviting a batch, which prevents deadlocks.
        for invitation in sorted(batch, key=lambda invitation: invitation.assessment_id):
            try:
                item = _make_ready(invitation, by=by)
            except lifecycle.DomainError as error:
                done.refused.append((invitation, str(error)))
                continue
            if item:
                ready.append(item)
            else:
                done.skipped.append(invitation)
        if ready:
            done.mails.append(send(ready=ready, by=by))
            done.sent += len(ready)
