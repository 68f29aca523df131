"""The models of assessments, each in the module of its name."""

from .assessment import (
    CLOSED,
    Assessment,
    AssessmentQuerySet,
    CancelKind,
    Status,
    followed_by,
    initiator_left,
    student_left,
)
from .assignment import Assignment, AssignmentQuerySet, Coupling, Score
from .colleague_proposal import Proposal
from .committee import Appeal, Correction, FinalProposal
from .document import FAILING_ATTEMPTS, Document, DocumentQuerySet, file_name
from .event import SYSTEM, Event, EventQuerySet
from .invitation import REMIND_PAUSE, Invitation, InvitationAttachment, InvitationQuerySet, MailAbout, PlannedReminder
from .privacy import (
    KEPT_DAYS,
    DataRequest,
    DatesImport,
    DestroyedDocument,
    Erasure,
    PastAssessments,
    PastScores,
    Rule,
    Viewing,
    ViewingQuerySet,
)
from .selection import Selection
from .sitting import Attendance, CalendarFeed, Participation, Sitting, SittingStaff

__all__ = [
    "CLOSED",
    "FAILING_ATTEMPTS",
    "KEPT_DAYS",
    "REMIND_PAUSE",
    "SYSTEM",
    "Appeal",
    "Assessment",
    "AssessmentQuerySet",
    "Assignment",
    "AssignmentQuerySet",
    "Attendance",
    "CalendarFeed",
    "CancelKind",
    "Correction",
    "Coupling",
    "DataRequest",
    "DatesImport",
    "DestroyedDocument",
    "Document",
    "DocumentQuerySet",
    "Erasure",
    "Event",
    "EventQuerySet",
    "FinalProposal",
    "Invitation",
    "InvitationAttachment",
    "InvitationQuerySet",
    "MailAbout",
    "Participation",
    "PastAssessments",
    "PastScores",
    "PlannedReminder",
    "Proposal",
    "Rule",
    "Score",
    "Selection",
    "Sitting",
    "SittingStaff",
    "Status",
    "Viewing",
    "ViewingQuerySet",
    "file_name",
    "followed_by",
    "initiator_left",
    "student_left",
]
