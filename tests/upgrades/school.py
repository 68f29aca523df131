"""The data of a release: a school with an assessment in each state."""

from __future__ import annotations

from accounts.models import Role
from assessments.models import CancelKind, Status
from committee.decisions import cancel, finalise
from tests import steps
from tests.factories import (
    AccountExamFactory,
    ContactFactory,
    ExamOfficeFactory,
    MembershipFactory,
    SchoolFactory,
    first_unit,
    make_exam,
    member,
)


def load() -> None:
    """Fill the empty database."""
    school, exam = SchoolFactory(name="ROC Eerder"), make_exam(title="Verzorgende IG")
    docent = member(school, Role.DOCENT, exam, email="docent@eerder.test")
    committee = member(school, Role.EXAMENCOMMISSIE, email="commissie@eerder.test")
    member(school, Role.SCHOOLBEHEER, email="beheer@eerder.test")
    office = ExamOfficeFactory(school=school)
    for status in Status:
        student = MembershipFactory(school=school, user__last_name=status.value.title())
        AccountExamFactory(user=student.user, exam=exam)
        assessment = steps.start_assessment(student, first_unit(exam), docent)
        examiner = ContactFactory(school=school, last_name=f"Van {status.value.title()}")
        if status == Status.NEW:
            continue
        steps.choose(assessment, examiner)
        if status == Status.CANCELLED:
            cancel.cancel(assessment=assessment, by=committee, kind=CancelKind.NO_SHOW, reason="Niet verschenen.")
            continue
        invitation = steps.send_invitation(assessment, examiner)
        if status == Status.IN_PROGRESS:
            steps.fill_in(invitation, "G", "Zij vroeg door waar dat nodig was.")
        if status in (Status.ASSESSED, Status.FINAL):
            steps.assess(invitation, "G")
        if status == Status.FINAL:
            finalise.finalise(assessment=assessment, by=committee, exam_office_email=office.email)
