"""Erase accounts and roles, with what mentions their owner: admin log and mails."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q
from django.urls import reverse
from django.utils import timezone

from accounts.auth.address_history import Address, addresses_of, answered_to, invited_at
from digibeoordelen.outbox import queue
from digibeoordelen.outbox.models import OutgoingMail

from .models import (
    DirectoryUser,
    EmailChange,
    Membership,
    NumberReport,
    Registration,
    RoleChange,
    School,
    SchoolInvitation,
    User,
)

UNUSED_RETENTION = timedelta(days=365)  # of an account without a role, and of a closed invitation


@transaction.atomic
def erase_membership(membership: Membership) -> bool:
    """Delete a role, and the account with its last role; return whether the account was deleted.

    Raise `ProtectedError`, and delete nothing, while an assessment refers to the role.
    """
    user = membership.user
    addresses = addresses_of(user)
    _purge_admin_log(membership)
    purge_number_reports(membership, addresses)
    _purge_joining(user, addresses, membership.school)
    membership.delete()
    if user.is_staff or user.is_superuser or user.memberships.exists():
        return False
    return erase_account(user)


def erase_account(user: User) -> bool:
    """Delete an account with all that identifies its owner; return False if something refers to it.

    For instance because the user started or finalised another student's assessment.
    """
    try:
        with transaction.atomic():
            addresses = addresses_of(user)
            _purge_admin_log(user)
            _purge_joining(user, addresses)
            purge_email_changes(user)
            Registration.objects.filter(email=user.email).delete()
            user.delete()
    except ProtectedError:
        return False
    return True


def erase_unused(*, on: date) -> int:
    """Delete accounts without a role that were idle for `UNUSED_RETENTION`; return how many.

    Invitations that closed as long ago are deleted first, and people whom a directory ended as long ago.
    """
    before = timezone.make_aware(datetime.combine(on, time.min)) - UNUSED_RETENTION
    closed = Q(accepted_at__lt=before) | Q(withdrawn_at__lt=before) | Q(expires_at__lt=before)
    SchoolInvitation.objects.filter(closed).delete()
    DirectoryUser.objects.filter(user=None, is_active=False, changed_at__lt=before).delete()
    idle = Q(last_login__isnull=True) | Q(last_login__lt=before)
    lately = RoleChange.objects.filter(user=OuterRef("pk"), at__gte=before)
    unused = User.objects.filter(idle, ~Exists(lately), joined_at__lt=before, memberships__isnull=True)
    unused = unused.filter(is_staff=False, is_superuser=False, school_invitations__isnull=True)
    return sum(erase_account(user) for user in unused)


def _purge_joining(user: User, addresses: Iterable[Address], school: School | None = None) -> None:
    """Delete the invitations and role changes of the user, and the directories' records, at one school or all."""
    at = Q(school=school) if school else Q()
    RoleChange.objects.filter(at, user=user).purge()
    DirectoryUser.objects.filter(at, Q(user=user) | Q(user=None) & invited_at(addresses)).delete()
    invitations = SchoolInvitation.objects.filter(at, invited_at(addresses) | Q(user=user) | Q(accepted_by=user))
    purge_invitations(invitations)
    invitations.delete()


def _purge_admin_log(obj: Membership | User) -> None:
    """Delete the admin's log entries about the object."""
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(obj))
    entries.filter(object_id=str(obj.pk)).delete()


# A change of address and its mails are written in one transaction.
ONE_TRANSACTION = timedelta(minutes=1)


def purge_number_reports(membership: Membership, addresses: Iterable[Address]) -> None:
    """Delete reports, and their mails, by this student and about the student's number."""
    page = reverse("school:student_numbers", args=[membership.school_id])
    mails = OutgoingMail.objects.filter(kind="number_taken")
    queue.delete(mails.filter(answered_to(addresses), text__contains=f"{page}?"))
    if number := membership.student_number:
        queue.delete(mails.filter(text__contains=f"{page}?{urlencode({'q': number})}\n"))
        NumberReport.objects.filter(student__school=membership.school_id, number=number).delete()


def purge_invitations(invitations: Iterable[SchoolInvitation]) -> None:
    """Delete the mails of these invitations."""
    for invitation in invitations:
        over = invitation.accepted_at or invitation.withdrawn_at or timezone.now()
        sent = Q(to__iexact=invitation.email, created_at__range=(invitation.created_at, over))
        queue.delete(OutgoingMail.objects.filter(Q(pk=invitation.mail_id) | sent, kind="join_school"))


def purge_email_changes(user: User) -> None:
    """Delete mails to addresses that were not the user's at that moment; they may have been mistyped."""
    for change in EmailChange.objects.filter(user=user):
        sent = _queued_at(change.asked_at, ["confirm_email", "has_account"])
        if change.stopped_at:
            sent |= _queued_at(change.stopped_at, ["email_given_back"])
        queue.delete(OutgoingMail.objects.filter(sent, to__iexact=change.new_email))


def _queued_at(at: datetime, kinds: list[str]) -> Q:
    return Q(created_at__range=(at, at + ONE_TRANSACTION), kind__in=kinds)
