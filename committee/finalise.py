"""'Afronden': the committee makes a result final (source text, part C, 'Examen afronden')."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from assessments import documents, lifecycle, results
from assessments.models import Assessment, Document, Status
from assessments.rubric import read_rubric


class AlreadyFinal(lifecycle.TransitionRefused):
    """A second click, or another member who was first."""


def refuse_if_final(assessment: Assessment) -> None:
    """Raises `AlreadyFinal` when there is a final result already."""
    if assessment.status == Status.FINAL and assessment.final_at:
        at = date_format(timezone.localtime(assessment.final_at), "DATETIME_FORMAT")
        raise AlreadyFinal(f"Deze beoordeling is al definitief: vastgesteld door {assessment.final_by} op {at}.")


def finalise(*, assessment: Assessment, by: User, exam_office_email: str, version: int | None = None) -> Document:
    """ASSESSED → FINAL: fixes the result and has the PDF made and mailed to the exam office.

    All in one transaction with the assessment's row locked; what follows (PDF, mail) is written
    down in it and done by workers. Raises `AlreadyFinal` for a second click or a member who comes
    second, `TransitionRefused` from any other state than ASSESSED, `DomainError` while scores are in
    dispute, or when couplings or invitations were changed since `version`: since what `by` has read.
    """
    with lifecycle.locked(assessment, version=version) as current:
        refuse_if_final(current)
        rubric = read_rubric(current)
        found = results.outcome(rubric)
        if found.disputed:
            count = found.dispute_count
            raise lifecycle.DomainError(
                f"Examinatoren zijn het niet eens over {count} {'criterium' if count == 1 else 'criteria'}; "
                "stuur de beoordeling eerst terug."
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
