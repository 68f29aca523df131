"""The SCIM resources of this service: what it keeps of the standard's User and Group, and a student's number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    External,
    Filter,
    Meta,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models.urn import URN

from accounts.models import DirectoryGroup, DirectoryUser

MAX_RESULTS = 200


class Name(ComplexAttribute):
    """The parts of a name; `middleName` is the infix ('tussenvoegsel')."""

    formatted: str | None = None
    family_name: str | None = None
    given_name: str | None = None
    middle_name: str | None = None


class Email(ComplexAttribute):
    """An e-mail address."""

    value: str | None = None
    type: str | None = None
    primary: bool | None = None


class UserGroup(ComplexAttribute):
    """A group of which the user is a member."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    display: Annotated[str | None, Mutability.read_only] = None


class User(Resource[AnyExtension]):
    """A person of the school."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    active: bool | None = None
    preferred_language: str | None = None
    emails: list[Email] | None = None
    groups: Annotated[list[UserGroup] | None, Mutability.read_only] = None


class Student(Extension):
    """What only a student has."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:digitaalbeoordelen:2.0:User")

    student_number: Annotated[str | None, Uniqueness.server] = None


class GroupMember(ComplexAttribute):
    """A member of a group, a user."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference[User[Any]] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(Resource[Any]):
    """A group of people; Schoolbeheer chooses which role it gives."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    members: list[GroupMember] | None = None


SchoolUser = User[Student]
# What Entra ID sends beyond the standard is accepted; attributes that are not kept here are ignored.
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MAX_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=False),
    etag=ETag(supported=False),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="A key that Schoolbeheer makes, in the header Authorization.",
            spec_uri=Reference[External]("https://www.rfc-editor.org/info/rfc6750"),
            primary=True,
        )
    ],
)
PROVIDER = ScimProvider(
    models=[User, Student, Group],
    resource_types=[ResourceType.from_resource(SchoolUser), ResourceType.from_resource(Group)],
    config=CONFIG,
    policy=POLICY,
)


def stored_user(person: DirectoryUser) -> Any:
    """Return the resource as it was stored, without what the service adds."""
    return SchoolUser.model_validate(person.attributes, scim_policy=POLICY)


def user_resource(person: DirectoryUser, base: str) -> Any:
    """Return the resource to answer with; `base` is the URL of the school's endpoints."""
    resource = stored_user(person)
    resource.id = str(person.public_id)
    groups = person.groups.all()
    resource.groups = [UserGroup(value=str(group.public_id), display=group.display_name) for group in groups] or None
    resource.meta = _meta("User", person, f"{base}/Users/{person.public_id}")
    return resource


def stored_group(group: DirectoryGroup, members: Iterable[DirectoryUser] | None, base: str) -> Group:
    """Return the resource as it was stored, with `members` if given."""
    resource = Group(display_name=group.display_name, external_id=group.external_id or None)
    if members is not None:
        resource.members = [
            GroupMember(
                value=str(member.public_id), ref=Reference[User[Any]](f"{base}/Users/{member.public_id}"), type="User"
            )
            for member in members
        ] or None
    return resource


def group_resource(group: DirectoryGroup, base: str, *, with_members: bool) -> Group:
    """Return the resource to answer with."""
    resource = stored_group(group, group.members.all() if with_members else None, base)
    resource.id = str(group.public_id)
    resource.meta = _meta("Group", group, f"{base}/Groups/{group.public_id}")
    return resource


def _meta(resource_type: str, stored: DirectoryUser | DirectoryGroup, location: str) -> Meta:
    return Meta(
        resource_type=resource_type, created=stored.created_at, last_modified=stored.changed_at, location=location
    )
