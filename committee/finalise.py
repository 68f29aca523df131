"""'Afronden': the committee makes a result final (source text, part C, 'Examen afronden')."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from assessments import documents, lifecycle, results
from assessments.models import Assessment, Document
from assessments.rubric import read_rubric


def finalise(*, assessment: Assessment, by: User, exam_office_email: str) -> Document:
    """ASSESSED → FINAL: fixes the result and has the PDF made and mailed to the exam office.

    All in one transaction with the assessment's row locked; what follows (PDF, mail) is written
    down in it and done by workers. Raises `TransitionRefused` when it is not ASSESSED (a second
    click, another member who was first), `DomainError` while scores are in dispute.
    """
    with lifecycle.locked(assessment) as current:
        rubric = read_rubric(current)
        found = results.outcome(rubric)
        if found.disputed:
            raise lifecycle.DomainError(
                f"Examinatoren zijn het over {found.dispute_count} criteria niet eens; stuur de beoordeling eerst terug."
            )
        if found.unit is None:
            raise lifecycle.TransitionRefused("Nog niet alle criteria hebben een score.")
        now = timezone.now()
        lifecycle.make_final(
            current, by=by, ovg=found.unit.ovg.value, grade=found.unit.grade, at=now, exam_office=exam_office_email
        )
        snapshot = results.snapshot(assessment=current, rubric=rubric, unit=found.unit)
        snapshot["final"] = {"at": timezone.localtime(now).isoformat(), "by": by.full_name}
        return documents.request_document(assessment=current, result=snapshot, exam_office_email=exam_office_email)
