"""Schools, the people in them, and their roles: each model in the module of its name."""

from .append_only import AppendOnly, AppendOnlyQuerySet, NeverChanged, NeverChangedQuerySet
from .exam_office import ExamOffice
from .invitation import SchoolInvitation, SchoolInvitationQuerySet
from .membership import SEARCHED, STUDENT_NUMBER_LENGTH, Membership, MembershipQuerySet
from .number_report import NumberReport
from .people_import import PeopleImport
from .person import PersonName, full_name
from .recovery_code import RecoveryCode
from .role import Role
from .role_change import RoleChange
from .school import School
from .school_change import SchoolChange
from .session import Session
from .unconfirmed import EmailChange, Registration
from .user import User, UserManager

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
