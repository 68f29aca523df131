"""Visibility by status: the student sees progress before 'Definitief', and grade and PDF afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, User
from assessments import lifecycle
from assessments.models import Assessment, CancelKind, Document, Invitation, Status
from committee.decisions.finalise import finalise
from exams.models import ExamUnit
from tests import steps
from tests.pages import without_tokens

SCORED = "Uitstekend uitgelegd waarom."
# Texts that reveal a score, an examiner or a justification: grade and word of all G, and their CSS classes.
TELLING = ("10,0", "ovg-", "Goed", "Cijfer", "Uitstekend", "Erik", "documenten/", "Pdf")


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digibeoordelen.outbox.queue.announce", lambda pk: True)
    monkeypatch.setattr("digibeoordelen.jobs.models.run.delay", lambda label, pk: None)


@pytest.fixture
def assessed(invitation: Invitation, plain_pdf: None) -> Assessment:
    """ASSESSED with all G."""
    steps.fill_in(invitation, "G", SCORED)
    return steps.assess(invitation, "G")


def make_pdf(assessment: Assessment, by: User) -> Document:
    document = finalise(assessment=assessment, by=by, exam_office_email="bureau@hier.test")
    Document.objects.run(document.pk)
    return document


def student_pages(unit: ExamUnit) -> list[str]:
    work_process = unit.core_tasks.get().work_processes.all()[0]
    return [
        reverse("assessments:my_exams"),
        reverse("exams:my_digibib"),
        reverse("exams:exam", args=[unit.exam_version.exam_id]),
        reverse("exams:unit", args=[unit.pk]),
        reverse("exams:work_process", args=[work_process.pk]),
    ]


def until(assessment: Assessment, invitation: Invitation, by: User) -> dict[str, Callable[[], object]]:
    """Return the action that brings an invited assessment to each status before final."""
    return {
        "INVITED": lambda: None,
        "IN_PROGRESS": lambda: steps.fill_in(invitation, "G", SCORED),
        "ASSESSED": lambda: steps.assess(invitation, "G"),
        "CANCELLED": lambda: (
            steps.assess(invitation, "G"),
            lifecycle.cancel(
                assessment=assessment,
                by=by,
                kind=CancelKind.INVALID,
                reason="Oude versie.",
                counts_as_attempt=False,
            ),
        ),
        "withdrawn": lambda: (
            make_pdf(steps.assess(invitation, "G"), by),
            lifecycle.withdraw_final(assessment=assessment, by=by, reason="Te vroeg."),
        ),
    }


@pytest.mark.parametrize("state", ["INVITED", "IN_PROGRESS", "ASSESSED", "CANCELLED", "withdrawn"])
def test_student_page_sources_contain_no_score(
    client: Client, invitation: Invitation, student: Membership, unit: ExamUnit, committee_member: User, state: str
) -> None:
    assessment = invitation.assessment
    until(assessment, invitation, committee_member)[state]()
    assessment.refresh_from_db()
    assert assessment.status == ("ASSESSED" if state == "withdrawn" else state)
    client.force_login(student.user)
    for path in student_pages(unit):
        source = without_tokens(client.get(path).content.decode())
        explained = ("ovg-", "Goed") if path.startswith("/examens/") else ()  # the legend of the scores
        assert [word for word in TELLING if word in source and word not in explained] == []
    assert assessment.get_status_display() in client.get(reverse("assessments:my_exams")).content.decode()


@pytest.mark.parametrize("when", ["before it is made", "once it is withdrawn"])
def test_pdf_url_is_404_unless_the_result_is_current(
    client: Client, assessed: Assessment, student: Membership, docent: User, committee_member: User, when: str
) -> None:
    if when == "before it is made":
        document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    else:
        document = make_pdf(assessed, committee_member)
        lifecycle.withdraw_final(assessment=assessed, by=committee_member, reason="Te vroeg.")
    for user in (student.user, docent):
        client.force_login(user)
        assert client.get(reverse("assessments:document", args=[document.public_id])).status_code == 404


def test_initiator_sees_the_status_and_final_result(
    client: Client, assessed: Assessment, unit: ExamUnit, docent: User, committee_member: User
) -> None:
    client.force_login(docent)
    listed = reverse("assessments:unit_list", args=[unit.pk])
    before = client.get(listed).content.decode()
    assert "Beoordeeld" in before
    for word in ("10,0", "ovg-", "documenten/"):
        assert word not in before
    document = make_pdf(assessed, committee_member)
    after = client.get(listed).content.decode()
    for word in ("Definitief", "10,0", "ovg-G", reverse("assessments:document", args=[document.public_id])):
        assert word in after
    assert client.get(reverse("assessments:document", args=[document.public_id])).status_code == 200


def test_initiator_sees_the_cancel_reason(
    client: Client, assessed: Assessment, docent: User, committee_member: User
) -> None:
    lifecycle.cancel(
        assessment=assessed,
        by=committee_member,
        kind=CancelKind.NO_SHOW,
        reason="Was er niet.",
        counts_as_attempt=True,
    )
    assert Assessment.objects.get().status == Status.CANCELLED
    client.force_login(docent)
    page = " ".join(client.get(reverse("assessments:detail", args=[assessed.public_id])).content.decode().split())
    for text in ("Niet verschenen", "Was er niet.", "Deze poging telt mee."):
        assert text in page
