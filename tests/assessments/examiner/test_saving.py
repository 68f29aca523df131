"""The examiner's form: reading a post, saving and completing (source text, part B)."""

import pytest
from django.db import transaction
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments import lifecycle
from assessments.examiner import saving
from assessments.models import Assignment, Event, Score, Status
from assessments.rubric import read_rubric, read_uncorrected
from committee.decisions.finalise import finalise
from exams import criteria_cache
from exams.models import CoreTask, Criterion, Part, WorkProcess
from tests.factories import first_unit, make_exam
from tests.steps import assess, choose, fill_in, send_invitation, start_assessment


def own_rubric(invitation):
    return read_uncorrected(invitation.assessment, contact=invitation.contact)


def filled_in(rubric, score="V", text=""):
    """Return the post of the whole form."""
    post = QueryDict(mutable=True)
    for column in rubric.columns:
        post[f"base-{column.assignment.pk}"] = str(column.base)
        post[column.justification_field] = text
        for _, name, _ in column.lines:
            post[name] = score
    return post


def post_form(invitation, post):
    """Save a post as the view does."""
    return saving.save_post(invitation=invitation, post=post).conflicts


def texts(invitation):
    return [column.assignment.justification for column in own_rubric(invitation).columns]


# --- Reading a post ------------------------------------------------------------------------------
def test_line_ends_and_nul_bytes_are_cleaned(invitation):
    post_form(invitation, filled_in(own_rubric(invitation), text="Eerst\r\ndan\x00 dit\r\n"))
    assert texts(invitation) == ["Eerst\ndan dit\n"] * 4


def test_text_direction_overrides_are_removed(invitation):
    post_form(invitation, filled_in(own_rubric(invitation), text="Go\u202eed\x85ge\u2028daan, Zoe\u0308."))
    assert texts(invitation) == ["Goed\nge\ndaan, Zoë."] * 4


@pytest.mark.parametrize("completed", [False, True])
def test_uncleaned_stored_text_is_no_conflict(completed, invitation):
    """The open page posts the text as it is stored."""
    fill_in(invitation, "V", "Goed gedaan.")
    Assignment.objects.update(justification=RawSQL("%s", ["Goed\u2028gedaan.\u202e"]))
    rubric = own_rubric(invitation)
    post = filled_in(rubric, text="Goed\u2028gedaan.\u202e")
    if completed:
        saving.complete(invitation=invitation)
    assert post_form(invitation, post) == []


def test_page_with_cleaned_characters_saves_again(invitation):
    """Its next save has the old base: the answer with the cleaned text may be lost."""
    post = filled_in(own_rubric(invitation), text="Eerst\u2028dit\u202e")
    post["page"], post["save-number"] = "0123456789abcdef", "1"
    assert post_form(invitation, post) == []
    for column in own_rubric(invitation).columns:
        post[column.justification_field] = "Eerst\u2028dit\u202e en dan dat"
    post["save-number"] = "2"
    assert post_form(invitation, post) == []
    assert texts(invitation) == ["Eerst\ndit en dan dat"] * 4


@pytest.mark.parametrize("base", ["", "-1", "²", "x", "9" * 5000, " -", "- ٣V", "- 1X", f"- {'9' * 5000}V"])
def test_invalid_base_overwrites_nothing(base, invitation):
    fill_in(invitation, "V", "Staat er al.", parts=[own_rubric(invitation).columns[0].assignment.part])
    rubric = own_rubric(invitation)
    post = filled_in(rubric, score="G", text="Getypt.")
    for column in rubric.columns:
        post[f"base-{column.assignment.pk}"] = base
    [conflict] = post_form(invitation, post)
    assert (conflict.justification, set(conflict.scores.values())) == ("Getypt.", {"G"})
    assert texts(invitation) == ["Staat er al.", *["Getypt."] * 3]


@pytest.mark.parametrize("value", ["", "v", "X", "OV", "\x00", "1"])
def test_invalid_score_is_ignored(value, invitation):
    post_form(invitation, filled_in(own_rubric(invitation), score=value))
    assert not Score.objects.exists()


def test_longest_justification_is_20000_characters(invitation):
    rubric = own_rubric(invitation)
    assert saving.save_post(invitation=invitation, post=filled_in(rubric, text="€" * 20_000)).too_long == []
    rubric = own_rubric(invitation)
    saved = saving.save_post(invitation=invitation, post=filled_in(rubric, score="G", text="€" * 20_001))
    assert [problem.field_id for problem in saved.too_long] == [c.justification_field for c in rubric.columns]
    assert saved.too_long[0].text == "B1-K1-W1 Gedragsobservatie: de onderbouwing is langer dan 20000 tekens"
    assert texts(invitation) == ["€" * 20_000] * 4  # and the scores beside it are saved
    assert Score.objects.filter(value="G").count() == 8
    assert {column.justification for column in saved.rubric.columns} == {"€" * 20_001}
    shorter = filled_in(saved.rubric, score="G", text="Korter.")
    assert post_form(invitation, shorter) == []


def test_line_ends_count_as_one_character(invitation):
    post = filled_in(own_rubric(invitation), text="\r\n" * 20_000)
    assert saving.save_post(invitation=invitation, post=post).too_long == []


def test_score_of_another_part_is_ignored(invitation):
    rubric = own_rubric(invitation)
    first, second = rubric.columns[:2]
    foreign = QueryDict(mutable=True)
    foreign[first.score_field(second.criteria[0])] = "G"
    foreign[f"base-{first.assignment.pk}"] = str(first.base)
    assert post_form(invitation, foreign) == []
    assert not Score.objects.exists()


def test_part_of_another_examiner_cannot_be_changed(assessment, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    mine, other = (send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    assert post_form(mine, filled_in(own_rubric(other), score="O", text="Van een ander.")) == []
    assert texts(other) == [""] * 4
    assert not Score.objects.exists()


def test_truncated_post_deletes_nothing(invitation):
    fill_in(invitation, "G", "Staat er al.")
    whole = filled_in(own_rubric(invitation), score="G", text="Staat er al.")
    for kept_fields in range(len(whole)):
        cut = QueryDict(mutable=True)
        for name in list(whole)[:kept_fields]:
            cut[name] = whole[name]
        assert post_form(invitation, cut) == []
    assert texts(invitation) == ["Staat er al."] * 4
    assert Score.objects.filter(value="G").count() == 8


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples // 4)
def test_arbitrary_posts_raise_no_error(invitation, data):
    names = list(filled_in(own_rubric(invitation)))
    with transaction.atomic():
        post_form(invitation, data.draw(st.dictionaries(st.sampled_from(names) | st.text(), st.text())))
        transaction.set_rollback(True)


# --- Saving --------------------------------------------------------------------------------------
def test_first_save_by_the_examiner_makes_it_in_progress(invitation):
    post_form(invitation, filled_in(own_rubric(invitation)))
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.IN_PROGRESS
    event = invitation.assessment.events.last()
    assert (event.kind, event.actor_name, event.actor) == (Event.Kind.SAVED, "Erik Examinator", None)


def test_double_submit_saves_once_without_conflict(invitation):
    post = filled_in(own_rubric(invitation), score="G", text="Getypt.")
    assert post_form(invitation, post) == []
    before = invitation.assessment.events.count()
    assert post_form(invitation, post) == []
    assert invitation.assessment.events.count() == before
    assert texts(invitation) == ["Getypt."] * 4


def test_unchanged_save_changes_no_status(invitation):
    post_form(invitation, QueryDict(""))
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.INVITED


def test_own_text_can_be_cleared(invitation):
    fill_in(invitation, "V", "Toch niet nodig.")
    post_form(invitation, filled_in(own_rubric(invitation), text=""))
    assert texts(invitation) == [""] * 4


def test_conflicting_field_returns_both_texts_and_saves_others(invitation):
    rubric = own_rubric(invitation)
    phone, computer = filled_in(rubric, text=""), filled_in(rubric, score="G", text="Op de computer.")
    first = rubric.columns[0]
    phone[first.justification_field] = "Op de telefoon."
    for column in rubric.columns[1:]:
        for _, name, _ in column.lines:
            del phone[name]
    del phone[first.score_field(first.criteria[1])]
    post_form(invitation, phone)
    [conflict] = post_form(invitation, computer)
    assert conflict.column.assignment == first.assignment
    assert conflict.column.assignment.justification == "Op de telefoon."
    assert conflict.justification == "Op de computer."
    assert conflict.rows == [(first.criteria[0].text, "V", "G")]
    assert texts(invitation) == ["Op de telefoon.", *["Op de computer."] * 3]
    assert Score.objects.filter(value="G").count() == 7


def test_field_changed_on_another_device_is_kept(invitation):
    opened = own_rubric(invitation)
    post_form(invitation, filled_in(opened, score="G", text="Op de telefoon."))
    untouched = filled_in(opened, score="", text="")
    first = opened.columns[0]
    untouched[first.score_field(first.criteria[0])] = "G"
    assert post_form(invitation, untouched) == []
    assert texts(invitation) == ["Op de telefoon."] * 4


def test_devices_in_different_fields_do_not_conflict(invitation):
    opened = own_rubric(invitation)
    first = opened.columns[0]
    phone, computer = filled_in(opened, score=""), filled_in(opened, score="")
    phone[first.justification_field] = "Op de telefoon."
    computer[first.score_field(first.criteria[0])] = "G"
    assert post_form(invitation, phone) == post_form(invitation, computer) == []
    now = own_rubric(invitation).columns[0]
    assert (now.assignment.justification, now.scores) == ("Op de telefoon.", {first.criteria[0].pk: "G"})


def test_reassigned_part_returns_the_typed_text(invitation, second_examiner):
    opened = filled_in(own_rubric(invitation), text="Nog maar net getypt.")
    work_process = WorkProcess.objects.get(core_task__unit=invitation.assessment.unit, code="B1-K1-W2")
    choose(invitation.assessment, second_examiner, work_process=work_process)
    conflicts = post_form(invitation, opened)
    assert [conflict.column.title for conflict in conflicts] == [
        "B1-K1-W2 Gedragsobservatie",
        "B1-K1-W2 Productbeoordeling",
    ]
    assert all(conflict.column.assignment.removed_at for conflict in conflicts)
    assert [conflict.justification for conflict in conflicts] == ["Nog maar net getypt."] * 2
    assert texts(invitation) == ["Nog maar net getypt."] * 2


# --- Completing ----------------------------------------------------------------------------------
def missing(invitation):
    with pytest.raises(saving.Incomplete) as incomplete:
        saving.complete(invitation=invitation)
    return [item.text for item in incomplete.value.missing]


def test_all_v_needs_no_justification(invitation):
    fill_in(invitation, "V", "")
    assert saving.complete(invitation=invitation) is True
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.ASSESSED


def test_missing_scores_are_listed_in_form_order(invitation):
    rubric = own_rubric(invitation)
    post = filled_in(rubric)
    del post[rubric.columns[0].score_field(rubric.columns[0].criteria[1])]
    del post[rubric.columns[3].score_field(rubric.columns[3].criteria[0])]
    post_form(invitation, post)
    assert missing(invitation) == [
        "B1-K1-W1 Gedragsobservatie: criterium 2 heeft nog geen score",
        "B1-K1-W2 Productbeoordeling: criterium 1 heeft nog geen score",
    ]
    assert not invitation.assessment.assignments.filter(completed_at__isnull=False).exists()


@pytest.mark.parametrize("score", ["O", "G"])
@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_o_or_g_needs_a_justification(score, text, invitation):
    rubric = own_rubric(invitation)
    post = filled_in(rubric, text=text)
    second = rubric.columns[1]
    post[second.score_field(second.criteria[0])] = score
    post_form(invitation, post)
    assert missing(invitation) == ["B1-K1-W1 Productbeoordeling: de onderbouwing is verplicht bij een O of een G"]


def test_missing_items_have_their_field_id(invitation):
    rubric = own_rubric(invitation)
    column = rubric.columns[0]
    post = filled_in(rubric, score="G", text="Goed.")
    post[column.justification_field] = ""
    del post[column.score_field(column.criteria[1])]
    post_form(invitation, post)
    with pytest.raises(saving.Incomplete) as incomplete:
        saving.complete(invitation=invitation)
    score_field = column.score_field(column.criteria[1])
    assert [item.field_id for item in incomplete.value.missing] == [f"{score_field}-O", column.justification_field]


def test_completing_twice_is_logged_once(invitation):
    fill_in(invitation, "V")
    assert saving.complete(invitation=invitation) is True
    assert saving.complete(invitation=invitation) is False
    assert invitation.assessment.events.filter(kind=Event.Kind.COMPLETED).count() == 1


def test_examiner_completes_own_parts_only(assessment, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    mine, other = (send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    assess(mine)
    assert mine.assessment.status == Status.IN_PROGRESS
    assert not assessment.assignments.filter(contact=second_examiner, completed_at__isnull=False).exists()
    assess(other)
    assert other.assessment.status == Status.ASSESSED


def test_form_hides_scores_of_other_examiners(assessment, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    mine, other = (send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    assess(mine, "G")
    assert {column.assignment.contact for column in own_rubric(other).columns} == {second_examiner}
    assert own_rubric(other).scored_count == 0


def test_late_autosave_conflicts_only_with_other_values(invitation):
    post = filled_in(own_rubric(invitation), score="G", text="Zo is het.")
    post_form(invitation, post)
    saving.complete(invitation=invitation)
    assert post_form(invitation, post) == []
    other = filled_in(own_rubric(invitation), score="O", text="Toch niet.")
    assert [conflict.justification for conflict in post_form(invitation, other)] == ["Toch niet."] * 4
    assert texts(invitation) == ["Zo is het."] * 4
    assert not Score.objects.exclude(value="G").exists()


def test_late_autosave_after_final_returns_the_text(invitation, committee_member):
    assessment = assess(invitation)
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    late = post_form(invitation, filled_in(own_rubric(invitation), text="Nagekomen."))
    assert [conflict.justification for conflict in late] == ["Nagekomen."] * 4
    assert texts(invitation) == [""] * 4


def test_examiner_without_parts_has_nothing_to_complete(invitation, second_examiner):
    choose(invitation.assessment, second_examiner)
    with pytest.raises(saving.Incomplete):
        saving.complete(invitation=invitation)


def test_examiner_of_one_part_sees_only_that_part(assessment, examiner, second_examiner):
    part = Part.objects.filter(work_process__core_task__unit=assessment.unit).last()
    choose(assessment, examiner)
    choose(assessment, second_examiner, part=part)
    rubric = own_rubric(send_invitation(assessment, second_examiner))
    assert [sheet.part for sheet in rubric.parts] == [part]


def test_save_after_cancelling_is_refused(invitation, docent):
    opened = filled_in(own_rubric(invitation), text="Te laat.")
    lifecycle.cancel(assessment=invitation.assessment, by=docent, reason="Niet verschenen.", counts_as_attempt=True)
    with pytest.raises(lifecycle.TransitionRefused):
        post_form(invitation, opened)


# --- Reading -------------------------------------------------------------------------------------
@pytest.mark.parametrize("criteria", [1, 15])
def test_query_count_of_the_rubric_is_constant(
    criteria, django_assert_num_queries, student, docent, examiner, second_examiner
):
    assessment = start_assessment(student, first_unit(make_exam(criteria=criteria)), docent)
    choose(assessment, examiner, second_examiner)
    assess(send_invitation(assessment, examiner))
    criteria_cache.clear()
    with django_assert_num_queries(3):
        read_uncorrected(assessment)
    with django_assert_num_queries(2):
        rubric = read_uncorrected(assessment)
        assert [item.text for item in rubric.missing]
        assert [str(column.assignment.contact) + column.title for column in rubric.columns]
        assert rubric.scored_count == 4 * criteria
        assert [sheet.work_process.title for task in rubric.core_tasks for sheet in task.work_processes]
    with django_assert_num_queries(3):
        read_rubric(assessment)


@pytest.mark.parametrize("whose", ["everyone's", "the examiner's own"])
def test_rubric_follows_the_exam_order(whose, student, docent, examiner):
    exam = make_exam(core_tasks=2, published=False)
    for model in (CoreTask, WorkProcess, Part, Criterion):
        for piece in model.objects.filter(**{f"{model.version_path}__exam": exam}):
            piece.position = 100 - piece.position
            piece.save()
    exam.versions.get().publish()
    assessment = start_assessment(student, first_unit(exam), docent)
    choose(assessment, examiner)
    rubric = read_uncorrected(assessment, contact=None if whose == "everyone's" else examiner)
    shown = [criterion.pk for part in rubric.parts for criterion in part.criteria]
    assert shown == sorted(shown, reverse=True)
    assert len(shown) == 16


@pytest.mark.parametrize("criteria", [1, 15])
def test_query_count_of_saving_is_constant(criteria, django_assert_max_num_queries, student, docent, examiner):
    assessment = start_assessment(student, first_unit(make_exam(criteria=criteria)), docent)
    choose(assessment, examiner)
    invitation = send_invitation(assessment, examiner)
    rubric = own_rubric(invitation)
    post = filled_in(rubric, score="G", text="Getypt.")
    with django_assert_max_num_queries(12):  # the savepoint of the test and the first move to IN_PROGRESS among them
        assert post_form(invitation, post) == []


def test_cleared_score_is_removed(invitation):
    fill_in(invitation, "V", "Klopt.")
    rubric = own_rubric(invitation)
    assert post_form(invitation, filled_in(rubric, score="", text="Klopt.")) == []
    assert not Score.objects.exists()
    assert own_rubric(invitation).scored_count == 0


def test_score_of_completed_part_is_not_cleared(invitation):
    opened = own_rubric(invitation)
    fill_in(invitation, "V", "Klopt.")
    saving.complete(invitation=invitation)
    conflicts = post_form(invitation, filled_in(opened, score="", text="Klopt."))
    assert conflicts == []
    conflicts = post_form(invitation, filled_in(own_rubric(invitation), score="", text="Klopt."))
    assert len(conflicts) == 4
    assert Score.objects.filter(value="V").count() == 8
