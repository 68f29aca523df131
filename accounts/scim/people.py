"""The people of a directory, and what their roles become here.

A change compares the roles that the directory gives before and after: what came is granted, what went is ended. So what
Schoolbeheer gave or took by hand stays, until the directory itself changes it. Every function runs with the
school's row locked.

The answer to a directory does not reveal whether an address has an account at another school, and neither does the
number of queries; as with an import, the owner is invited and joins on accepting.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from scim2_models import ConflictException, InvalidValueException, MutabilityException, UniquenessException

from accounts.language import Language
from accounts.mail.addresses import mailable
from accounts.models import (
    DERIVED_FIELDS,
    STUDENT_NUMBER_LENGTH,
    DirectoryGroup,
    DirectoryUser,
    Role,
    School,
    SchoolInvitation,
    ScimKey,
    User,
)
from accounts.models.number_formats import read_number
from accounts.people.bulk_roles import RoleGrant, end_many, grant_many
from accounts.people.enrol import (
    NAME_FIELDS,
    ExistingUser,
    ListedPerson,
    create_accounts,
    find_existing,
    invite_listed,
)
from accounts.people.invite import ordered_roles, start_sending
from accounts.people.notify import GrantedRole, active_holders, notify_roles
from accounts.people.roles import How, RoleRefused, end_roles, locked
from accounts.school.student_numbers import log_number
from accounts.text import clean_line

from .resources import Student

MAX_ATTRIBUTES = 8000  # characters of a stored resource
BATCH = 500
BY_NAME = "De koppeling (SCIM)"
# 'van den Berg': words in lower case in front of a name are the infix.
_INFIX = re.compile(r"(?P<infix>(?:[^\W\d_A-Z]*[a-z'’][^\W\d_A-Z]*'?\s+)+)(?P<last>\S.*)")


# --- Reading a resource --------------------------------------------------------------------------
def read_columns(resource: Any, school: School) -> dict[str, Any]:
    """Return the columns of a `SchoolUser`; raise `InvalidValueException`."""
    attributes = resource.model_dump(exclude={"id", "meta", "groups"})
    if len(json.dumps(attributes)) > MAX_ATTRIBUTES:
        raise InvalidValueException(detail="The resource is too large.")
    user_name = _line(resource, "user_name", 254).lower()
    if not user_name:
        raise InvalidValueException(detail="userName is empty.")
    first_name, infix, last_name = _read_name(resource)
    return {
        "attributes": attributes,
        "user_name": user_name,
        "external_id": _line(resource, "external_id", 254),
        "first_name": first_name,
        "infix": infix,
        "last_name": last_name,
        "email": _read_email(resource, user_name),
        "student_number": _read_number(resource, school),
        "is_active": resource.active is not False,
    }


def _line(holder: Any, name: str, longest: int) -> str:
    text = clean_line(getattr(holder, name, None) or "")
    if len(text) > longest:
        raise InvalidValueException(detail=f"{name} has more than {longest} characters.")
    return text


def _read_name(resource: Any) -> tuple[str, str, str]:
    """Return first name, infix and last name; from the name as a whole if the directory sends no parts."""
    name = resource.name
    first, last = _line(name, "given_name", 80), _line(name, "family_name", 120)
    infix = _line(name, "middle_name", 254)
    if not first or not last:
        whole = _line(name, "formatted", 200) or _line(resource, "display_name", 200)
        first, _space, last = whole.partition(" ")
    if not infix and (split := _INFIX.fullmatch(last)):
        infix, last = split["infix"].strip(), split["last"]
    if any("://" in part for part in (first, infix, last)):  # mails print it above the reader's own link
        raise InvalidValueException(detail="A name holds a web address.")
    if len(infix) > 30:  # no infix, but the other first names
        infix = ""
    if len(first) > 80 or len(last) > 120:
        raise InvalidValueException(detail="A name is too long.")
    return first, infix, last


def _read_email(resource: Any, user_name: str) -> str:
    """Return the address: the primary one, else the one for work, else the first; the user name if there is none."""
    given = [email for email in resource.emails or [] if email.value]
    given.sort(key=lambda email: (not email.primary, email.type != "work"))
    if not given:
        with suppress(ValidationError):
            return mailable(user_name)
        return ""
    try:
        return mailable(given[0].value)
    except ValidationError:
        raise InvalidValueException(detail="No mail can be sent to the address in emails.") from None


def _read_number(resource: Any, school: School) -> str:
    typed = _line(resource[Student], "student_number", STUDENT_NUMBER_LENGTH)
    try:
        return read_number(typed, patterns=school.number_forms, school=school.name)
    except ValidationError as error:
        raise InvalidValueException(detail=f"studentNumber: {error.messages[0]}") from None


# --- Create, update, delete ----------------------------------------------------------------------
def create_person(*, key: ScimKey, resource: Any) -> DirectoryUser:
    """Store a new person, who is enrolled at once if the directory gives a role.

    Raise `InvalidValueException` or `UniquenessException`.
    """
    school = key.school
    with locked(school):
        person = DirectoryUser(school=school, key=key, **read_columns(resource, school))
        _refuse_taken(person)
        person.save(force_insert=True)
        change_roles([person], {}, school=school, by=None)
    return person


def update_person(*, person: DirectoryUser, resource: Any) -> DirectoryUser:
    """Store what changed, with its consequences; `person` is locked by the caller, with `locked`.

    A name is taken over until its owner confirmed it. Another address does not move the log-in of an account to
    another mailbox: it is shown to Schoolbeheer. Raise `InvalidValueException`, `UniquenessException`, or
    `MutabilityException` for the number of a student whom an assessment refers to.
    """
    before, old_email = roles_of([person]), person.email
    for name, value in read_columns(resource, person.school).items():
        setattr(person, name, value)
    _refuse_taken(person)
    person.changed_at = timezone.now()
    if person.user_id is None and person.invitation and person.email != old_email:
        _withdraw(person)
    person.save()
    if person.user and _has_name(person):
        is_elsewhere = person.user.memberships.exclude(school=person.school).exists()
        ExistingUser(person.user, has_other_school=is_elsewhere).rename(_name(person))
    change_roles([person], before, school=person.school, by=None)
    _set_numbers([person], school=person.school)
    return person


def delete_person(*, person: DirectoryUser) -> None:
    """Take away the roles from the directory, and its record of them; `person` is locked by the caller.

    Raise `ConflictException` for the only Schoolbeheer.
    """
    _change([person], {}, {person.pk: frozenset()}, school=person.school, by=None)
    if person.user and held_from_directory(person).exists():
        raise ConflictException(detail="This is the only person with the role Schoolbeheer.")
    person.delete()


def held_from_directory(person: DirectoryUser) -> Any:
    """Return the roles of a person with an account that the directory gave."""
    return person.school.memberships.present().filter(user=person.user_id, from_directory=True)


def _refuse_taken(person: DirectoryUser) -> None:
    """Raise `UniquenessException` for what another person of the school has, `MutabilityException` for a number."""
    others = person.school.directory_users.exclude(pk=person.pk)
    taken = Q(user_name=person.user_name)
    if person.email:
        taken |= Q(email=person.email)
    if person.student_number:
        taken |= Q(student_number=person.student_number)
    if same := others.filter(taken).first():
        names = {"userName": "user_name", "emails": "email", "studentNumber": "student_number"}
        equal = [name for name, column in names.items() if getattr(same, column) == getattr(person, column)]
        raise UniquenessException(detail=f"Another user has this {' and '.join(equal)}.")
    if not person.student_number:
        return
    is_owner = Q(user=person.user_id) if person.user_id else Q(user__email=person.email)
    students = person.school.memberships.filter(role=Role.STUDENT)
    if students.filter(student_number=person.student_number).exclude(is_owner).exists():
        raise UniquenessException(detail="Another student has this studentNumber.")
    student = students.filter(is_owner).exclude(student_number__in=["", person.student_number]).first()
    if student and student.number_is_fixed:
        raise MutabilityException(detail="An assessment refers to this student: Schoolbeheer changes the number.")


# --- Roles ---------------------------------------------------------------------------------------
def roles_of(people: Collection[DirectoryUser]) -> dict[int, frozenset[str]]:
    """Return the roles that the directory gives each person now, by primary key.

    Those of the person's groups; without one, STUDENT for who has a student number or by the setting of the key.
    """
    by_group: dict[int, set[str]] = {}
    groups = DirectoryGroup.objects.exclude(role="").filter(members__in=[person.pk for person in people])
    for pk, role in groups.order_by().values_list("members", "role"):
        by_group.setdefault(pk, set()).add(role)
    given = {}
    for person in people:
        found = by_group.get(person.pk, set())
        if not found and (person.student_number or person.key.students_by_default):
            found = {Role.STUDENT.value}
        given[person.pk] = frozenset(found if person.is_active else ())
    return given


def change_roles(
    people: Sequence[DirectoryUser], before: Mapping[int, frozenset[str]], *, school: School, by: User | None
) -> None:
    """Grant and end what differs from `before`, which `roles_of` returned; enrol who has no account here yet.

    `by` is the Schoolbeheer who changed a group's role, None for the directory. The caller locks the school.
    """
    granted: list[GrantedRole] = []
    for start in range(0, len(people), BATCH):
        batch = people[start : start + BATCH]
        after = roles_of(batch)
        to_enrol = [person for person in batch if _can_enrol(person, after)]
        enrolled = {person.pk for person in to_enrol}
        granted += _enrol(to_enrol, after, school=school, by=by)
        differs = [one for one in batch if after[one.pk] != before.get(one.pk, frozenset()) and one.pk not in enrolled]
        granted += _change(differs, before, after, school=school, by=by)
        back = [person for person in batch if after[person.pk] and not before.get(person.pk)]
        _invite(_never_came(back, school=school), after, school=school)
    by_name = by.full_name if by else BY_NAME
    notify_roles(school=school, granted=granted, by=by, by_name=by_name, how=How.SCIM)


def _never_came(people: Sequence[DirectoryUser], *, school: School) -> list[DirectoryUser]:
    """Return the new accounts among `people` whose invitation ended with their roles, and that return."""
    unused = [
        (person, user)
        for person in people
        if (user := person.user) and person.invitation and person.invitation.withdrawn_at
        if user.last_login is None and not user.has_usable_password()
    ]
    if not unused:
        return []
    emails = [user.email for _, user in unused]
    invited = set(school.school_invitations.open().filter(email__in=emails).values_list("email", flat=True))
    return [person for person, user in unused if user.email not in invited]


def _can_enrol(person: DirectoryUser, after: Mapping[int, frozenset[str]]) -> bool:
    is_known = person.user_id is not None or person.invitation_id is not None
    return bool(after[person.pk]) and not is_known and bool(person.email) and _has_name(person)


def _change(
    people: Sequence[DirectoryUser],
    before: Mapping[int, frozenset[str]],
    after: Mapping[int, frozenset[str]],
    *,
    school: School,
    by: User | None,
) -> list[GrantedRole]:
    """Apply the differences to accounts, or to the invitations of some; return the new roles.

    Of what the directory gave, all that is not in `after` ends.
    """
    if not people:
        return []
    grants = [
        _role_grant(person, user, role)
        for person in people
        if (user := person.user)
        for role in ordered_roles(list(after[person.pk] - before.get(person.pk, frozenset())))
    ]
    granted = _grant(grants, school=school, by=by) if grants else []
    roles_after = {person.user_id: after[person.pk] for person in people if person.user_id}
    given = school.memberships.present().filter(user__in=roles_after, from_directory=True)
    rows = given.select_related("school", "user").order_by("pk").select_for_update(of=("self",))
    ended = [membership for membership in rows if membership.role not in roles_after[membership.user_id]]
    end_many([one for one in ended if one.role != Role.SCHOOLBEHEER], school=school, by=by, how=How.SCIM)
    for membership in ended:
        if membership.role == Role.SCHOOLBEHEER:
            with suppress(RoleRefused):  # the only Schoolbeheer: shown as work for Schoolbeheer
                end_roles([membership], school=school, user=membership.user, by=by, how=How.SCIM)
    _change_invitations([person for person in people if person.invitation and person.invitation.is_open], after)
    return granted


def _change_invitations(people: Sequence[DirectoryUser], after: Mapping[int, frozenset[str]]) -> None:
    """Give the open invitations of `people` the new roles; withdraw that of who has none and no account here."""
    by_roles = defaultdict[tuple[str, ...], list[int]](list)
    renumbered = list[SchoolInvitation]()
    for person in people:
        invitation = person.invitation
        if invitation and after[person.pk]:
            invitation.roles = ordered_roles(list(after[person.pk]))
            by_roles[tuple(invitation.roles)].append(invitation.pk)
            if invitation.student_number != person.student_number:
                invitation.student_number = person.student_number
                invitation.set_derived()
                renumbered.append(invitation)
        elif person.user is None:
            _withdraw(person)
            person.save(update_fields=["invitation"])
    if renumbered:
        SchoolInvitation.objects.bulk_update(renumbered, ["student_number", "search_text"])
    for roles, pks in by_roles.items():
        SchoolInvitation.objects.filter(pk__in=pks).update(roles=list(roles))


def _role_grant(person: DirectoryUser, user: User, role: str) -> RoleGrant:
    return RoleGrant(user, role, person.student_number if role == Role.STUDENT else "")


def _grant(grants: Sequence[RoleGrant], *, school: School, by: User | None) -> list[GrantedRole]:
    return grant_many(grants, school=school, by=by, how=How.SCIM, from_directory=True)


def _enrol(
    people: Sequence[DirectoryUser], after: Mapping[int, frozenset[str]], *, school: School, by: User | None
) -> list[GrantedRole]:
    """Create accounts, invite the owners of existing ones, and link those who belong to the school already.

    Who was invited by hand is left to that invitation, and linked on accepting it. Return the roles to notify of.
    """
    if not people:
        return []
    emails = [person.email for person in people]
    existing = find_existing(school, emails, lock=True)
    invited = set(school.school_invitations.open().filter(email__in=emails).values_list("email", flat=True))
    granted: list[GrantedRole] = []
    new, elsewhere = list[DirectoryUser](), list[DirectoryUser]()
    members = list[tuple[DirectoryUser, ExistingUser]]()
    for person in people:
        account = existing.get(person.email)
        if account and account.memberships:
            members.append((person, account))
        elif person.email not in invited:
            (elsewhere if account else new).append(person)
    granted += _link(members, after, school=school, by=by)
    users, watched = _create(new, after, school=school, by=by)
    granted += watched
    _create(elsewhere, after, school=school, by=by, is_kept=False)
    for person, user in zip(new, users, strict=True):
        person.user = user
    _invite([*new, *elsewhere], after, school=school)
    return granted


def _create(
    people: Sequence[DirectoryUser],
    after: Mapping[int, frozenset[str]],
    *,
    school: School,
    by: User | None,
    is_kept: bool = True,
) -> tuple[list[User], list[GrantedRole]]:
    """Create accounts; without `is_kept` for other addresses, undone: as many queries as for a new account."""
    if not people:
        return [], []
    listed = [_listed(person, after[person.pk]) for person in people]
    if not is_kept:
        listed = [replace(one, email=f"{uuid4()}@account.invalid", student_number="") for one in listed]
    start = transaction.savepoint()
    created = create_accounts(listed, school=school, by=by, how=How.SCIM, from_directory=True)
    if is_kept:
        transaction.savepoint_commit(start)
    else:
        transaction.savepoint_rollback(start)
    return created


def _invite(people: Sequence[DirectoryUser], after: Mapping[int, frozenset[str]], *, school: School) -> None:
    if not people:
        return
    key = people[0].key
    managers = active_holders(school, Role.SCHOOLBEHEER)
    sender = next((manager for manager in managers if manager.pk == key.by_id), managers.first())
    listed = [(_listed(person, after[person.pk]), person.user) for person in people]
    invitations = invite_listed(
        listed,
        school=school,
        by=sender,
        by_name=sender.full_name if sender else school.name,
        wanted_at=timezone.now() if key.mails_now else None,
    )
    for person, invitation in zip(people, invitations, strict=True):
        person.invitation = invitation
    DirectoryUser.objects.bulk_update(people, ["user", "invitation"])
    if key.mails_now:
        start_sending()


def _link(
    members: Sequence[tuple[DirectoryUser, ExistingUser]],
    after: Mapping[int, frozenset[str]],
    *,
    school: School,
    by: User | None,
) -> list[GrantedRole]:
    """Link people to the accounts that belong to the school already."""
    if not members:
        return []
    for person, account in members:
        person.user = account.user
        account.rename(_name(person))
    people = [person for person, _ in members]
    DirectoryUser.objects.bulk_update(people, ["user"])
    grants = [
        _role_grant(person, account.user, role)
        for person, account in members
        for role in account.missing_roles(ordered_roles(list(after[person.pk])))
    ]
    granted = _grant(grants, school=school, by=by) if grants else []
    _set_numbers(people, school=school)
    return granted


def _set_numbers(people: Sequence[DirectoryUser], *, school: School) -> None:
    """Save the directory's numbers with the students, where there is one and it differs."""
    numbers = {person.user_id: person.student_number for person in people if person.user_id and person.student_number}
    if not numbers:
        return
    students = school.memberships.filter(user__in=numbers, role=Role.STUDENT)
    for student in students.select_related("user", "school").order_by("pk"):
        before, student.student_number = student.student_number, numbers[student.user_id]
        if student.student_number != before:
            student.save(update_fields=["student_number", *DERIVED_FIELDS])
            log_number(student=student, before=before, reason="Uit de koppeling (SCIM).", by=None)


def accept(sender: object, invitation: SchoolInvitation, user: User, **kwargs: object) -> None:
    """Receive `invitation_accepted`: link the directory's person, who gets the roles that the directory gives now."""
    unlinked = invitation.school.directory_users.filter(Q(invitation=invitation) | Q(email=invitation.email), user=None)
    person = unlinked.select_related("key", "school").first()
    if person is None or user.directory_users.filter(school=invitation.school_id).exists():
        return
    person.user, person.invitation = user, None
    person.save(update_fields=["user", "invitation"])
    roles = ordered_roles(list(roles_of([person])[person.pk]))
    grants = [_role_grant(person, user, role) for role in roles]
    granted = _grant(grants, school=person.school, by=None) if grants else []
    notify_roles(school=person.school, granted=granted, by=None, by_name=BY_NAME, how=How.SCIM, accepted_by=user)


def _withdraw(person: DirectoryUser) -> None:
    """Withdraw the open invitation; the caller saves the person."""
    if person.invitation:
        person.school.school_invitations.open().filter(pk=person.invitation.pk).update(withdrawn_at=timezone.now())
    person.invitation = None


def _has_name(person: DirectoryUser) -> bool:
    return bool(person.first_name and person.last_name)


def _name(person: DirectoryUser) -> dict[str, str]:
    return {name: getattr(person, name) for name in NAME_FIELDS}


def _listed(person: DirectoryUser, roles: Collection[str]) -> ListedPerson:
    language = str(person.attributes.get("preferredLanguage") or "").lower()
    return ListedPerson(
        **_name(person),
        email=person.user.email if person.user else person.email,
        roles=tuple(ordered_roles(list(roles))),
        student_number=person.student_number if Role.STUDENT in roles else "",
        language=Language.ENGLISH if language.startswith("en") else Language.DUTCH,
    )
