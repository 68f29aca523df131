"""What an account leaves behind beside its own row: the log of the Consortium's staff, and that of logging in."""

from __future__ import annotations

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from .models import Membership, Registration, RoleChange, School, SchoolInvitation, User

# Long enough to look into a break-in; it holds addresses of people and of their machines.
LOGINS_KEPT = timedelta(days=365)


@transaction.atomic
def erase_membership(membership: Membership) -> bool:
    """Deletes a person's role at a school, and the account if it was the last one; whether the account went.

    Raises `ProtectedError`, and nothing is deleted, while something refers to it.
    """
    user = membership.user
    _forget_log(membership)
    _forget_joining(user, membership.school)
    membership.delete()
    if user.is_staff or user.is_superuser or user.memberships.exists():
        return False
    _forget_log(user)
    Registration.objects.filter(email=user.email).delete()
    for log in (AccessAttempt, AccessLog, AccessFailureLog):
        log.objects.filter(username__iexact=user.email).delete()
    user.delete()
    return True


def _forget_joining(user: User, school: School) -> None:
    """How someone came to this school, and which roles they got and lost."""
    RoleChange.objects.filter(school=school, user=user).forget()
    asked = Q(email=user.email) | Q(user=user) | Q(accepted_by=user)
    SchoolInvitation.objects.filter(asked, school=school).delete()


def _forget_log(thing: Membership | User) -> None:
    """Lines of the admin's log name what they are about."""
    of_kind = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(thing))
    of_kind.filter(object_id=str(thing.pk)).delete()


def forget_logins() -> None:
    """Deletes what the log of logging in has of longer ago than `LOGINS_KEPT`."""
    for log in (AccessAttempt, AccessLog, AccessFailureLog):
        log.objects.filter(attempt_time__lt=timezone.now() - LOGINS_KEPT).delete()
