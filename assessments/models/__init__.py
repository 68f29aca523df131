"""Assessments and everything that hangs on one: each model in the module of its name."""

from .appeal import Appeal
from .assessment import Assessment, AssessmentQuerySet, initiator_left, student_left
from .assignment import Assignment, AssignmentQuerySet, Score
from .correction import Correction
from .coupling import Coupling
from .data_request import KEPT_DAYS, MAX_ATTEMPTS, DataRequest
from .document import FAILING_ATTEMPTS, Document, DocumentQuerySet
from .erasure import DestroyedDocument, Erasure, Rule
from .event import SYSTEM, Event, EventQuerySet
from .final_proposal import FinalProposal
from .imported_dates import DatesImport
from .invitation import REMIND_PAUSE, Invitation, InvitationAttachment, InvitationQuerySet, PlannedReminder
from .mail_about import MailAbout
from .past import PastAssessments, PastScores
from .proposal import Proposal
from .status import CLOSED, CancelKind, Status
from .viewing import Viewing, ViewingQuerySet

__all__ = [
    "CLOSED",
    "FAILING_ATTEMPTS",
    "KEPT_DAYS",
    "MAX_ATTEMPTS",
    "REMIND_PAUSE",
    "SYSTEM",
    "Appeal",
    "Assessment",
    "AssessmentQuerySet",
    "Assignment",
    "AssignmentQuerySet",
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
    "PastAssessments",
    "PastScores",
    "PlannedReminder",
    "Proposal",
    "Rule",
    "Score",
    "Status",
    "Viewing",
    "ViewingQuerySet",
    "initiator_left",
    "student_left",
]
