"""'Afronden': the committee makes a result final (source text, part C, 'Examen afronden')."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from assessments import corrections, lifecycle, mails, results
from assessments.documents import documents
from assessments.models import Assessment, Document, Event, FinalProposal, Status
from assessments.rubric import Rubric, read_rubric
from exams.grading.scores import UnitResult


class AlreadyFinal(lifecycle.TransitionRefused):
    """The result is final already, by a second click or another member."""


class SecondApproverRequired(lifecycle.DomainError):
    """The committee requires that one member proposes and another finalises."""


class StaleProposal(lifecycle.DomainError):
    """The proposal is not the one that the member saw."""


def refuse_if_final(assessment: Assessment) -> None:
    """Raise `AlreadyFinal` when the result is final."""
    if assessment.status == Status.FINAL and assessment.final_at:
        at = date_format(timezone.localtime(assessment.final_at), "DATETIME_FORMAT")
        raise AlreadyFinal(f"Deze beoordeling is al definitief: vastgesteld door {assessment.final_by} op {at}.")


def propose(*, assessment: Assessment, by: User, exam_office_email: str, version: int | None = None) -> FinalProposal:
    """Propose the current result for another member to make final (dual control).

    Again by the same member replaces the address. Raises as `finalise` does without a result, and
    `SecondApproverRequired` when another member proposed it already.
    """
    with lifecycle.locked(assessment, version=version) as current:
        refuse_if_final(current)
        lifecycle.refuse_own(current.student, by=by)
        _final_result(current)
        before = current.valid_proposal()
        if before and before.by != by:
            raise SecondApproverRequired(f"{before.by} heeft deze beoordeling al voorgedragen; u kunt die nu afronden.")
        proposal = FinalProposal.objects.create(
            assessment=current, by=by, version=current.version, exam_office_email=exam_office_email
        )
        Assessment.objects.filter(pk=current.pk).update(proposed_version=current.version)
        lifecycle.record(current, kind=Event.Kind.FINAL_PROPOSED, by=by, exam_office=exam_office_email)
    return proposal


def finalise(
    *,
    assessment: Assessment,
    by: User,
    exam_office_email: str,
    version: int | None = None,
    proposal: int | None = None,
    mail_student: bool = True,
) -> Document:
    """ASSESSED → FINAL: fix the result, mail the student, and have the PDF made and mailed to the exam office.

    One transaction; workers make the PDF and send the mails. A student who left is not mailed; without `mail_student`
    the caller calls `mail_students`. Raises `AlreadyFinal`
    when it is final, `TransitionRefused` from any other status than ASSESSED, `DomainError` while scores are in
    dispute or when `version` is outdated, `SecondApproverRequired` where the committee has four eyes and no other
    member proposed it, and `StaleProposal` when `proposal`, the id that the member saw, was replaced.
    """
    with lifecycle.locked(assessment, version=version) as current:
        refuse_if_final(current)
        lifecycle.refuse_own(current.student, by=by)
        rubric, unit = _final_result(current)
        proposed = _require_other_proposer(current, by, proposal)
        now = timezone.now()
        lifecycle.make_final(
            current, by=by, ovg=unit.ovg.value, grade=unit.grade, at=now, exam_office=exam_office_email
        )
        snapshot = results.snapshot(assessment=current, rubric=rubric, unit=unit)
        snapshot["final"] = {"at": timezone.localtime(now).isoformat(), "by": by.full_name}
        if proposed:
            snapshot["final"]["proposed_by"] = proposed.by.full_name
        mails.drop_unsent(assessment=current, kind="result_withdrawn_student")
        if mail_student:
            mail_students(assessments=[current], by=by)
        return documents.request_document(assessment=current, result=snapshot, exam_office_email=exam_office_email)


def mail_students(*, assessments: Iterable[Assessment], by: User) -> None:
    """Queue one mail to each student with a final result among `assessments`; one who left is not mailed."""
    by_student: dict[int, list[Assessment]] = {}
    for assessment in assessments:
        if assessment.status == Status.FINAL and not assessment.student_left:
            by_student.setdefault(assessment.student_id, []).append(assessment)
    for of_student in by_student.values():
        mails.queue_final_to_student(assessments=of_student, by=by)


def _final_result(current: Assessment) -> tuple[Rubric, UnitResult]:
    """Return the rubric and its result; raise as `finalise` does without one."""
    rubric = read_rubric(current)
    outcome = results.outcome(rubric)
    if outcome.disputed:
        count = outcome.dispute_count
        raise lifecycle.DomainError(
            f"Examinatoren zijn het niet eens over {count} {'criterium' if count == 1 else 'criteria'}; "
            "beslis daarover bij ‘Bewerken’, of stuur de beoordeling terug."
        )
    if outcome.unit is None:
        raise lifecycle.TransitionRefused("Nog niet alle criteria hebben een score.")
    if current.status != Status.ASSESSED:
        raise lifecycle.TransitionRefused("Nog niet alle onderdelen zijn afgerond.")
    if without := corrections.unjustified(rubric):
        where = ", ".join(f"{part.part.work_process.code} {part.part}" for part in without)
        raise lifecycle.DomainError(f"Bij een O of een G is een onderbouwing verplicht; die ontbreekt bij {where}.")
    return rubric, outcome.unit


def _require_other_proposer(current: Assessment, by: User, shown: int | None) -> FinalProposal | None:
    """Return another member's valid proposal; None where the committee does not require one."""
    if not current.committee.four_eyes:
        return None
    proposal = current.valid_proposal()
    if proposal is None:
        raise SecondApproverRequired(
            "Bij deze school draagt eerst een lid van de commissie voor, en rondt een ander af."
        )
    if proposal.by == by:
        raise SecondApproverRequired(
            "U hebt deze beoordeling zelf voorgedragen; een ander lid van de commissie rondt die af."
        )
    if shown is not None and shown != proposal.pk:
        refuse_stale_proposal(proposal)
    return proposal


def refuse_stale_proposal(proposal: FinalProposal) -> NoReturn:
    raise StaleProposal(f"{proposal.by} heeft deze beoordeling intussen opnieuw voorgedragen. Kijk die na.")
