"""`derive` and the assignments that follow from the teacher's choices."""

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments import lifecycle
from assessments.coupling import couplings
from assessments.coupling.couplings import Target, choose_examiners, derive
from assessments.models import Assignment, Event, Status
from exams.models import Part, WorkProcess
from tests.factories import ContactFactory, first_unit, make_exam
from tests.steps import assess, choose, fill_in, send_invitation


def naive(parts, choices):
    """Apply the rule of the source text to each part."""
    expected_pairs = {}
    for part, work_process in parts.items():
        of_part = {contact for w, p, contact in choices if p == part}
        of_work_process = {contact for w, p, contact in choices if p is None and w == work_process}
        of_unit = {contact for w, p, contact in choices if p is None and w is None}
        if of_part:
            expected_pairs[part] = of_part
        elif of_work_process:
            expected_pairs[part] = of_work_process
        else:
            expected_pairs[part] = of_unit
    return expected_pairs


@st.composite
def units_with_choices(draw):
    parts = draw(st.dictionaries(st.integers(0, 9), st.integers(100, 103), max_size=10))
    contacts = st.integers(1000, 1004)
    at_unit = st.tuples(st.none(), st.none(), contacts)
    at_work_process = st.tuples(st.integers(100, 104), st.none(), contacts)
    at_part = st.tuples(st.none(), st.integers(0, 10), contacts)
    return parts, draw(st.lists(st.one_of(at_unit, at_work_process, at_part), max_size=12))


@given(units_with_choices())
def test_derive_equals_the_naive_rule(case):
    parts, choices = case
    assert derive(parts=parts, choices=choices) == naive(parts, choices)


@given(units_with_choices(), st.randoms())
def test_derive_ignores_order_and_repetition(case, random):
    parts, choices = case
    shuffled = choices * 2
    random.shuffle(shuffled)
    assert derive(parts=parts, choices=shuffled) == derive(parts=parts, choices=choices)


def who_assesses(assessment):
    return {
        (row.part.work_process.code, row.part.kind): row.contact.last_name
        for row in assessment.live_assignments.select_related("part__work_process", "contact")
    }


def part_of(assessment, code, kind):
    return Part.objects.get(work_process__core_task__unit=assessment.unit, work_process__code=code, kind=kind)


def test_finest_level_with_a_choice_applies(assessment, examiner, second_examiner):
    third = ContactFactory(school=assessment.school, last_name="Derde")
    part = part_of(assessment, "B1-K1-W2", Part.Kind.PRODUCT)
    choose(assessment, examiner)
    choose(assessment, second_examiner, work_process=part.work_process)
    choose(assessment, third, part=part)
    assert who_assesses(assessment) == {
        ("B1-K1-W1", "BEHAVIOUR"): "Examinator",
        ("B1-K1-W1", "PRODUCT"): "Examinator",
        ("B1-K1-W2", "BEHAVIOUR"): "Tweede",
        ("B1-K1-W2", "PRODUCT"): "Derde",
    }


def test_removing_a_finer_choice_restores_the_coarser(assessment, examiner, second_examiner):
    work_process = WorkProcess.objects.get(core_task__unit=assessment.unit, code="B1-K1-W1")
    choose(assessment, examiner)
    choose(assessment, second_examiner, work_process=work_process)
    choose(assessment, work_process=work_process)
    assert set(who_assesses(assessment).values()) == {"Examinator"}


def test_whole_exam_choice_replaces_finer_ones_on_request(assessment, examiner, second_examiner):
    part = part_of(assessment, "B1-K1-W2", Part.Kind.PRODUCT)
    choose(assessment, second_examiner, part=part)
    choose(assessment, second_examiner, work_process=part.work_process)
    choose(assessment, examiner)
    assert who_assesses(assessment)["B1-K1-W2", "PRODUCT"] == "Tweede"
    replace = {"assessment": assessment, "contacts": [examiner], "by": assessment.initiator, "replace_finer": True}
    choose_examiners(**replace, target=Target(work_process=part.work_process))
    assert not assessment.couplings.filter(part=part).exists()
    assert assessment.couplings.filter(work_process=part.work_process).get().contact == examiner
    choose(assessment, second_examiner, part=part)
    choose_examiners(**replace, target=Target(part=part))
    assert assessment.couplings.count() == 3
    choose_examiners(**replace, target=Target())
    assert assessment.couplings.get().contact == examiner
    assert assessment.events.last().data["replaced_finer"] is True


def test_only_confirmed_examiners_are_removed(invitation, second_examiner):
    fill_in(invitation, "V")
    with pytest.raises(couplings.WorkWouldBeLost) as refused:
        choose(invitation.assessment, second_examiner)
    ids = [assignment.pk for assignment in refused.value.assignments]
    confirmed = {
        "assessment": invitation.assessment,
        "target": Target(),
        "contacts": [second_examiner],
        "by": invitation.assessment.initiator,
    }
    with pytest.raises(couplings.WorkWouldBeLost):
        choose_examiners(**confirmed, asked_about=ids[1:])
    choose_examiners(**confirmed, asked_about=ids)
    assert set(who_assesses(invitation.assessment).values()) == {"Tweede"}


def test_assignments_follow_couplings_and_keep_texts(assessment):
    contacts = ContactFactory.create_batch(3, school=assessment.school)

    @settings(max_examples=15)
    @given(data=st.data())
    def from_the_start(data):
        with transaction.atomic():
            walk_through_choices(assessment, contacts, data)
            transaction.set_rollback(True)

    from_the_start()


def walk_through_choices(assessment, contacts, data):
    """Make four choices at any level, with and without replacing finer ones, over begun and untouched work."""
    parts = list(Part.objects.filter(work_process__core_task__unit=assessment.unit).select_related("work_process"))
    work_processes = list(dict.fromkeys(part.work_process for part in parts))
    targets = [Target(), *(Target(work_process=w) for w in work_processes), *(Target(part=p) for p in parts)]
    written = set()
    for _ in range(4):
        target = data.draw(st.sampled_from(targets))
        chosen = data.draw(st.lists(st.sampled_from(contacts), unique=True, max_size=2))
        options = {"replace_finer": data.draw(st.booleans()), "remove_begun": data.draw(st.booleans())}
        before = set(assessment.couplings.values_list("contact", "work_process", "part"))
        try:
            with transaction.atomic():
                choose_examiners(
                    assessment=assessment, target=target, contacts=chosen, by=assessment.initiator, **options
                )
        except couplings.WorkWouldBeLost:
            assert not options["remove_begun"]
            assert set(assessment.couplings.values_list("contact", "work_process", "part")) == before
        choices = list(assessment.couplings.values_list("work_process", "part", "contact"))
        derived = derive(parts={part.pk: part.work_process_id for part in parts}, choices=choices)
        live = assessment.live_assignments.values_list("part", "contact")
        assert set(live) == {(part, contact) for part, of_part in derived.items() for contact in of_part}
        if begun := data.draw(st.sampled_from([None, *assessment.live_assignments])):
            Assignment.objects.filter(pk=begun.pk).update(justification="Zag ik.")
            written.add(begun.pk)
    assert set(assessment.assignments.filter(justification="Zag ik.").values_list("pk", flat=True)) == written


def test_two_whole_exam_examiners_get_every_part(assessment, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    assert assessment.live_assignments.count() == 8


def test_repeated_choice_changes_no_assignment(assessment, examiner):
    choose(assessment, examiner)
    before = set(assessment.assignments.values_list("pk", flat=True))
    choose(assessment, examiner)
    assert set(assessment.assignments.values_list("pk", flat=True)) == before


def test_contact_of_another_school_is_refused(assessment, other_school):
    with pytest.raises(ValueError, match="another school"):
        choose(assessment, ContactFactory(school=other_school))
    assert not assessment.couplings.exists()


def test_removed_contact_cannot_be_chosen_again(assessment, examiner, second_examiner):
    choose(assessment, examiner)
    for contact in (examiner, second_examiner):
        contact.removed_at = timezone.now()
        contact.save()
    with pytest.raises(lifecycle.DomainError, match="niet meer in het adresboek: Tineke Tweede"):
        choose(assessment, examiner, second_examiner)
    choose(assessment, examiner)
    assert set(who_assesses(assessment).values()) == {"Examinator"}


def test_second_teacher_with_a_stale_version_is_refused(assessment, docent, colleague, examiner, second_examiner):
    opened = {"assessment": assessment, "target": Target(), "version": assessment.version}
    choose_examiners(**opened, contacts=[examiner], by=docent)
    with pytest.raises(lifecycle.DomainError, match="Iemand anders"):
        choose_examiners(**opened, contacts=[second_examiner], by=colleague)
    assert set(who_assesses(assessment).values()) == {"Examinator"}


@pytest.mark.parametrize("end", ["FINAL", "CANCELLED"])
def test_closed_assessment_refuses_a_choice(end, assessed, docent, committee_member, second_examiner):
    close(assessed, end, by=committee_member)
    with pytest.raises(lifecycle.TransitionRefused):
        choose(assessed, second_examiner)
    assert not assessed.couplings.filter(contact=second_examiner).exists()


def close(assessment, end, *, by):
    from committee.decisions.finalise import finalise

    if end == "FINAL":
        finalise(assessment=assessment, by=by, exam_office_email="bureau@hier.test")
    else:
        lifecycle.cancel(assessment=assessment, by=by, reason="Niet verschenen.", counts_as_attempt=True)


def test_removing_examiner_without_work_withdraws_the_invitation(invitation, second_examiner):
    choose(invitation.assessment, second_examiner)
    assert set(who_assesses(invitation.assessment).values()) == {"Tweede"}
    invitation.refresh_from_db()
    assert invitation.withdrawn_at
    assert invitation.assessment.status == Status.NEW
    assert invitation.assessment.events.last().data["withdrawn"] == ["Erik Examinator"]


@pytest.mark.parametrize("begin", ["score", "text", "completed"])
def test_removing_begun_examiner_needs_confirmation(begin, invitation, second_examiner):
    if begin == "score":
        fill_in(invitation, "V")
    elif begin == "text":
        invitation.assessment.assignments.update(justification="Zag ik.")
    else:
        invitation.assessment.assignments.update(completed_at=timezone.now())
    with pytest.raises(couplings.WorkWouldBeLost) as refused:
        choose(invitation.assessment, second_examiner)
    assert "Erik Examinator" in str(refused.value)
    assert {a.contact for a in refused.value.assignments} == {invitation.contact}
    assert set(who_assesses(invitation.assessment).values()) == {"Examinator"}
    assert not invitation.assessment.couplings.filter(contact=second_examiner).exists()


def remove_examiner(assessment, *contacts):
    """Keep only `contacts` for the whole unit, with the removal confirmed."""
    choose_examiners(
        assessment=assessment, target=Target(), contacts=contacts, by=assessment.initiator, remove_begun=True
    )
    assessment.refresh_from_db()


def test_confirmed_removal_keeps_texts_and_is_logged(invitation, second_examiner):
    fill_in(invitation, "G", "Ging uit zichzelf op de bewoner af.")
    remove_examiner(invitation.assessment, second_examiner)
    kept = Assignment.objects.filter(contact=invitation.contact)
    assert {a.justification for a in kept} == {"Ging uit zichzelf op de bewoner af."}
    assert all(a.removed_at and a.scores.count() == 2 for a in kept)
    assert set(who_assesses(invitation.assessment).values()) == {"Tweede"}
    event = invitation.assessment.events.last()
    assert event.kind == Event.Kind.COUPLED
    assert len(event.data["removed"]) == 4
    assert "Erik Examinator: Productbeoordeling van B1-K1-W2 Werkproces 2" in event.data["removed"]


def test_examiner_chosen_again_has_the_old_answers(invitation, second_examiner):
    fill_in(invitation, "G", "Staat er nog.")
    remove_examiner(invitation.assessment, second_examiner)
    choose(invitation.assessment, invitation.contact, second_examiner)
    own = invitation.assessment.live_assignments.filter(contact=invitation.contact)
    assert {a.justification for a in own} == {"Staat er nog."}
    assert all(a.scores.count() == 2 for a in own)


def test_removing_last_unfinished_examiner_makes_it_assessed(assessment, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    done, unfinished = (send_invitation(assessment, contact) for contact in (examiner, second_examiner))
    assess(done)
    fill_in(unfinished, "O", "Nog niet klaar.")
    assert done.assessment.status == Status.IN_PROGRESS
    remove_examiner(assessment, examiner)
    assert assessment.status == Status.ASSESSED


def test_unassigned_part_keeps_the_assessment_in_progress(assessment, examiner, second_examiner):
    part = part_of(assessment, "B1-K1-W1", Part.Kind.BEHAVIOUR)
    for other in Part.objects.filter(work_process__core_task__unit=assessment.unit).exclude(pk=part.pk):
        choose(assessment, examiner, part=other)
    choose(assessment, second_examiner, part=part)
    send_invitation(assessment, second_examiner)
    assess(send_invitation(assessment, examiner))
    choose(assessment, part=part)
    assert assessment.status == Status.IN_PROGRESS


def test_examiner_added_after_assessed_makes_it_in_progress(assessed, examiner, second_examiner):
    choose(assessed, examiner, second_examiner)
    assert assessed.status == Status.IN_PROGRESS


def test_target_of_another_exam_is_not_found(assessment):
    part = Part.objects.filter(work_process__core_task__unit=first_unit(make_exam())).first()
    with pytest.raises(Part.DoesNotExist):
        couplings.get_target(assessment.unit_id, work_process_id=None, part_id=part.pk)
    with pytest.raises(WorkProcess.DoesNotExist):
        couplings.get_target(assessment.unit_id, work_process_id=part.work_process_id, part_id=None)


def test_target_has_a_label(assessment):
    part = part_of(assessment, "B1-K1-W1", Part.Kind.BEHAVIOUR)
    expected_pairs = [
        couplings.get_target(assessment.unit_id, work_process_id=None, part_id=part.pk),
        couplings.get_target(assessment.unit_id, work_process_id=part.work_process_id, part_id=None),
        couplings.get_target(assessment.unit_id, work_process_id=None, part_id=None),
    ]
    assert [target.level for target in expected_pairs] == [3, 2, 1]
    assert [str(target) for target in expected_pairs] == [
        "Gedragsobservatie van B1-K1-W1 Werkproces 1",
        "B1-K1-W1 Werkproces 1",
        "het hele examen",
    ]


def test_chosen_at_returns_that_level_only(assessment, examiner, second_examiner):
    work_process = WorkProcess.objects.get(core_task__unit=assessment.unit, code="B1-K1-W1")
    choose(assessment, examiner)
    choose(assessment, second_examiner, work_process=work_process)
    assert couplings.chosen_at(assessment, Target()) == [examiner]
    assert couplings.chosen_at(assessment, Target(work_process=work_process)) == [second_examiner]


def test_examiner_removed_from_some_parts_keeps_the_invitation(invitation, second_examiner):
    work_process = WorkProcess.objects.get(core_task__unit=invitation.assessment.unit, code="B1-K1-W1")
    choose(invitation.assessment, second_examiner, work_process=work_process)
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is None
    assert couplings.invitable(invitation.assessment) == [second_examiner]


def test_removed_uninvited_examiner_leaves_no_trace(assessment, examiner, second_examiner):
    choose(assessment, examiner)
    choose(assessment, second_examiner)
    assert not Assignment.objects.filter(contact=examiner).exists()
