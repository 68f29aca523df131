"""Giving and taking roles at a school, and leaving it.

Nobody gives a role to themselves: another Schoolbeheer has to. That keeps nobody from giving one to a second mailbox of
their own, or to a colleague who lends an account; so the others of Schoolbeheer and examencommissie are told of whoever
joins them (`tell`), and the log shows it. Roles are asked for at each request, so that a session loses one at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.importing.kinds import drop_waiting
from accounts.models import Membership, Role, RoleChange, School, SchoolChange, User
from accounts.school.changes import lines_of_student

from .notify import Given, tell_of_roles

Change, How = RoleChange.Change, RoleChange.How

NOT_YOURSELF = (
    "U kunt uzelf geen rol geven. Vraag het een collega met de rol Schoolbeheer; is die er niet, geef een collega "
    "dan eerst die rol."
)
LAST_ONE = (
    "Dit is de enige met de rol Schoolbeheer. Geef eerst een collega die rol; anders kan niemand de school nog beheren."
)


class RoleRefused(Exception):
    """A role that can't be given or taken; the message (Dutch) says why."""


def give_role(*, school: School, user: User, role: str, by: User) -> bool:
    """Gives someone of the school one more role; False if they have it already. Raises `RoleRefused`."""
    if user == by:
        raise RoleRefused(NOT_YOURSELF)
    with locked(school):
        if not school.memberships.filter(user=user).exists():
            raise RoleRefused(f"{user.full_name} hoort niet meer bij deze school. Nodig diegene uit.")
        is_new = grant(school=school, user=user, role=role, by=by, how=How.BY_HAND)
        if is_new:
            tell_of_roles(school=school, given=[Given(user, role)], by=by, by_name=by.full_name, how=How.BY_HAND)
        return is_new


def grant(*, school: School, user: User, role: str, by: User | None, how: str, student_number: str = "") -> bool:
    """Writes the role and its line in the log; False if the person has it. The caller decided that it may, and tells.

    A student who left comes back as who they were. A number that another has by now is left out: the student fills in
    their own.
    """
    with transaction.atomic():
        has = school.memberships.filter(user=user, role=role).select_for_update().first()
        if has and has.ended_at is None:
            return False
        if has:
            _log_leaving(has, None, by=by)
            has.ended_at = has.left_on = None
            has.save(update_fields=["ended_at", "left_on"])
        else:
            _add(Membership(user=user, school=school, role=role, student_number=student_number))
        record(school=school, user=user, role=role, change=Change.GIVEN, by=by, how=how)
    return True


def _add(membership: Membership) -> None:
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
    """Takes one role; False if the person has it no more. Raises `RoleRefused` for the last Schoolbeheer's."""
    with locked(school):
        held = school.memberships.present().select_for_update().filter(user=user, role=role).first()
        if held is None:
            return False
        _end(held, by=by, how=How.BY_HAND)
    return True


def leave(*, school: School, user: User, by: User) -> list[Membership]:
    """Takes all roles that someone has here, and which those were. Raises `RoleRefused` for the last Schoolbeheer's."""
    with locked(school):
        held = list(school.memberships.present().select_for_update().filter(user=user).order_by("role"))
        for membership in held:
            _end(membership, by=by, how=How.LEFT)
        school.school_invitations.open().filter(user=user).update(withdrawn_at=timezone.now())
    return held


def record(*, school: School, user: User, role: str, change: str, by: User | None, how: str) -> None:
    """One line of the log; call it in the transaction that makes the change."""
    RoleChange.objects.create(**line(school=school, user=user, role=role, change=change, by=by, how=how))


def line(*, school: School, user: User, role: str, change: str, by: User | None, how: str) -> dict[str, object]:
    """What a line of the log holds."""
    who = {"user": user, "user_name": user.full_name, "by": by, "by_name": by.full_name if by else ""}
    return {"school": school, "role": role, "change": change, "how": how, **who}


@contextmanager
def locked(school: School) -> Iterator[None]:
    """One change of a school's roles at a time: of two Schoolbeheers who take each other's role one stays."""
    with transaction.atomic():
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        yield


def _end(held: Membership, *, by: User, how: str) -> None:
    school, user = held.school, held.user
    if held.role == Role.SCHOOLBEHEER:
        _refuse_last(school, user)
        # Whom they asked to keep the school or its results, and who did not answer yet: nobody stands for it any more.
        drop_waiting(school=school, by=user, role=held.role)
        asked = school.school_invitations.open().filter(by=user)
        for invitation in asked:
            if {Role.SCHOOLBEHEER, Role.EXAMENCOMMISSIE}.intersection(invitation.roles):
                asked.filter(pk=invitation.pk).update(withdrawn_at=timezone.now())
    try:
        with transaction.atomic():
            held.delete()
    except ProtectedError:  # assessments point to it
        held.ended_at = timezone.now()
        if not held.diploma_on and not held.left_on:  # how long the results are kept goes by one of these
            _log_leaving(held, timezone.localdate(), by=by)
            held.left_on, held.study_dates_set_at, held.study_dates_set_by = timezone.localdate(), held.ended_at, by
        held.save(update_fields=["ended_at", "left_on", "study_dates_set_at", "study_dates_set_by"])
    record(school=school, user=user, role=held.role, change=Change.TAKEN, by=by, how=how)


def _log_leaving(student: Membership, day: date | None, *, by: User | None) -> None:
    """What the results are kept by is in the school's log, whoever or whatever changes it."""
    reason = "Uit de school gehaald." if day else "Weer student van de school."
    SchoolChange.objects.bulk_create(lines_of_student(student=student, changes={"left_on": day}, by=by, reason=reason))


def _refuse_last(school: School, user: User) -> None:
    others = school.memberships.filter(role=Role.SCHOOLBEHEER, user__is_active=True).exclude(user=user)
    others = others.exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)  # who was never here
    if not others.exists():
        raise RoleRefused(LAST_ONE)
