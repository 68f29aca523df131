"""The groups of a directory, and the role that Schoolbeheer lets each give."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.utils import timezone
from scim2_models import InvalidValueException

from accounts.models import DirectoryGroup, DirectoryUser, Role, School, ScimKey, User
from accounts.people.roles import NOT_YOURSELF, RoleRefused, locked
from accounts.school.changes import log_change
from accounts.text import clean_line

from .people import change_roles, roles_of
from .resources import Group

LONGEST = 254


def create_group(*, key: ScimKey, resource: Group) -> DirectoryGroup:
    """Store a new group, which gives no role yet; raise `InvalidValueException`."""
    with locked(key.school):
        group = DirectoryGroup(school=key.school)
        save_group(group=group, resource=resource)
        _set_members(group, set(find_members(key.school, member_ids(resource))), among=set())
    return group


def save_group(*, group: DirectoryGroup, resource: Group) -> None:
    """Store the name and identifier; raise `InvalidValueException`. The caller locks the school."""
    group.display_name = clean_line(resource.display_name or "")
    group.external_id = clean_line(resource.external_id or "")
    if not group.display_name or max(len(group.display_name), len(group.external_id)) > LONGEST:
        raise InvalidValueException(detail=f"displayName or externalId is empty or over {LONGEST} characters.")
    group.changed_at = timezone.now()
    group.save()


def update_group(*, group: DirectoryGroup, resource: Group, among: Collection[int] | None = None) -> None:
    """Store the group with the members of `resource`; of `among` if given, others stay as they are.

    Raise `InvalidValueException`. The caller locks the school.
    """
    save_group(group=group, resource=resource)
    current = set(group.members.values_list("pk", flat=True)) if among is None else set(among)
    _set_members(group, set(find_members(group.school, member_ids(resource))), among=current)


def delete_group(*, group: DirectoryGroup) -> None:
    """Delete a group, and end the role that it gave its members. The caller locks the school."""
    _set_members(group, set(), among=set(group.members.values_list("pk", flat=True)))
    group.delete()


def set_role(*, group: DirectoryGroup, role: str, by: User) -> None:
    """Let the group give `role`, or none; its members' roles change with it. Raise `RoleRefused` for one's own."""
    school = group.school
    with locked(school):
        people = list(group.members.select_related("key", "user", "invitation", "school"))
        is_own = any(person.user_id == by.pk for person in people)
        if role and is_own and not school.memberships.filter(user=by, role=role).exists():
            raise RoleRefused(NOT_YOURSELF)
        before, was = roles_of(people), group.role
        group.role = role
        group.save(update_fields=["role"])
        if was != role:
            label = f"Rol van groep {group.display_name}"[:200]
            log_change(school=school, name="scim_group", label=label, before=_label(was), after=_label(role), by=by)
        change_roles(people, before, school=school, by=by)


def member_ids(resource: Group) -> list[str]:
    return [member.value or "" for member in resource.members or []]


def find_members(school: School, ids: Iterable[str]) -> list[int]:
    """Return the primary keys of these people; raise `InvalidValueException` if one is not of the school."""
    try:
        public_ids = {UUID(public_id) for public_id in ids}
    except ValueError:
        raise InvalidValueException(detail="A member does not exist.") from None
    people = school.directory_users.filter(public_id__in=public_ids).values_list("pk", flat=True)
    if len(people) != len(public_ids):
        raise InvalidValueException(detail="A member does not exist.")
    return list(people)


def _set_members(group: DirectoryGroup, members: set[int], *, among: set[int]) -> None:
    """Replace the present members `among` by `members`, with the consequences for their roles."""
    if members == among:
        return
    changed = DirectoryUser.objects.filter(school=group.school, pk__in=members ^ among)
    people = list(changed.select_related("key", "user", "invitation", "school"))
    before = roles_of(people)
    group.members.add(*(members - among))
    group.members.remove(*(among - members))
    change_roles(people, before, school=group.school, by=None)


def _label(role: str) -> str:
    return str(Role(role).label) if role else "geen rol"
