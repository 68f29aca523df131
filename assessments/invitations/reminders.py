"""Who is late, and reminding examiners by mail. A reminder keeps the generation: the link they have goes on working."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from assessments import leavers, lifecycle
from assessments import mails as assessments_mails
from assessments.models import (
    CLOSED,
    REMIND_PAUSE,
    Assessment,
    Assignment,
    Event,
    Invitation,
    InvitationQuerySet,
    initiator_left,
    student_left,
)
from digibeoordelen.outbox.models import MailState, OutgoingMail

from .invite import by_name

LATE_AFTER_DAYS = 7  # after the invitation, when no date was planned
MAX_TOGETHER = 100  # reminders in one click, some 25 ms each
MAX_IN_ONE = 30  # students in one mail: programs cut off what is over 102 kB
WITH_NAMES = ("contact", "mail", "assessment__student__user", "assessment__unit", "assessment__exam")
UNREAD_MAIL = ("mail__text", "mail__html", "mail__links")


def due_on(invitation: Invitation) -> date:
    """The last day on which the examiner is in time; needs `invitation.assessment`.

    That is the planned date. Without one, or when the invitation came after it, it is
    `LATE_AFTER_DAYS` after the invitation: nobody is late on the day that they are asked.
    """
    invited, planned = timezone.localdate(invitation.invited_at), invitation.assessment.planned_on
    if planned and invited <= planned:
        return planned
    return invited + timedelta(days=LATE_AFTER_DAYS)


def late(*, among: InvitationQuerySet) -> InvitationQuerySet:
    """Those of these invitations that are 'te laat': the only place that says which those are.

    The invitation stands, the assessment runs, the examiner has a part that is not completed, and
    the day that `due_on` gives has passed. One whose link has expired is late too.
    """
    today = timezone.localdate()
    overdue = timezone.make_aware(datetime.combine(today - timedelta(days=LATE_AFTER_DAYS), time.min))
    planned = Q(assessment__planned_on__gte=F("invited_at__date"))
    unplanned = Q(assessment__planned_on__isnull=True) | Q(assessment__planned_on__lt=F("invited_at__date"))
    unfinished = Assignment.objects.live().filter(
        assessment=OuterRef("assessment"), contact=OuterRef("contact"), completed_at=None
    )
    return (
        among.standing()
        .exclude(assessment__status__in=CLOSED)
        .filter((planned & Q(assessment__planned_on__lt=today)) | (unplanned & Q(invited_at__lt=overdue)))
        .filter(Exists(unfinished))
    )


def days_late(invitation: Invitation) -> int:
    """How many days ago the last day was; 0 or less when it is not past. Says nothing of what is completed."""
    return (timezone.localdate() - due_on(invitation)).days


def count_to_remind(*, among: InvitationQuerySet) -> int:
    """How many examiners are late and can be reminded now, as `plan_round` sorts them out."""
    now = timezone.now()
    found = (
        late(among=among)
        .filter(
            Q(reminded_at__isnull=True) | Q(reminded_at__lte=now - REMIND_PAUSE),
            Q(mail__isnull=True) | ~Q(mail__state=MailState.FAILED),
            expires_at__gt=now,
        )
        .exclude(student_left("assessment__") | initiator_left("assessment__"))
    )
    count: int = found.aggregate(examiners=Count("contact", distinct=True))["examiners"]
    return count


def late_with_names(*, among: InvitationQuerySet) -> InvitationQuerySet:
    """The late ones with what a page says of each, by the examiner's last name."""
    found = late(among=among).select_related(*WITH_NAMES).defer(*UNREAD_MAIL)
    return found.order_by("contact__sort_key", "contact_id", "assessment__student__sort_key", "pk")


@dataclass
class Round:
    """Who gets a reminder in one click, who is passed over with the reason, and how many are left for the next."""

    to_send: list[Invitation] = field(default_factory=list)
    passed_over: list[tuple[Invitation, str]] = field(default_factory=list)
    left: int = 0


def plan_round(*, among: InvitationQuerySet) -> Round:
    """Sorts the late ones out, at most `MAX_TOGETHER` at once."""
    plan = Round()
    late_ones = list(late_with_names(among=among))
    without_initiator = leavers.without_initiator(invitation.assessment for invitation in late_ones)
    for invitation in late_ones:
        why_not = obstacle(invitation, initiator_left=invitation.assessment_id in without_initiator)
        if why_not or invitation.is_just_reminded:
            plan.passed_over.append((invitation, why_not))
        elif len(plan.to_send) < MAX_TOGETHER:
            plan.to_send.append(invitation)
        else:
            plan.left += 1
    return plan


def obstacle(invitation: Invitation, *, initiator_left: bool | None = None) -> str:
    """Why no reminder can go out, in words for the teacher; '' when one can."""
    if invitation.withdrawn_at:
        return f"Deze uitnodiging is {invitation.ending}."
    if why := leavers.why_paused(invitation.assessment, initiator_left=initiator_left):
        return why
    if invitation.is_expired:
        return "De link is verlopen; nodig de examinator opnieuw uit."
    if invitation.mail and invitation.mail.state == MailState.FAILED:  # its words and attachments never arrived
        if invitation.mail.dropped_at:
            return "De vorige mail is niet verzonden; nodig de examinator opnieuw uit."
        return "De vorige mail is mislukt; verzend die opnieuw."
    return ""


@dataclass(frozen=True)
class Ready:
    """An invitation to remind of, read with its assessment's row held, and how many of its parts are open."""

    invitation: Invitation
    open_parts: int
    parts: int


def make_ready(current: Assessment, *, pk: int) -> Ready | None:
    """Whether the invitation `pk` of `current`, whose row is held, can be reminded of; None when it just was.

    Raises `DomainError` as `remind` does.
    """
    lifecycle.refuse_if_closed(current)
    fresh = current.invitations.select_related("contact", "mail").defer(*UNREAD_MAIL).get(pk=pk)
    fresh.assessment = current
    if why_not := obstacle(fresh):
        raise lifecycle.DomainError(why_not)
    own = current.live_assignments.filter(contact=fresh.contact)
    counts = own.aggregate(parts=Count("pk"), open_parts=Count("pk", filter=Q(completed_at=None)))
    if not counts["open_parts"]:
        raise lifecycle.DomainError(f"{fresh.contact.full_name} heeft alles al afgerond.")
    return None if fresh.is_just_reminded else Ready(fresh, **counts)


def send(*, ready: Sequence[Ready], by: User | None) -> OutgoingMail:
    """Queues one mail about all these, of one examiner and one initiator, and notes it with each.

    Call it in the transaction that made them ready.
    """
    open_of = {one.invitation.pk: (one.open_parts, one.parts) for one in ready}
    invitations = by_name(one.invitation for one in ready)
    mail = assessments_mails.queue_reminders(
        students=[(invitation, *open_of[invitation.pk]) for invitation in invitations]
    )
    for invitation in invitations:
        invitation.mail = mail
        invitation.reminded_at, invitation.reminders = timezone.now(), invitation.reminders + 1
        invitation.save(update_fields=["mail", "reminded_at", "reminders"])
        # No new version: nothing that another page shows or changes is different now.
        name, number = invitation.contact.full_name, invitation.reminders
        lifecycle.record(invitation.assessment, kind=Event.Kind.REMINDED, by=by, examiner=name, number=number)
    return mail


def remind(*, invitation: Invitation, by: User | None) -> OutgoingMail | None:
    """Queues a reminder to the examiner, with the same link; `by` is None when the clock asks for it.

    None, and nothing done, when one went out less than `REMIND_PAUSE` ago: a button that was
    clicked twice sends one mail. Raises `DomainError` when the student or the initiator
    left, when the invitation was withdrawn or its link expired, when the mail before it failed, when
    the examiner completed everything, and when the assessment is closed.
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
    """What became of several reminders: `sent` of them in `mails`; `refused` pairs an invitation with the reason."""

    mails: list[OutgoingMail] = field(default_factory=list)
    sent: int = 0
    skipped: list[Invitation] = field(default_factory=list)
    refused: list[tuple[Invitation, str]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.sent + len(self.skipped) + len(self.refused)


def remind_all(*, invitations: Iterable[Invitation], by: User) -> Reminded:
    """Reminds of each of these; an examiner gets one mail per initiator, in a transaction of its own.

    Initiators are kept apart since the mail says who asks and is answered to them; schools are, since a contact is
    of one school. An invitation that can't be reminded of holds up no other.
    """
    done = Reminded()
    for batch in in_one_mail(invitations):
        _remind_batch(batch, by=by, done=done)
    return done


def in_one_mail(invitations: Iterable[Invitation]) -> list[list[Invitation]]:
    """The invitations of each reminder: of one examiner and one initiator, at most `MAX_IN_ONE`."""
    together: dict[tuple[int, int], list[Invitation]] = {}
    for invitation in invitations:
        together.setdefault((invitation.contact_id, invitation.assessment.initiator_id), []).append(invitation)
    return [of[start : start + MAX_IN_ONE] for of in together.values() for start in range(0, len(of), MAX_IN_ONE)]


def _remind_batch(batch: Iterable[Invitation], *, by: User, done: Reminded) -> None:
    ready = []
    with transaction.atomic():
        # In the order in which inviting a group holds them: two who want the same ones wait for each other, once.
        for invitation in sorted(batch, key=lambda invitation: invitation.assessment_id):
            try:
                one = _make_ready(invitation, by=by)
            except lifecycle.DomainError as error:
                done.refused.append((invitation, str(error)))
                continue
            if one:
                ready.append(one)
            else:
                done.skipped.append(invitation)
        if ready:
            done.mails.append(send(ready=ready, by=by))
            done.sent += len(ready)
