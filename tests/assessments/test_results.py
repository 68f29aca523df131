"""The outcome of a rubric, and the snapshot for the PDF."""

import json
from decimal import Decimal

import pytest

from assessments import results
from assessments.examiner import saving
from assessments.models import Document
from assessments.rubric import read_rubric, read_uncorrected
from committee.decisions.finalise import finalise
from exams.models import Part
from tests.steps import assess, choose, fill_in, send_invitation


def outcome(assessment):
    return results.outcome(read_rubric(assessment))


@pytest.fixture
def both(assessment, examiner, second_examiner):
    """Two examiners, each invited for the whole exam."""
    choose(assessment, examiner, second_examiner)
    return [send_invitation(assessment, contact) for contact in (examiner, second_examiner)]


def test_unscored_rubric_is_open(assessment):
    rubric_outcome = outcome(assessment)
    assert (rubric_outcome.unit, rubric_outcome.open_count, rubric_outcome.dispute_count) == (None, 8, 0)


@pytest.mark.parametrize(("score", "grade"), [("O", "1.0"), ("V", "5.5"), ("G", "10.0")])
def test_scores_of_one_examiner_decide(score, grade, invitation):
    rubric_outcome = outcome(assess(invitation, score))
    assert (rubric_outcome.unit.ovg, rubric_outcome.unit.grade) == (score, Decimal(grade))
    assert (rubric_outcome.open_count, rubric_outcome.dispute_count) == (0, 0)


def test_one_o_makes_the_result_o(invitation):
    fill_in(invitation, "G")
    rubric = read_uncorrected(invitation.assessment, contact=invitation.contact)
    column = rubric.columns[0]
    one_o = saving.Entry(base=column.base, justification="Vergat de jas.", scores={column.criteria[0].pk: "O"})
    saving.save(invitation=invitation, entries={column.assignment.pk: one_o})
    rubric_outcome = outcome(invitation.assessment)
    assert rubric_outcome.unit.ovg == "O"
    assert rubric_outcome.unit.grade == Decimal("5.4")


def test_agreeing_examiners_give_their_score(both):
    for invitation in both:
        assess(invitation, "G")
    assert outcome(both[0].assessment).unit.ovg == "G"


def test_disagreeing_examiners_give_a_dispute_without_result(both):
    fill_in(both[0], "V")
    fill_in(both[1], "V")
    part = Part.objects.filter(work_process__core_task__unit=both[0].assessment.unit)[0]
    fill_in(both[1], "G", parts=[part])
    rubric_outcome = outcome(both[0].assessment)
    assert (rubric_outcome.unit, rubric_outcome.open_count) == (None, 0)
    assert rubric_outcome.disputed == set(part.criteria.values_list("pk", flat=True))


def test_partly_scored_criterion_is_open_without_dispute(both):
    fill_in(both[0], "O")
    rubric_outcome = outcome(both[0].assessment)
    assert (rubric_outcome.unit, rubric_outcome.open_count, rubric_outcome.dispute_count) == (None, 8, 0)


def test_unassigned_part_is_open(assessment, examiner):
    parts = list(Part.objects.filter(work_process__core_task__unit=assessment.unit))
    for part in parts[1:]:
        choose(assessment, examiner, part=part)
    rubric_outcome = outcome(assess(send_invitation(assessment, examiner)))
    assert (rubric_outcome.unit, rubric_outcome.open_count) == (None, 2)


def test_removed_examiner_no_longer_counts(both, docent):
    from assessments.coupling.couplings import Target, choose_examiners

    fill_in(both[0], "G")
    fill_in(both[1], "O")
    choose_examiners(
        assessment=both[0].assessment, target=Target(), contacts=[both[0].contact], by=docent, remove_begun=True
    )
    assert outcome(both[0].assessment).unit.ovg == "G"


def test_query_count_is_constant_for_examiners(both, django_assert_num_queries):
    for invitation in both:
        assess(invitation)
    rubric = read_rubric(both[0].assessment)
    with django_assert_num_queries(3):  # unit, version, and the unit's shape
        results.outcome(rubric)


# --- The snapshot --------------------------------------------------------------------------------
def test_snapshot_is_plain_json_of_people_and_scores(invitation, committee_member):
    assessment = assess(invitation, "G")
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    snapshot = Document.objects.get().result
    assert json.loads(json.dumps(snapshot)) == snapshot
    assert snapshot["school"] == "ROC Hier"
    assert snapshot["student"] == {"name": "Anouk van 't Hoff", "number": "123456"}
    assert snapshot["exam"]["title"] == "Verzorgende IG"
    assert snapshot["unit"] == {"code": "B1", "title": "Eenheid 1"}
    assert (snapshot["attempt"], snapshot["initiator"]) == (1, "Dirk Docent")
    assert (snapshot["result"]["ovg"], snapshot["result"]["grade"]) == ("G", "10.0")
    assert snapshot["final"]["by"] == "Carla Commissie"


def test_snapshot_has_every_part_criterion_and_examiner(both, committee_member):
    for invitation in both:
        assess(invitation, "G")
    finalise(assessment=both[0].assessment, by=committee_member, exam_office_email="bureau@hier.test")
    [core_task] = Document.objects.get().result["core_tasks"]
    assert [process["code"] for process in core_task["work_processes"]] == ["B1-K1-W1", "B1-K1-W2"]
    for process in core_task["work_processes"]:
        assert [part["title"] for part in process["parts"]] == ["Gedragsobservatie", "Productbeoordeling"]
        for part in process["parts"]:
            assert [criterion["score"] for criterion in part["criteria"]] == ["G", "G"]
            assert [(e["name"], e["justification"]) for e in part["examiners"]] == [
                ("Erik Examinator", "Onderbouwing van Erik Examinator."),
                ("Tineke Tweede", "Onderbouwing van Tineke Tweede."),
            ]
            assert all(examiner["completed_at"] for examiner in part["examiners"])


def test_snapshot_keeps_a_changed_student_name(invitation, committee_member):
    assessment = assess(invitation)
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    user = assessment.student.user
    user.last_name = "Andersheet"
    user.save()
    assert Document.objects.get().result["student"]["name"] == "Anouk van 't Hoff"
