"""The examiner's form: reading a post, saving for now, completing (source text, part B)."""

import pytest
from django.db import transaction
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments import form, lifecycle
from assessments.models import Event, Score, Status
from assessments.rubric import read_rubric
from committee.finalise import finalise
from exams.models import Part, WorkProcess
from tests.factories import first_unit, make_exam
from tests.steps import assess, choose, fill_in, send_invitation, start_assessment


def own_rubric(invitation):
    return read_rubric(invitation.assessment, contact=invitation.contact)


def filled_in(rubric, score="V", text=""):
    """What a browser posts for the whole form."""
    post = QueryDict(mutable=True)
    for column in rubric.columns:
        post[f"version-{column.assignment.pk}"] = str(column.assignment.version)
        post[column.justification_field] = text
        for _, name, _ in column.lines:
            post[name] = score
    return post


def post_form(invitation, post):
    """Saves a post as the view does."""
    return form.save(invitation=invitation, entries=form.read_entries(post, own_rubric(invitation)))


def texts(invitation):
    return [column.assignment.justification for column in own_rubric(invitation).columns]


# --- Reading a post ------------------------------------------------------------------------------
def test_line_ends_of_browsers_and_nul_bytes_are_cleaned(invitation):
    post_form(invitation, filled_in(own_rubric(invitation), text="Eerst\r\ndan\x00 dit\r\n"))
    assert texts(invitation) == ["Eerst\ndan dit\n"] * 4


@pytest.mark.parametrize("version", ["", "-1", "1.0", "²", "٣", "x", "9" * 5000, " 1"])
def test_version_that_is_none_is_stale_and_no_error(version, invitation):
    rubric = own_rubric(invitation)
    post = filled_in(rubric, text="Getypt.")
    for column in rubric.columns:
        post[f"version-{column.assignment.pk}"] = version
    assert [conflict.entry.justification for conflict in post_form(invitation, post)] == ["Getypt."] * 4


@pytest.mark.parametrize("value", ["", "v", "X", "OV", "\x00", "1"])
def test_score_that_is_none_is_no_score(value, invitation):
    post_form(invitation, filled_in(own_rubric(invitation), score=value))
    assert not Score.objects.exists()


def test_longest_justification_is_20000_characters(invitation):
    rubric = own_rubric(invitation)
    fits = form.read_entries(filled_in(rubric, text="€" * 20_000), rubric)
    assert form.too_long(fits, rubric) == []
    too_long = form.too_long(form.read_entries(filled_in(rubric, text="€" * 20_001), rubric), rubric)
    assert [problem.field_id for problem in too_long] == [column.justification_field for column in rubric.columns]
    assert too_long[0].text == "B1-K1-W1 Gedragsobservatie: de onderbouwing is langer dan 20000 tekens"


def test_line_ends_count_once(invitation):
    rubric = own_rubric(invitation)
    entries = form.read_entries(filled_in(rubric, text="\r\n" * 20_000), rubric)
    assert form.too_long(entries, rubric) == []


def test_score_of_another_part_s_criterion_is_ignored(invitation):
    rubric = own_rubric(invitation)
    first, second = rubric.columns[:2]
    foreign = QueryDict(mutable=True)
    foreign[first.score_field(second.criteria[0])] = "G"
    foreign[f"version-{first.assignment.pk}"] = "0"
    assert post_form(invitation, foreign) == []
    assert not Score.objects.exists()


def test_another_examiner_s_part_is_out_of_reach(assessment, examiner, second_examiner):
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
def test_no_post_whatever_is_an_error(invitation, data):
    names = list(filled_in(own_rubric(invitation)))
    with transaction.atomic():
        post_form(invitation, data.draw(st.dictionaries(st.sampled_from(names) | st.text(), st.text())))
        transaction.set_rollback(True)


# --- Saving for now ------------------------------------------------------------------------------
def test_first_save_makes_it_in_progress_under_the_examiner_s_name(invitation):
    post_form(invitation, filled_in(own_rubric(invitation)))
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.IN_PROGRESS
    event = invitation.assessment.events.last()
    assert (event.kind, event.actor_name, event.actor) == (Event.Kind.SAVED, "Erik Examinator", None)


def test_posted_twice_saves_once_and_is_no_conflict(invitation):
    post = filled_in(own_rubric(invitation), score="G", text="Getypt.")
    assert post_form(invitation, post) == []
    before = invitation.assessment.events.count()
    assert post_form(invitation, post) == []
    assert invitation.assessment.events.count() == before
    assert texts(invitation) == ["Getypt."] * 4


def test_saving_nothing_new_moves_nothing(invitation):
    rubric = own_rubric(invitation)
    form.save(invitation=invitation, entries=form.read_entries(QueryDict(""), rubric))
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.INVITED


def test_own_text_can_be_emptied_again(invitation):
    fill_in(invitation, "V", "Toch niet nodig.")
    post_form(invitation, filled_in(own_rubric(invitation), text=""))
    assert texts(invitation) == [""] * 4


def test_stale_part_is_given_back_with_both_texts_and_the_others_are_saved(invitation):
    rubric = own_rubric(invitation)
    phone, computer = filled_in(rubric, text=""), filled_in(rubric, score="G", text="Op de computer.")
    first = rubric.columns[0]
    phone[first.justification_field] = "Op de telefoon."
    for column in rubric.columns[1:]:
        for _, name, _ in column.lines:
            del phone[name]
    post_form(invitation, phone)
    [conflict] = post_form(invitation, computer)
    assert conflict.column.assignment == first.assignment
    assert conflict.column.assignment.justification == "Op de telefoon."
    assert conflict.entry.justification == "Op de computer."
    assert conflict.rows == [(criterion.text, "V", "G") for criterion in first.criteria]
    assert texts(invitation) == ["Op de telefoon.", *["Op de computer."] * 3]


DEVICES = st.sampled_from(["phone", "computer"])
STEPS = st.one_of(
    st.tuples(st.just("open"), DEVICES),
    st.tuples(st.just("save"), DEVICES, st.text("ab", max_size=2), st.sampled_from(["", "O", "V", "G"])),
    st.tuples(st.just("repeat"), DEVICES),
)


@given(st.lists(STEPS, max_size=10))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples // 4)
def test_saves_from_two_devices_keep_every_text_or_give_it_back(invitation, steps):
    """Opened, saved and sent again in any order: a save never overwrites what its device had not seen."""
    with transaction.atomic():
        now = own_rubric(invitation)
        seen, sent = {"phone": now, "computer": now}, {}
        for step, device, *typed in steps:
            if step == "open":
                seen[device] = now
                continue
            if step == "save":
                text, score = typed
                sent[device] = filled_in(seen[device], score=score, text=text)
            if device in sent:
                before = now
                conflicts = form.save(invitation=invitation, entries=form.read_entries(sent[device], before))
                now = own_rubric(invitation)
                check_nothing_lost(before, sent[device], conflicts, now)
        transaction.set_rollback(True)


def check_nothing_lost(before, post, conflicts, after):
    returned = {conflict.column.assignment.pk: conflict for conflict in conflicts}
    for was, now in zip(before.columns, after.columns, strict=True):
        pk, text = was.assignment.pk, post[was.justification_field]
        up_to_date = post[f"version-{pk}"] == str(was.assignment.version)
        if pk in returned:
            assert not up_to_date
            assert returned[pk].entry.justification == text
            assert (now.assignment.justification, now.scores) == (was.assignment.justification, was.scores)
        else:
            posted = {criterion.pk: post[name] for criterion, name, _ in was.lines if post[name]}
            assert now.assignment.justification == text
            assert now.scores == {**was.scores, **posted}
            assert up_to_date or was.assignment.justification == text


def test_part_that_became_someone_else_s_gives_the_typed_text_back(invitation, second_examiner):
    opened = filled_in(own_rubric(invitation), text="Nog maar net getypt.")
    work_process = WorkProcess.objects.get(core_task__unit=invitation.assessment.unit, code="B1-K1-W2")
    choose(invitation.assessment, second_examiner, work_process=work_process)
    conflicts = post_form(invitation, opened)
    assert [conflict.column.title for conflict in conflicts] == [
        "B1-K1-W2 Gedragsobservatie",
        "B1-K1-W2 Productbeoordeling",
    ]
    assert all(conflict.column.assignment.removed_at for conflict in conflicts)
    assert [conflict.entry.justification for conflict in conflicts] == ["Nog maar net getypt."] * 2
    assert texts(invitation) == ["Nog maar net getypt."] * 2


# --- Completing ----------------------------------------------------------------------------------
def missing(invitation):
    with pytest.raises(form.Incomplete) as incomplete:
        form.complete(invitation=invitation)
    return [item.text for item in incomplete.value.missing]


def test_all_v_needs_no_justification(invitation):
    fill_in(invitation, "V", "")
    assert form.complete(invitation=invitation) is True
    invitation.assessment.refresh_from_db()
    assert invitation.assessment.status == Status.ASSESSED


def test_missing_scores_are_listed_in_the_form_s_order(invitation):
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


def test_what_is_missing_points_to_its_field(invitation):
    rubric = own_rubric(invitation)
    column = rubric.columns[0]
    post = filled_in(rubric, score="G", text="Goed.")
    post[column.justification_field] = ""
    del post[column.score_field(column.criteria[1])]
    post_form(invitation, post)
    with pytest.raises(form.Incomplete) as incomplete:
        form.complete(invitation=invitation)
    score_field = column.score_field(column.criteria[1])
    assert [item.field_id for item in incomplete.value.missing] == [f"{score_field}-O", column.justification_field]


def test_completed_twice_is_said_once(invitation):
    fill_in(invitation, "V")
    assert form.complete(invitation=invitation) is True
    assert form.complete(invitation=invitation) is False
    assert invitation.assessment.events.filter(kind=Event.Kind.COMPLETED).count() == 1


def test_one_examiner_of_two_completes_own_parts_alone(assessment, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    mine, other = (send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    assess(mine)
    assert mine.assessment.status == Status.IN_PROGRESS
    assert not assessment.assignments.filter(contact=second_examiner, completed_at__isnull=False).exists()
    assess(other)
    assert other.assessment.status == Status.ASSESSED


def test_nobody_sees_the_other_s_scores_in_the_own_form(assessment, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    mine, other = (send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    assess(mine, "G")
    assert {column.assignment.contact for column in own_rubric(other).columns} == {second_examiner}
    assert own_rubric(other).scored_count == 0


def test_late_autosave_of_the_same_is_no_conflict_and_of_other_values_is(invitation):
    post = filled_in(own_rubric(invitation), score="G", text="Zo is het.")
    post_form(invitation, post)
    form.complete(invitation=invitation)
    assert post_form(invitation, post) == []
    other = filled_in(own_rubric(invitation), score="O", text="Toch niet.")
    assert [conflict.entry.justification for conflict in post_form(invitation, other)] == ["Toch niet."] * 4
    assert texts(invitation) == ["Zo is het."] * 4
    assert not Score.objects.exclude(value="G").exists()


def test_late_autosave_after_final_is_given_back(invitation, committee_member):
    assessment = assess(invitation)
    finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
    late = post_form(invitation, filled_in(own_rubric(invitation), text="Nagekomen."))
    assert [conflict.entry.justification for conflict in late] == ["Nagekomen."] * 4
    assert texts(invitation) == [""] * 4


def test_refused_form_shows_what_was_typed(invitation):
    rubric = own_rubric(invitation)
    form.overlay(rubric, form.read_entries(filled_in(rubric, score="O", text="Net getypt."), rubric))
    assert {column.assignment.justification for column in rubric.columns} == {"Net getypt."}
    assert rubric.scored_count == rubric.criteria_count == 8


def test_nothing_to_complete_for_who_has_no_part(invitation, second_examiner):
    choose(invitation.assessment, second_examiner)
    with pytest.raises(form.Incomplete):
        form.complete(invitation=invitation)


def test_examiner_of_one_part_sees_that_part_alone(assessment, examiner, second_examiner):
    part = Part.objects.filter(work_process__core_task__unit=assessment.unit).last()
    choose(assessment, examiner)
    choose(assessment, second_examiner, part=part)
    rubric = own_rubric(send_invitation(assessment, second_examiner))
    assert [sheet.part for sheet in rubric.parts] == [part]


def test_cancelled_meanwhile_is_refused(invitation, docent):
    opened = filled_in(own_rubric(invitation), text="Te laat.")
    lifecycle.cancel(assessment=invitation.assessment, by=docent, reason="Niet verschenen.", counts_as_attempt=True)
    with pytest.raises(lifecycle.TransitionRefused):
        post_form(invitation, opened)


# --- Reading -------------------------------------------------------------------------------------
@pytest.mark.parametrize("criteria", [1, 15])
def test_rubric_is_read_in_three_queries_whatever_its_size(
    criteria, django_assert_num_queries, student, docent, examiner, second_examiner
):
    assessment = start_assessment(student, first_unit(make_exam(criteria=criteria)), docent)
    choose(assessment, examiner, second_examiner)
    assess(send_invitation(assessment, examiner))
    with django_assert_num_queries(3):
        rubric = read_rubric(assessment)
        assert [item.text for item in rubric.missing]
        assert [str(column.assignment.contact) + column.title for column in rubric.columns]
        assert rubric.scored_count == 4 * criteria
        assert [sheet.work_process.title for task in rubric.core_tasks for sheet in task.work_processes]


@pytest.mark.parametrize("criteria", [1, 15])
def test_form_is_saved_in_the_same_queries_whatever_its_size(
    criteria, django_assert_max_num_queries, student, docent, examiner
):
    assessment = start_assessment(student, first_unit(make_exam(criteria=criteria)), docent)
    choose(assessment, examiner)
    invitation = send_invitation(assessment, examiner)
    rubric = own_rubric(invitation)
    entries = form.read_entries(filled_in(rubric, score="G", text="Getypt."), rubric)
    with django_assert_max_num_queries(13):  # the savepoint of the test and the first move to IN_PROGRESS among them
        assert form.save(invitation=invitation, entries=entries) == []
