"""What a rubric comes to, and the snapshot that the PDF is made from."""

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


def test_nothing_scored_is_all_open(assessment):
    found = outcome(assessment)
    assert (found.unit, found.open_count, found.dispute_count) == (None, 8, 0)


@pytest.mark.parametrize(("score", "grade"), [("O", "1.0"), ("V", "5.5"), ("G", "10.0")])
def test_one_examiner_decides_alone(score, grade, invitation):
    found = outcome(assess(invitation, score))
    assert (found.unit.ovg, found.unit.grade) == (score, Decimal(grade))
    assert (found.open_count, found.dispute_count) == (0, 0)


def test_one_o_makes_everything_o(invitation):
    fill_in(invitation, "G")
    rubric = read_uncorrected(invitation.assessment, contact=invitation.contact)
    column = rubric.columns[0]
    one_o = saving.Entry(base=column.base, justification="Vergat de jas.", scores={column.criteria[0].pk: "O"})
    saving.save(invitation=invitation, entries={column.assignment.pk: one_o})
    found = outcome(invitation.assessment)
    assert found.unit.ovg == "O"
    assert found.unit.grade == Decimal("5.4")


def test_two_who_agree_give_their_score(both):
    for invitation in both:
        assess(invitation, "G")
    assert outcome(both[0].assessment).unit.ovg == "G"


def test_two_who_differ_leave_it_in_dispute_without_a_result(both):
    fill_in(both[0], "V")
    fill_in(both[1], "V")
    part = Part.objects.filter(work_process__core_task__unit=both[0].assessment.unit)[0]
    fill_in(both[1], "G", parts=[part])
    found = outcome(both[0].assessment)
    assert (found.unit, found.open_count) == (None, 0)
    assert found.disputed == set(part.criteria.values_list("pk", flat=True))


def test_criterion_that_one_of_two_has_not_scored_is_open_and_no_dispute(both):
    fill_in(both[0], "O")
    found = outcome(both[0].assessment)
    assert (found.unit, found.open_count, found.dispute_count) == (None, 8, 0)


def test_part_that_nobody_assesses_is_open(assessment, examiner):
    parts = list(Part.objects.filter(work_process__core_task__unit=assessment.unit))
    for part in parts[1:]:
        choose(assessment, examiner, part=part)
    found = outcome(assess(send_invitation(assessment, examiner)))
    assert (found.unit, found.open_count) == (None, 2)


def test_who_was_taken_off_counts_no_more(both, docent):
    from assessments.coupling.couplings import Target, choose_examiners

    fill_in(both[0], "G")
    fill_in(both[1], "O")
    choose_examiners(
        assessment=both[0].assessment, target=Target(), contacts=[both[0].contact], by=docent, remove_begun=True
    )
    assert outcome(both[0].assessment).unit.ovg == "G"


def test_outcome_takes_the_same_queries_whatever_the_number_of_examiners(both, django_assert_num_queries):
    for invitation in both:
        assess(invitation)
    rubric = read_rubric(both[0].assessment)
    with django_assert_num_queries(3):  # unit, version, and the unit's shape
        results.outcome(rubric)


# --- The snapshot --------------------------------------------------------------------------------
def test_snapshot_says_who_what_and_how_as_plain_json(invitation, committee_member):
    assessment = assess(invitation, "G")
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    said = Document.objects.get().result
    assert json.loads(json.dumps(said)) == said
    assert said["school"] == "ROC Hier"
    assert said["student"] == {"name": "Anouk van 't Hoff", "number": "123456"}
    assert said["exam"]["title"] == "Verzorgende IG"
    assert said["unit"] == {"code": "B1", "title": "Eenheid 1"}
    assert (said["attempt"], said["initiator"]) == (1, "Dirk Docent")
    assert (said["result"]["ovg"], said["result"]["grade"]) == ("G", "10.0")
    assert said["final"]["by"] == "Carla Commissie"


def test_snapshot_holds_every_part_with_its_criteria_and_examiners(both, committee_member):
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


def test_snapshot_stays_when_the_student_s_name_changes(invitation, committee_member):
    assessment = assess(invitation)
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    user = assessment.student.user
    user.last_name = "Andersheet"
    user.save()
    assert Document.objects.get().result["student"]["name"] == "Anouk van 't Hoff"
