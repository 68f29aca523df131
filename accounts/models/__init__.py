"""Schools, the people in them, and their roles: each model in the module of its name."""

from .imports import PeopleImport
from .invitation import SchoolInvitation, SchoolInvitationQuerySet
from .logs import AppendOnly, AppendOnlyQuerySet, NeverChanged, NeverChangedQuerySet, RoleChange, SchoolChange
from .membership import SEARCHED, STUDENT_NUMBER_LENGTH, Membership, MembershipQuerySet, NumberReport
from .mfa import RecoveryCode
from .registration import EmailChange, Registration
from .school import ExamOffice, School
from .session import Session
from .user import PersonName, Role, User, UserManager, full_name

__all__ = [
    "SEARCHED",
    "STUDENT_NUMBER_LENGTH",
    "AppendOnly",
    "AppendOnlyQuerySet",
    "EmailChange",
    "ExamOffice",
    "Membership",
    "MembershipQuerySet",
    "NeverChanged",
    "NeverChangedQuerySet",
    "NumberReport",
    "PeopleImport",
    "PersonName",
    "RecoveryCode",
    "Registration",
    "Role",
    "RoleChange",
    "School",
    "SchoolChange",
    "SchoolInvitation",
    "SchoolInvitationQuerySet",
    "Session",
    "User",
    "UserManager",
    "full_name",
]
