"""Granting and revoking roles at a school, and leaving it.

Users can't grant a role to themselves: another Schoolbeheer has to. A second mailbox or a colleague's account
circumvents that, so `notify` mails the other members, and each change is logged. Roles are read at each request, so a
session loses them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.importing.kinds import delete_unimported
from accounts.models import Membership, Role, RoleChange, School, SchoolChange, User
from accounts.school.changes import student_changes

from .notify import GrantedRole, notify_roles

Change, How = RoleChange.Change, RoleChange.How

NOT_YOURSELF = (
    "U kunt uzelf geen rol geven. Vraag het een collega met de rol Schoolbeheer; is die er niet, geef een collega "
    "dan eerst die rol."
)
LAST_ONE = (
    "Dit is de enige met de rol Schoolbeheer. Geef eerst een collega die rol; anders kan niemand de school nog beheren."
)


class RoleRefused(Exception):
    """The role can't be granted or revoked; the message (Dutch) explains it."""


def give_role(*, school: School, user: User, role: str, by: User) -> bool:
    """Grant a member of the school one more role; return False if they have it. Raise `RoleRefused`."""
    if user == by:
        raise RoleRefused(NOT_YOURSELF)
    with locked(school):
        if not school.memberships.filter(user=user).exists():
            raise RoleRefused(f"{user.full_name} hoort niet meer bij deze school. Nodig diegene uit.")
        is_new = grant(school=school, user=user, role=role, by=by, how=How.BY_HAND)
        if is_new:
            notify_roles(school=school, granted=[GrantedRole(user, role)], by=by, by_name=by.full_name, how=How.BY_HAND)
        return is_new


def grant(
    *,
    school: School,
    user: User,
    role: str,
    by: User | None,
    how: str,
    student_number: str = "",
    from_directory: bool = False,
) -> bool:
    """Save the role and log it; return False if the user has it. The caller authorises and notifies.

    A role `from_directory` may be taken by the directory again, see `accounts.scim`. A former student is restored. A
    number that is taken by now is left out, for the student to fill in.
    """
    with transaction.atomic():
        existing = school.memberships.filter(user=user, role=role).select_for_update().first()
        if existing and existing.ended_at is None:
            return False
        if existing:
            SchoolChange.objects.bulk_create(bring_back(existing, by=by, from_directory=from_directory))
            existing.save(update_fields=BROUGHT_BACK)
        else:
            membership = Membership(user=user, school=school, role=role, student_number=student_number)
            membership.from_directory = from_directory
            add(membership)
        log_role_change(school=school, user=user, role=role, change=Change.GIVEN, by=by, how=how)
    return True


def add(membership: Membership) -> None:
    """Save a new role, without a number that another student has by now."""
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError:
        number = membership.student_number
        if not number or not membership.school.memberships.filter(student_number=number).exists():
            raise
        membership.student_number = ""
        membership.save()


def take_role(*, school: School, user: User, role: str, by: User) -> bool:
    """Revoke one role; return False if the user lacks it. Raise `RoleRefused` for the last Schoolbeheer."""
    with locked(school):
        held = school.memberships.present().select_for_update().filter(user=user, role=role).first()
        if held is None:
            return False
        end(held, by=by, how=How.BY_HAND)
    return True


def leave(*, school: School, user: User, by: User) -> list[Membership]:
    """Revoke all roles here and return them. Raise `RoleRefused` for the last Schoolbeheer."""
    with locked(school):
        held = list(school.memberships.present().select_for_update().filter(user=user).order_by("role"))
        end_roles(held, school=school, user=user, by=by, how=How.LEFT)
    return held


def end_roles(held: Iterable[Membership], *, school: School, user: User, by: User | None, how: str) -> None:
    """End these roles of `user`, whose open invitations are withdrawn if none is left. The caller locks the school."""
    for membership in held:
        end(membership, by=by, how=how)
    if not school.memberships.present().filter(user=user).exists():
        school.school_invitations.open().filter(user=user).update(withdrawn_at=timezone.now())


def log_role_change(*, school: School, user: User, role: str, change: str, by: User | None, how: str) -> None:
    """Write a log entry; call it in the transaction that makes the change."""
    RoleChange.objects.create(**role_change_fields(school=school, user=user, role=role, change=change, by=by, how=how))


def role_change_fields(
    *, school: School, user: User, role: str, change: str, by: User | None, how: str
) -> dict[str, object]:
    """Return the fields of a log entry."""
    people = {"user": user, "user_name": user.full_name, "by": by, "by_name": by.full_name if by else ""}
    return {"school": school, "role": role, "change": change, "how": how, **people}


@contextmanager
def locked(school: School) -> Iterator[None]:
    """Lock the school, so that two Schoolbeheers can't revoke each other's role at once."""
    with transaction.atomic():
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        yield


def end(held: Membership, *, by: User | None, how: str) -> None:
    """Delete the role, or keep a student whom assessments refer to as left, and log it.

    Raise `RoleRefused` for the last Schoolbeheer. The caller locks the school.
    """
    school, user = held.school, held.user
    if held.role == Role.SCHOOLBEHEER:
        _refuse_last(school, user)
        # Withdraw their pending invitations and imports for these roles, for which no one answers any longer.
        delete_unimported(school=school, by=user, role=held.role)
        invitations = school.school_invitations.open().filter(by=user)
        for invitation in invitations:
            if {Role.SCHOOLBEHEER, Role.EXAMENCOMMISSIE}.intersection(invitation.roles):
                invitations.filter(pk=invitation.pk).update(withdrawn_at=timezone.now())
    try:
        with transaction.atomic():
            held.delete()
    except ProtectedError:  # assessments refer to it
        SchoolChange.objects.bulk_create(keep_as_left(held, by=by))
        held.save(update_fields=KEPT_AS_LEFT)
    log_role_change(school=school, user=user, role=held.role, change=Change.TAKEN, by=by, how=how)


BROUGHT_BACK = ("ended_at", "left_on", "from_directory")
KEPT_AS_LEFT = ("ended_at", "left_on", "study_dates_set_at", "study_dates_set_by")


def bring_back(student: Membership, *, by: User | None, from_directory: bool) -> list[SchoolChange]:
    """Set the fields `BROUGHT_BACK` of a former student, and return the log entries; the caller saves both."""
    entries = _leaving_entries(student, None, by=by)
    student.ended_at = student.left_on = None
    student.from_directory = from_directory
    return entries


def keep_as_left(student: Membership, *, by: User | None) -> list[SchoolChange]:
    """Set the fields `KEPT_AS_LEFT` of a student whom assessments refer to, and return the log entries likewise."""
    student.ended_at = timezone.now()
    if student.diploma_on or student.left_on:
        return []
    today = timezone.localdate()  # retention is derived from it
    entries = _leaving_entries(student, today, by=by)
    student.left_on, student.study_dates_set_at, student.study_dates_set_by = today, student.ended_at, by
    return entries


def _leaving_entries(student: Membership, day: date | None, *, by: User | None) -> list[SchoolChange]:
    """Return the entries about the leaving date, which determines retention, whatever changes it."""
    reason = "Uit de school gehaald." if day else "Weer student van de school."
    return student_changes(student=student, changes={"left_on": day}, by=by, reason=reason)


def _refuse_last(school: School, user: User) -> None:
    others = school.memberships.filter(role=Role.SCHOOLBEHEER, user__is_active=True).exclude(user=user)
    others = others.exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)  # never logged in
    if not others.exists():
        raise RoleRefused(LAST_ONE)
