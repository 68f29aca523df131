"""Save the valid rows of a list of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.importing.columns import Layout, Outcome, ValidatedRow
from accounts.importing.kinds import Count, Kind
from accounts.models import DERIVED_FIELDS, Membership, PeopleImport, Role, RoleChange, SchoolInvitation, User
from accounts.people import roles
from accounts.people.invite import start_sending
from accounts.people.notify import WATCHED, GrantedRole, notify_roles
from accounts.school.student_numbers import log_number

from .people import (
    COLUMNS,
    NAME_FIELDS,
    ExistingUser,
    ListedPerson,
    find_absent,
    listed_person,
    missing_roles,
    validate,
)

ROWS_PER_BATCH = 500
CHANGED = (
    "Bij de school is intussen iets veranderd; er is nog niets geïmporteerd. "
    "Hieronder staat wat er nu gebeurt als u importeert."
)
GIVEN, IMPORTED = roles.Change.GIVEN, roles.How.IMPORT


def write(prepared: PeopleImport, valid: Sequence[ValidatedRow], *, layout: Layout, count: Count | None) -> None:
    """Create accounts for new people, invite existing accounts, update members, and end whom the list lacks."""
    roles_given: list[GrantedRole] = []
    for item in valid:
        if item.row.outcome == Outcome.ENDED:
            _end(prepared, item.existing)
    valid = [item for item in valid if item.row.outcome != Outcome.ENDED]
    for start in range(0, len(valid), ROWS_PER_BATCH):
        batch = [
            (listed_person(item.row.values, prepared.school), item.existing)
            for item in valid[start : start + ROWS_PER_BATCH]
        ]
        roles_given += _write_new(prepared, [listed for listed, existing in batch if existing is None])
        _invite(prepared, [(listed, None) for listed, existing in batch if existing and not existing.memberships])
        for listed, existing in batch:
            if existing and existing.memberships:
                roles_given += _update(prepared, listed, existing)
        if count:
            count(start + len(batch))
    by = prepared.by
    notify_roles(school=prepared.school, granted=roles_given, by=by, by_name=by.full_name, how=IMPORTED)
    if prepared.mails_now:
        start_sending()


def _write_new(prepared: PeopleImport, new: Sequence[ListedPerson]) -> list[GrantedRole]:
    users = [
        User(
            email=listed.email,
            first_name=listed.first_name,
            infix=listed.infix,
            last_name=listed.last_name,
            password=make_password(None),
        )
        for listed in new
    ]
    User.objects.bulk_create(users)
    accounts = list(zip(new, users, strict=True))
    memberships = [_membership(prepared, user, listed, role) for listed, user in accounts for role in listed.roles]
    students = [membership for membership in memberships if membership.role == Role.STUDENT]
    Membership.objects.bulk_create(students)
    for membership in memberships:
        if membership.role != Role.STUDENT:
            membership.save()  # saved one by one, for the signal receivers, such as the address book's
    RoleChange.objects.bulk_create(
        RoleChange(
            **roles.role_change_fields(
                school=prepared.school,
                user=membership.user,
                role=membership.role,
                change=GIVEN,
                by=prepared.by,
                how=IMPORTED,
            )
        )
        for membership in memberships
    )
    _invite(prepared, accounts)
    return [GrantedRole(membership.user, membership.role) for membership in memberships if membership.role in WATCHED]


def _membership(prepared: PeopleImport, user: User, listed: ListedPerson, role: str) -> Membership:
    number = listed.student_number if role == Role.STUDENT else ""
    membership = Membership(user=user, school=prepared.school, role=role, student_number=number)
    membership.set_derived()
    return membership


def _invite(prepared: PeopleImport, people: Sequence[tuple[ListedPerson, User | None]]) -> None:
    """Create an invitation each: to choose a password with a new account, or to join with an existing one."""
    wanted_at = timezone.now() if prepared.mails_now else None
    invitations = []
    for listed, user in people:
        name: dict[str, Any] = {field: getattr(listed, field) for field in NAME_FIELDS}
        invitation = SchoolInvitation(
            school=prepared.school,
            email=listed.email,
            roles=list(listed.roles),
            student_number=listed.student_number,
            language=listed.language,
            user=user,
            by=prepared.by,
            by_name=prepared.by.full_name,
            wanted_at=wanted_at,
            **name,
        )
        invitation.set_derived()
        invitations.append(invitation)
    SchoolInvitation.objects.bulk_create(invitations)


def _end(prepared: PeopleImport, absent: ExistingUser) -> None:
    held = list(absent.memberships.values())
    roles.end_roles(held, school=prepared.school, user=absent.user, by=prepared.by, how=IMPORTED)


def _update(prepared: PeopleImport, listed: ListedPerson, existing: ExistingUser) -> list[GrantedRole]:
    user = existing.user
    if existing.can_be_renamed and any(getattr(user, name) != getattr(listed, name) for name in NAME_FIELDS):
        for name in NAME_FIELDS:
            setattr(user, name, getattr(listed, name))
        user.save(update_fields=list(NAME_FIELDS))
    missing = missing_roles(listed, existing)
    for role in missing:
        number = listed.student_number if role == Role.STUDENT else ""
        roles.grant(school=prepared.school, user=user, role=role, by=prepared.by, how=IMPORTED, student_number=number)
    if listed.student_number:
        student = Membership.objects.select_related("user").get(school=prepared.school, user=user, role=Role.STUDENT)
        if not student.student_number:
            student.student_number = listed.student_number
            student.save(update_fields=["student_number", *DERIVED_FIELDS])
            log_number(student=student, before="", reason=f"Geïmporteerd uit {prepared.filename}.", by=prepared.by)
    return [GrantedRole(user, role) for role in missing]


PEOPLE = Kind(
    model=PeopleImport,
    columns=COLUMNS,
    validate=validate,
    write=write,
    changed=CHANGED,
    role=Role.SCHOOLBEHEER,
    find_absent=find_absent,
)
