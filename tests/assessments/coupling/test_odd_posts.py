"""Posts that no page offers, and posts from stale pages."""

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments import links
from assessments.rubric import read_uncorrected
from exams.models import WorkProcess
from tests.steps import choose, fill_in

NO_NUMBERS = ["", "²", "-1", "1e3", "9" * 5000, "x", "1 OR 1=1"]


@pytest.fixture
def teacher(client, docent):
    client.force_login(docent)
    return client


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_non_numeric_student_is_ignored(text, teacher, unit):
    page = reverse("assessments:choose_student", args=[unit.pk])
    answer = teacher.post(page, {"erbij": text, "eraf": text, "verder": "1"}, follow=True)
    assert answer.status_code == 200
    assert answer.context["chosen"] == []


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_non_numeric_examiner_or_version_changes_nothing(text, teacher, assessment, examiner):
    choose(assessment, examiner)
    page = reverse("assessments:take_over", args=[assessment.public_id])
    assert teacher.post(page, {"examinator": text, f"versie-{assessment.pk}": text}).status_code == 302
    assert assessment.couplings.get().contact == examiner


def test_removed_contact_stays_chosen(teacher, assessment, examiner, second_examiner):
    choose(assessment, examiner)
    examiner.removed_at = timezone.now()
    examiner.save()
    ticked = {"examinator": [examiner.pk, second_examiner.pk], f"versie-{assessment.pk}": assessment.version}
    teacher.post(reverse("assessments:take_over", args=[assessment.public_id]), ticked)
    assert {coupling.contact for coupling in assessment.couplings.all()} == {examiner, second_examiner}


def test_removed_contact_is_not_chosen(teacher, assessment, examiner):
    examiner.removed_at = timezone.now()
    examiner.save()
    ticked = {"examinator": [examiner.pk], f"versie-{assessment.pk}": assessment.version}
    teacher.post(reverse("assessments:take_over", args=[assessment.public_id]), ticked)
    assert not assessment.couplings.exists()


def test_text_for_a_reassigned_part_is_shown(client, invitation, second_examiner):
    client.get(reverse("assessments:open_link", args=[links.token_for(invitation=invitation)]))
    fill_in(invitation, "V")
    columns = read_uncorrected(invitation.assessment, contact=invitation.contact).columns
    post = {f"base-{column.assignment.pk}": str(column.base) for column in columns}
    post |= {column.justification_field: f"Getypt bij {column.title}." for column in columns}
    remove_from_second_work_process(invitation.assessment, second_examiner)
    answer = client.post(reverse("assessments:save", args=[invitation.public_id]), post)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "B1-K1-W2 Gedragsobservatie beoordeelt u niet meer" in page
    for column in columns:
        assert f"Getypt bij {column.title}." in page


def remove_from_second_work_process(assessment, instead):
    from assessments.coupling.couplings import Target, choose_examiners

    work_process = WorkProcess.objects.get(core_task__unit=assessment.unit, code="B1-K1-W2")
    choose_examiners(
        assessment=assessment,
        target=Target(work_process=work_process),
        contacts=[instead],
        by=assessment.initiator,
        remove_begun=True,
    )
