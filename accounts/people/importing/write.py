"""Save the valid rows of a list of people."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from accounts.importing.columns import Layout, Outcome, ValidatedRow
from accounts.importing.kinds import Count, Kind
from accounts.models import DERIVED_FIELDS, Membership, PeopleImport, Role, User
from accounts.people import roles
from accounts.people.enrol import ExistingUser, ListedPerson, create_accounts, invite_listed
from accounts.people.invite import start_sending
from accounts.people.notify import GrantedRole, notify_roles
from accounts.school.student_numbers import log_number

from .people import COLUMNS, find_absent, listed_person, validate

ROWS_PER_BATCH = 500
CHANGED = (
    "Bij de school is intussen iets veranderd; er is nog niets geïmporteerd. "
    "Hieronder staat wat er nu gebeurt als u importeert."
)
IMPORTED = roles.How.IMPORT


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
    users, granted = create_accounts(new, school=prepared.school, by=prepared.by, how=IMPORTED)
    _invite(prepared, list(zip(new, users, strict=True)))
    return granted


def _invite(prepared: PeopleImport, people: Sequence[tuple[ListedPerson, User | None]]) -> None:
    wanted_at = timezone.now() if prepared.mails_now else None
    by = prepared.by
    invite_listed(people, school=prepared.school, by=by, by_name=by.full_name, wanted_at=wanted_at)


def _end(prepared: PeopleImport, absent: ExistingUser) -> None:
    held = list(absent.memberships.values())
    roles.end_roles(held, school=prepared.school, user=absent.user, by=prepared.by, how=IMPORTED)


def _update(prepared: PeopleImport, listed: ListedPerson, existing: ExistingUser) -> list[GrantedRole]:
    user = existing.user
    existing.rename(listed.name)
    missing = existing.missing_roles(listed.roles)
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
