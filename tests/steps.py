"""The steps of an assessment, by the product's own functions, for tests that need a later state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse

from accounts.models import Membership, User
from addressbook.models import Contact
from assessments.coupling import couplings
from assessments.examiner import saving
from assessments.invitations import invite
from assessments.lifecycle import DomainError
from assessments.models import Assessment, Invitation, Selection
from assessments.rubric import read_uncorrected
from assessments.start import start
from exams.models import ExamUnit, Part, WorkProcess


def start_assessment(student: Membership, unit: ExamUnit, by: User) -> Assessment:
    """Start an assessment: NEW, without examiners."""
    return start.start(unit=unit, student=student, by=by)


def flow_url(name: str, assessments: Sequence[Assessment], by: User | None = None) -> str:
    """Return the URL of a page of the flow for these assessments together, selected by their initiator or `by`."""
    first, *_ = assessments
    pks = [assessment.pk for assessment in assessments]
    selection, _ = Selection.objects.get_or_create(
        owner=by or first.initiator, unit=first.unit, assessments=pks, students=[]
    )
    return reverse(f"assessments:{name}", args=[selection.public_id])


def choose(
    assessment: Assessment, *contacts: Contact, work_process: WorkProcess | None = None, part: Part | None = None
) -> None:
    """Choose `contacts` for the whole unit, a work process or a part."""
    target = couplings.Target(work_process=work_process, part=part)
    couplings.choose_examiners(assessment=assessment, target=target, contacts=contacts, by=assessment.initiator)
    assessment.refresh_from_db()


def invite_for_one(
    assessment: Assessment, contacts: Sequence[Contact], *, by: User, version: int | None = None, **more: Any
) -> list[Invitation]:
    """Invite for one student, and return the invitations; raise `DomainError` when refused."""
    versions = {} if version is None else {assessment.pk: version}
    outcome = invite.invite(assessments=[assessment], contacts=contacts, by=by, versions=versions, **more)
    if outcome.refused:
        raise DomainError(*outcome.refused)
    return list(Invitation.objects.filter(mail__in=outcome.mails))


def send_invitation(assessment: Assessment, contact: Contact, remark: str = "") -> Invitation:
    """Invite a chosen examiner."""
    [invitation] = invite_for_one(assessment, [contact], by=assessment.initiator, remark=remark)
    assessment.refresh_from_db()
    return invitation


def fill_in(
    invitation: Invitation,
    score: str = "V",
    justification: str | None = None,
    *,
    parts: Iterable[Part] | None = None,
) -> list[saving.Conflict]:
    """Save the same score for every criterion of the examiner's parts, or only of `parts`.

    A missing `justification` of an O or a G gets a default text, so that it can be completed.
    """
    rubric = read_uncorrected(invitation.assessment, contact=invitation.contact)
    part_ids = None if parts is None else {part.pk for part in parts}
    if justification is None:
        justification = "" if score == "V" else f"Onderbouwing van {invitation.contact}."
    entries = {
        column.assignment.pk: saving.Entry(
            base=column.base,
            justification=justification,
            scores={criterion.pk: score for criterion in column.criteria},
        )
        for column in rubric.columns
        if part_ids is None or column.assignment.part_id in part_ids
    }
    conflicts = saving.save(invitation=invitation, entries=entries).conflicts
    invitation.assessment.refresh_from_db()
    return conflicts


def assess(invitation: Invitation, score: str = "V") -> Assessment:
    """Fill in everything with `score` and complete it."""
    fill_in(invitation, score)
    saving.complete(invitation=invitation)
    invitation.assessment.refresh_from_db()
    return invitation.assessment
