"""Following assessments: the rows of the tab 'Digitaal beoordelen'."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.models import User
from exams.models import ExamUnit

from .models import Assessment, Assignment, Document, Invitation
from .rubric import Rubric


@dataclass
class UnitRow:
    """One student's assessment in the list; `waiting_for` names who still has to complete something."""

    assessment: Assessment
    waiting_for: list[str] = field(default_factory=list)
    document: Document | None = None


def unit_rows(*, user: User, unit: ExamUnit) -> list[UnitRow]:
    """The docent's assessments of this unit, over all its versions, in three queries; newest first."""
    assessments = (
        Assessment.objects.for_docent(user)
        .for_pages()
        .filter(exam=unit.exam_version.exam, unit_code=unit.code)
        .order_by("-created_at", "-pk")
    )
    rows = {assessment.pk: UnitRow(assessment) for assessment in assessments}
    running = [pk for pk, row in rows.items() if not row.assessment.is_closed]
    open_assignments = Assignment.objects.live().filter(assessment__in=running, completed_at=None)
    for assignment in open_assignments.select_related("contact").order_by("contact__last_name"):
        names = rows[assignment.assessment_id].waiting_for
        if assignment.contact.full_name not in names:
            names.append(assignment.contact.full_name)
    for document in Document.objects.current().filter(assessment__in=rows, file__isnull=False):
        rows[document.assessment_id].document = document
    return list(rows.values())


def invitation_rows(assessment: Assessment, rubric: Rubric) -> list[tuple[Invitation, int, int]]:
    """Each invitation with how many of the examiner's parts are completed, and how many there are."""
    done: dict[int, list[bool]] = {}
    for column in rubric.columns:
        done.setdefault(column.assignment.contact_id, []).append(column.assignment.completed_at is not None)
    invitations = assessment.invitations.select_related("contact", "mail").order_by("contact__last_name", "pk")
    return [(i, sum(done.get(i.contact_id, [])), len(done.get(i.contact_id, []))) for i in invitations]
