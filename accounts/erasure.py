"""What an account leaves behind beside its own row: the log of the Consortium's staff, that of logging in, mails."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q
from django.urls import reverse
from django.utils import timezone

from digibeoordelen.outbox import cancel
from digibeoordelen.outbox.models import OutgoingMail

from .addresses import Address, addresses_of, answered_to, invited_at, logins_with
from .models import EmailChange, Membership, NumberReport, Registration, RoleChange, School, SchoolInvitation, User

# Long enough to look into a break-in; it holds addresses of people and of their machines.
LOGINS_KEPT = timedelta(days=365)
UNUSED_KEPT = timedelta(days=365)  # of an account without a role, and of an invitation that is over


@transaction.atomic
def erase_membership(membership: Membership) -> bool:
    """Deletes a person's role at a school, and the account if it was the last one; whether the account went.

    Raises `ProtectedError`, and nothing is deleted, while an assessment points to the role.
    """
    user = membership.user
    addresses = addresses_of(user)
    _forget_log(membership)
    forget_reports(membership, addresses)
    _forget_joining(user, addresses, membership.school)
    membership.delete()
    if user.is_staff or user.is_superuser or user.memberships.exists():
        return False
    return erase_account(user)


def erase_account(user: User) -> bool:
    """Deletes an account with all that names its owner; False, and nothing happens, while something needs it.

    That is who started an assessment of another, say, or made one final.
    """
    try:
        with transaction.atomic():
            addresses = addresses_of(user)
            _forget_log(user)
            _forget_joining(user, addresses)
            forget_changes_of_address(user)
            Registration.objects.filter(email=user.email).delete()
            for log in (AccessAttempt, AccessLog, AccessFailureLog):
                log.objects.filter(logins_with(addresses)).delete()
            user.delete()
    except ProtectedError:
        return False
    return True


def erase_unused(*, on: date) -> int:
    """Deletes accounts without any role that nobody used for `UNUSED_KEPT`, and what invitations left; how many."""
    before = timezone.make_aware(datetime.combine(on, time.min)) - UNUSED_KEPT
    closed = Q(accepted_at__lt=before) | Q(withdrawn_at__lt=before) | Q(expires_at__lt=before)
    SchoolInvitation.objects.filter(closed).delete()
    idle = Q(last_login__isnull=True) | Q(last_login__lt=before)
    lately = RoleChange.objects.filter(user=OuterRef("pk"), at__gte=before)
    unused = User.objects.filter(idle, ~Exists(lately), joined_at__lt=before, memberships__isnull=True)
    unused = unused.filter(is_staff=False, is_superuser=False, school_invitations__isnull=True)
    return sum(erase_account(user) for user in unused)


def _forget_joining(user: User, addresses: Iterable[Address], school: School | None = None) -> None:
    """How someone came to this school, or to any, and which roles they got and lost."""
    at = Q(school=school) if school else Q()
    RoleChange.objects.filter(at, user=user).forget()
    asked = SchoolInvitation.objects.filter(at, invited_at(addresses) | Q(user=user) | Q(accepted_by=user))
    forget_invitations(asked)
    asked.delete()


def _forget_log(thing: Membership | User) -> None:
    """Lines of the admin's log name what they are about."""
    of_kind = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(thing))
    of_kind.filter(object_id=str(thing.pk)).delete()


def forget_logins() -> None:
    """Deletes what the log of logging in has of longer ago than `LOGINS_KEPT`."""
    for log in (AccessAttempt, AccessLog, AccessFailureLog):
        log.objects.filter(attempt_time__lt=timezone.now() - LOGINS_KEPT).delete()


# A change of address and its mails are written in one transaction.
AT_ONCE = timedelta(minutes=1)


def forget_reports(membership: Membership, addresses: Iterable[Address]) -> None:
    """What Schoolbeheer was told of a number that this student wanted, or had: the mails, and who told it."""
    page = reverse("school:student_numbers", args=[membership.school_id])
    told = OutgoingMail.objects.filter(kind="number_taken")
    cancel.delete(told.filter(answered_to(addresses), text__contains=f"{page}?"))
    if number := membership.student_number:
        cancel.delete(told.filter(text__contains=f"{page}?{urlencode({'q': number})}\n"))
        NumberReport.objects.filter(student__school=membership.school_id, number=number).delete()


def forget_invitations(invitations: Iterable[SchoolInvitation]) -> None:
    """The mails of these, each of which went to the address that was asked."""
    for invitation in invitations:
        over = invitation.accepted_at or invitation.withdrawn_at or timezone.now()
        sent = Q(to__iexact=invitation.email, created_at__range=(invitation.created_at, over))
        cancel.delete(OutgoingMail.objects.filter(Q(pk=invitation.mail_id) | sent, kind="join_school"))


def forget_changes_of_address(user: User) -> None:
    """The mails to addresses that weren't this person's yet, or any more; they may have been mistyped."""
    for change in EmailChange.objects.filter(user=user):
        sent = _at_once(change.asked_at, ["confirm_email", "has_account"])
        if change.stopped_at:
            sent |= _at_once(change.stopped_at, ["email_given_back"])
        cancel.delete(OutgoingMail.objects.filter(sent, to__iexact=change.new_email))


def _at_once(at: datetime, kinds: list[str]) -> Q:
    return Q(created_at__range=(at, at + AT_ONCE), kind__in=kinds)
