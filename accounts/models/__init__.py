"""Schools, users and roles; each model is in the module of its name."""

from .directory import DirectoryGroup, DirectoryUser, ScimKey
from .exam_committee import CommitteeProgramme, ExamCommittee, ExamCommitteeQuerySet, ExamOffice
from .identity_provider import IdentityProvider, IdentityProviderQuerySet
from .imports import ImportedFile, ImportedFileQuerySet, PeopleImport
from .invitation import SchoolInvitation, SchoolInvitationQuerySet
from .logs import AppendOnly, AppendOnlyQuerySet, Immutable, ImmutableQuerySet, RoleChange, SchoolChange
from .membership import (
    DERIVED_FIELDS,
    STUDENT_NUMBER_LENGTH,
    Membership,
    MembershipQuerySet,
    NumberReport,
    roles_changed,
)
from .registration import EmailChange, Registration
from .school import School
from .session import Session
from .team import Team, TeamQuerySet
from .user import PersonName, Role, User, UserManager, full_name

__all__ = [
    "DERIVED_FIELDS",
    "STUDENT_NUMBER_LENGTH",
    "AppendOnly",
    "AppendOnlyQuerySet",
    "CommitteeProgramme",
    "DirectoryGroup",
    "DirectoryUser",
    "EmailChange",
    "ExamCommittee",
    "ExamCommitteeQuerySet",
    "ExamOffice",
    "IdentityProvider",
    "IdentityProviderQuerySet",
    "Immutable",
    "ImmutableQuerySet",
    "ImportedFile",
    "ImportedFileQuerySet",
    "Membership",
    "MembershipQuerySet",
    "NumberReport",
    "PeopleImport",
    "PersonName",
    "Registration",
    "Role",
    "RoleChange",
    "School",
    "SchoolChange",
    "SchoolInvitation",
    "SchoolInvitationQuerySet",
    "ScimKey",
    "Session",
    "Team",
    "TeamQuerySet",
    "User",
    "UserManager",
    "full_name",
    "roles_changed",
]
