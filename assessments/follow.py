"""Following assessments: the rows of the tab 'Digitaal beoordelen'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Count
from django.template.defaultfilters import pluralize
from django.utils import timezone

from accounts.models import User
from addressbook.models import Contact
from digibeoordelen.outbox.models import MailState
from exams.models import ExamUnit, Part

from . import leavers
from .models import Assessment, AssessmentQuerySet, Assignment, Document, Invitation, InvitationQuerySet, Status
from .remind import UNREAD_MAIL, days_late


def say_open(*, open_parts: int, parts: int) -> str:
    """What an examiner who has not completed yet has to do; a part is open until each criterion has a score."""
    if not open_parts:
        return "alles is gescoord, nog niet afgerond"
    return f"{open_parts} van {parts} {pluralize(parts, 'onderdeel,onderdelen')} open"


@dataclass
class Waiting:
    """An examiner with parts that are not completed; `invitation` is the one that stands, if there is one."""

    contact: Contact
    parts: int
    open_parts: int
    invitation: Invitation | None

    @property
    def said(self) -> str:
        return say_open(open_parts=self.open_parts, parts=self.parts)

    @property
    def days_late(self) -> int:
        """How many days too late; 0 for who is in time or was not asked yet."""
        return max(0, days_late(self.invitation)) if self.invitation else 0

    @property
    def mail_failed(self) -> bool:
        mail = self.invitation.mail if self.invitation else None
        return mail is not None and mail.state == MailState.FAILED


@dataclass
class UnitRow:
    """One student's assessment in the list; `waiting` is empty once it is closed."""

    assessment: Assessment
    waiting: list[Waiting] = field(default_factory=list)
    parts_without_examiner: int = 0
    document: Document | None = None
    initiator_left: bool = False

    @property
    def student_left(self) -> bool:
        return not self.assessment.is_closed and self.assessment.student_left

    @property
    def days_in_state(self) -> int:
        return (timezone.localdate() - timezone.localdate(self.assessment.status_since)).days

    @property
    def has_nobody(self) -> bool:
        """Whether no examiner was chosen for any part of a running assessment."""
        return self.parts_without_examiner > 0 and not self.waiting and self.assessment.status == Status.NEW


def of_unit(*, user: User, unit: ExamUnit) -> AssessmentQuerySet:
    """The docent's assessments of this unit, over all its versions."""
    return Assessment.objects.for_docent(user).filter(exam=unit.exam_version.exam, unit_code=unit.code)


def invitations_of(*, user: User, unit: ExamUnit) -> InvitationQuerySet:
    """The invitations in the docent's assessments of this unit."""
    return Invitation.objects.filter(assessment__in=of_unit(user=user, unit=unit))


def unit_rows(assessments: Iterable[Assessment]) -> list[UnitRow]:
    """What the list says of these assessments, in their order, in six queries however many they are."""
    rows = {assessment.pk: UnitRow(assessment) for assessment in assessments}
    running = {pk: row for pk, row in rows.items() if not row.assessment.is_closed}
    _tell_open_work(running)
    for pk in leavers.without_initiator(row.assessment for row in running.values()):
        rows[pk].initiator_left = True
    for document in Document.objects.current().filter(assessment__in=rows, file__isnull=False):
        rows[document.assessment_id].document = document
    return list(rows.values())


class _Own(NamedTuple):
    """A part of one examiner."""

    is_completed: bool
    is_scored: bool

    @property
    def is_open(self) -> bool:
        return not (self.is_completed or self.is_scored)


def _tell_open_work(running: dict[int, UnitRow]) -> None:
    """Fills in who still has to do what, by last name, and how many parts nobody was chosen for."""
    in_unit = Part.objects.filter(
        work_process__core_task__unit__in={row.assessment.unit_id for row in running.values()}
    )
    parts: Counter[int] = Counter()
    criteria = {}
    for unit, part, count in in_unit.values_list("work_process__core_task__unit", "pk", Count("criteria")).order_by():
        parts[unit] += 1
        criteria[part] = count
    covered: dict[int, set[int]] = {pk: set() for pk in running}
    own: dict[tuple[int, int], list[_Own]] = {}
    live = Assignment.objects.live().filter(assessment__in=running).order_by()
    counted = live.values_list("assessment_id", "contact_id", "part_id", "completed_at", Count("scores"))
    for pk, contact, part, at, scores in counted:
        covered[pk].add(part)
        own.setdefault((pk, contact), []).append(_Own(at is not None, scores >= criteria[part]))
    for pk, row in running.items():
        row.parts_without_examiner = parts[row.assessment.unit_id] - len(covered[pk])
    invitations = _standing([row.assessment for row in running.values()])
    contacts = Contact.objects.filter(pk__in={contact for _, contact in own})
    for person in contacts.order_by("sort_key", "pk"):
        for pk, row in running.items():
            theirs = own.get((pk, person.pk), [])
            if not all(part.is_completed for part in theirs):
                open_parts = sum(part.is_open for part in theirs)
                row.waiting.append(Waiting(person, len(theirs), open_parts, invitations.get((pk, person.pk))))


def _standing(running: list[Assessment]) -> dict[tuple[int, int], Invitation]:
    """By assessment and contact; each knows its assessment without a further query."""
    known = {assessment.pk: assessment for assessment in running}
    found = Invitation.objects.standing().filter(assessment__in=known).select_related("mail").defer(*UNREAD_MAIL)
    invitations = {}
    for invitation in found:
        invitation.assessment = known[invitation.assessment_id]
        invitations[invitation.assessment_id, invitation.contact_id] = invitation
    return invitations
