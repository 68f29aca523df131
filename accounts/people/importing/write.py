"""Writes the good rows of a list of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.importing.columns import Judged, Layout
from accounts.importing.kinds import Count, Kind
from accounts.models import SEARCHED, Membership, PeopleImport, Role, RoleChange, SchoolInvitation, User
from accounts.people import roles
from accounts.people.invite import announce
from accounts.people.notify import WATCHED, Given, tell_of_roles
from accounts.school.student_numbers import log_number

from .people import COLUMNS, NAMES, There, Wanted, judge, missing_roles, wanted

BATCH = 500
CHANGED = (
    "Bij de school is intussen iets veranderd; er is nog niets geïmporteerd. "
    "Hieronder staat wat er nu gebeurt als u importeert."
)
GIVEN, IMPORTED = roles.Change.GIVEN, roles.How.IMPORT


def write(prepared: PeopleImport, good: Sequence[Judged], *, layout: Layout, count: Count | None) -> None:
    """Accounts for those who are new, invitations for who has one elsewhere, more for who is of the school."""
    roles_given: list[Given] = []
    for start in range(0, len(good), BATCH):
        batch = [(wanted(one.row.values, prepared.school), one.there) for one in good[start : start + BATCH]]
        roles_given += _write_new(prepared, [given for given, there in batch if there is None])
        _ask(prepared, [(given, None) for given, there in batch if there and not there.here])
        for given, there in batch:
            if there and there.here:
                roles_given += _update(prepared, given, there)
        if count:
            count(start + len(batch))
    by = prepared.by
    tell_of_roles(school=prepared.school, given=roles_given, by=by, by_name=by.full_name, how=IMPORTED)
    if prepared.mails_now:
        announce()


def _write_new(prepared: PeopleImport, new: Sequence[Wanted]) -> list[Given]:
    users = [
        User(
            email=given.email,
            first_name=given.first_name,
            infix=given.infix,
            last_name=given.last_name,
            password=make_password(None),
        )
        for given in new
    ]
    User.objects.bulk_create(users)
    both = list(zip(new, users, strict=True))
    memberships = [_membership(prepared, user, given, role) for given, user in both for role in given.roles]
    students = [membership for membership in memberships if membership.role == Role.STUDENT]
    Membership.objects.bulk_create(students)
    for membership in memberships:
        if membership.role != Role.STUDENT:
            membership.save()  # whoever follows the staff, as the address book does, hears of it
    RoleChange.objects.bulk_create(
        RoleChange(
            **roles.line(
                school=prepared.school, user=one.user, role=one.role, change=GIVEN, by=prepared.by, how=IMPORTED
            )
        )
        for one in memberships
    )
    _ask(prepared, both)
    return [Given(one.user, one.role) for one in memberships if one.role in WATCHED]


def _membership(prepared: PeopleImport, user: User, given: Wanted, role: str) -> Membership:
    number = given.student_number if role == Role.STUDENT else ""
    membership = Membership(user=user, school=prepared.school, role=role, student_number=number)
    membership.set_derived()
    return membership


def _ask(prepared: PeopleImport, asked: Sequence[tuple[Wanted, User | None]]) -> None:
    """An invitation each: for who is new, with the account, to choose a password; for the others, to join at all."""
    wanted_at = timezone.now() if prepared.mails_now else None
    invitations = []
    for given, user in asked:
        name: dict[str, Any] = {field: getattr(given, field) for field in NAMES}
        invitation = SchoolInvitation(
            school=prepared.school,
            email=given.email,
            roles=list(given.roles),
            student_number=given.student_number,
            language=given.language,
            user=user,
            by=prepared.by,
            by_name=prepared.by.full_name,
            wanted_at=wanted_at,
            **name,
        )
        invitation.set_derived()
        invitations.append(invitation)
    SchoolInvitation.objects.bulk_create(invitations)


def _update(prepared: PeopleImport, given: Wanted, there: There) -> list[Given]:
    user = there.user
    if there.can_be_renamed and any(getattr(user, name) != getattr(given, name) for name in NAMES):
        for name in NAMES:
            setattr(user, name, getattr(given, name))
        user.save(update_fields=list(NAMES))
    missing = missing_roles(given, there)
    for role in missing:
        number = given.student_number if role == Role.STUDENT else ""
        roles.grant(school=prepared.school, user=user, role=role, by=prepared.by, how=IMPORTED, student_number=number)
    if given.student_number:
        student = Membership.objects.select_related("user").get(school=prepared.school, user=user, role=Role.STUDENT)
        if not student.student_number:
            student.student_number = given.student_number
            student.save(update_fields=["student_number", *SEARCHED])
            log_number(student=student, before="", reason=f"Geïmporteerd uit {prepared.filename}.", by=prepared.by)
    return [Given(user, role) for role in missing]


PEOPLE = Kind(
    model=PeopleImport,
    columns=COLUMNS,
    judge=judge,
    write=write,
    changed=CHANGED,
    role=Role.SCHOOLBEHEER,
)
