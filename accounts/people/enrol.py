"""Accounts and invitations for people whom the school lists, in a file or through its directory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.hashers import make_password

from accounts.models import Membership, Role, School, SchoolInvitation, User

from .bulk_roles import insert, log_many
from .notify import WATCHED, GrantedRole
from .roles import Change

NAME_FIELDS = ("first_name", "infix", "last_name")


@dataclass(frozen=True)
class ListedPerson:
    """The validated data of a person from a list or a directory."""

    first_name: str
    infix: str
    last_name: str
    email: str
    roles: tuple[str, ...]
    student_number: str
    language: str

    @property
    def name(self) -> dict[str, str]:
        return {field: getattr(self, field) for field in NAME_FIELDS}


@dataclass
class ExistingUser:
    """An existing account; `memberships` are those at the school by role, ended ones included."""

    user: User
    memberships: dict[str, Membership] = field(default_factory=dict)
    has_other_school: bool = False

    @property
    def can_be_renamed(self) -> bool:
        """Whether the name was entered by this school only."""
        return self.user.details_checked_at is None and not self.has_other_school

    def missing_roles(self, listed: Sequence[str]) -> list[str]:
        """Return the roles of `listed` that the user lacks, or held in the past."""
        return [role for role in listed if role not in self.memberships or self.memberships[role].ended_at]

    def rename(self, name: dict[str, str]) -> None:
        """Save the name if it differs and `can_be_renamed`."""
        user = self.user
        if self.can_be_renamed and any(getattr(user, name_field) != value for name_field, value in name.items()):
            for name_field, value in name.items():
                setattr(user, name_field, value)
            user.save(update_fields=list(NAME_FIELDS))


def find_existing(school: School, emails: Collection[str], *, lock: bool) -> dict[str, ExistingUser]:
    """Return the accounts of these addresses, in three queries whether they have one or not."""
    users = User.objects.filter(email__in=emails).order_by("pk")
    if lock:
        users = users.select_for_update(no_key=True)
    people = {user.email: ExistingUser(user) for user in users}
    of_user = {existing.user.pk: existing for existing in people.values()}
    # By address: with account ids, an empty list would skip the query, and the timing would reveal it.
    held = Membership.objects.filter(user__email__in=emails).order_by()
    for membership in held.filter(school=school):
        if existing := of_user.get(membership.user_id):
            existing.memberships[membership.role] = membership
    for pk in held.exclude(school=school).values_list("user", flat=True):
        if existing := of_user.get(pk):  # else the account was created between the queries
            existing.has_other_school = True
    return people


def create_accounts(
    people: Sequence[ListedPerson], *, school: School, by: User | None, how: str, from_directory: bool = False
) -> tuple[list[User], list[GrantedRole]]:
    """Create accounts without a password, with their roles; return them in order, and the roles to notify of.

    The addresses have no account. The caller invites the people to choose a password, and notifies.
    """
    users = [User(email=listed.email, password=make_password(None), **listed.name) for listed in people]
    User.objects.bulk_create(users)
    memberships = [
        _membership(user, listed, role, school=school, from_directory=from_directory)
        for listed, user in zip(people, users, strict=True)
        for role in listed.roles
    ]
    insert(memberships, school=school)
    given = [(membership.user, membership.role) for membership in memberships]
    log_many(given, school=school, change=Change.GIVEN, by=by, how=how)
    watched = [
        GrantedRole(membership.user, membership.role) for membership in memberships if membership.role in WATCHED
    ]
    return users, watched


def _membership(user: User, listed: ListedPerson, role: str, *, school: School, from_directory: bool) -> Membership:
    number = listed.student_number if role == Role.STUDENT else ""
    return Membership(user=user, school=school, role=role, student_number=number, from_directory=from_directory)


def invite_listed(
    people: Sequence[tuple[ListedPerson, User | None]],
    *,
    school: School,
    by: User | None,
    by_name: str,
    wanted_at: datetime | None,
) -> list[SchoolInvitation]:
    """Create an invitation each: to choose a password with a new account, or to join with an existing one.

    With `wanted_at` its mail is requested; the caller starts the sending.
    """
    invitations = []
    for listed, user in people:
        invitation = SchoolInvitation(
            school=school,
            email=listed.email,
            roles=list(listed.roles),
            student_number=listed.student_number,
            language=listed.language,
            user=user,
            by=by,
            by_name=by_name,
            wanted_at=wanted_at,
            **listed.name,
        )
        invitation.set_derived()
        invitations.append(invitation)
    return SchoolInvitation.objects.bulk_create(invitations)
