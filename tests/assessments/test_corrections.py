"""'Bewerken': a decision of the committee counts until the examiners' answers change."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from addressbook.models import Contact
from assessments import corrections, lifecycle
from assessments.corrections import Change, Changes
from assessments.examiner import saving
from assessments.invitations import send_back
from assessments.models import Assessment, Assignment, Correction, Event, Invitation, Score
from assessments.results import outcome
from assessments.rubric import PartSheet, read_rubric
from committee.decisions.finalise import finalise
from committee.review.review import read
from tests import steps

REASON = "Overgenomen uit het procesverbaal."


def decide(
    assessment: Assessment,
    by: User,
    *,
    scores: dict[int, str] | None = None,
    texts: dict[int, str] | None = None,
    reason: str = REASON,
    seen: str | None = None,
) -> int:
    """Correct from a page opened now, or from one that saw `seen`."""
    changes = Changes(
        scores={pk: Change(value, reason) for pk, value in (scores or {}).items()},
        texts={pk: Change(value, reason) for pk, value in (texts or {}).items()},
    )
    seen = read_rubric(assessment).result_fingerprint if seen is None else seen
    return corrections.correct(assessment=assessment, by=by, changes=changes, fingerprint=seen)


def first_part(assessment: Assessment) -> PartSheet:
    return read_rubric(assessment).parts[0]


@pytest.fixture
def part(assessed: Assessment) -> PartSheet:
    """The first part of the assessment with all V and no justification."""
    return first_part(assessed)


@pytest.fixture
def disputed(assessment: Assessment, invitation: Invitation, second_examiner: Contact, examiner: Contact) -> Assessment:
    """Two examiners on every part: one gave V, the other G."""
    steps.choose(assessment, examiner, second_examiner)
    other = steps.send_invitation(assessment, second_examiner)
    steps.assess(invitation, "V")
    return steps.assess(other, "G")


def send_back_to(assessment: Assessment, *contacts: Contact, by: User) -> None:
    send_back.send_back(assessment=assessment, contacts=contacts, by=by, remark="Kijk nog eens.")


class TestAScore:
    def test_correction_counts_and_keeps_the_original(
        self, assessed: Assessment, part: PartSheet, committee_member: User
    ) -> None:
        [criterion, other] = part.criteria
        text = {part.columns[0].assignment.pk: "Anouk deed meer dan gevraagd."}
        assert decide(assessed, committee_member, scores={criterion.pk: "O"}, texts=text) == 2
        outcome_row = outcome(read_rubric(assessed))
        assert outcome_row.unit is not None
        assert outcome_row.unit.ovg == "O"
        assert set(Score.objects.values_list("value", flat=True)) == {"V"}
        assert set(Assignment.objects.values_list("justification", flat=True)) == {""}
        decision = first_part(assessed).decisions[criterion.pk]
        assert (decision.before, decision.after, decision.reason) == ("V", "O", REASON)
        assert decision.by_name == committee_member.full_name
        assert other.pk not in first_part(assessed).decisions

    def test_corrected_o_or_g_needs_a_justification(
        self, assessed: Assessment, part: PartSheet, committee_member: User
    ) -> None:
        with pytest.raises(corrections.Refused) as refused:
            decide(assessed, committee_member, scores={part.criteria[0].pk: "G"})
        [(where, problem)] = refused.value.problems.items()
        assert where == ("text", part.columns[0].assignment.pk)
        assert problem == "De onderbouwing is verplicht bij een O of een G."
        assert not Correction.objects.exists()

    def test_blank_justification_under_o_or_g_is_refused(self, invitation: Invitation, committee_member: User) -> None:
        assessed = steps.assess(invitation, "G")
        own = first_part(assessed).columns[0].assignment.pk
        with pytest.raises(corrections.Refused):
            decide(assessed, committee_member, texts={own: " \n"})

    @pytest.mark.parametrize("reason", ["", " \n\t", "x" * 1001])
    def test_correction_without_a_reason_is_not_saved(
        self, assessed: Assessment, part: PartSheet, committee_member: User, reason: str
    ) -> None:
        text = {part.columns[0].assignment.pk: "Goed."}
        with pytest.raises(corrections.Refused) as refused:
            decide(assessed, committee_member, texts=text, reason=reason)
        assert list(refused.value.problems) == [("text-reason", part.columns[0].assignment.pk)]
        assert not Correction.objects.exists()

    @pytest.mark.parametrize("value", ["X", "v", "GG"])
    def test_invalid_score_is_refused(
        self, assessed: Assessment, part: PartSheet, committee_member: User, value: str
    ) -> None:
        with pytest.raises(corrections.Refused) as refused:
            decide(assessed, committee_member, scores={part.criteria[0].pk: value})
        assert ("score", part.criteria[0].pk) in refused.value.problems

    def test_equal_value_is_no_correction(self, assessed: Assessment, part: PartSheet, committee_member: User) -> None:
        assert decide(assessed, committee_member, scores={part.criteria[0].pk: "V"}, reason="") == 0
        assert not Correction.objects.exists()
        assert not Event.objects.filter(kind=Event.Kind.CORRECTED).exists()

    def test_fields_of_another_assessment_are_ignored(self, assessed: Assessment, committee_member: User) -> None:
        assert decide(assessed, committee_member, scores={10**9: "O"}, texts={10**9: "Weg ermee."}) == 0

    def test_log_has_the_correction_without_scores(
        self, assessed: Assessment, part: PartSheet, committee_member: User
    ) -> None:
        decide(assessed, committee_member, texts={part.columns[0].assignment.pk: "Goed."})
        event = Event.objects.get(kind=Event.Kind.CORRECTED)
        assert (event.actor, event.data) == (committee_member, {"count": 1})


class TestADispute:
    def test_dispute_is_decided_per_criterion(self, disputed: Assessment, committee_member: User) -> None:
        rubric = read_rubric(disputed)
        criteria = [criterion.pk for part in rubric.parts for criterion in part.criteria]
        assert outcome(rubric).disputed == frozenset(criteria)
        decide(disputed, committee_member, scores=dict.fromkeys(criteria[1:], "V"))
        assert outcome(read_rubric(disputed)).disputed == {criteria[0]}
        with pytest.raises(lifecycle.DomainError, match="1 criterium"):
            finalise(assessment=disputed, by=committee_member, exam_office_email="bureau@hier.test")
        decide(disputed, committee_member, scores={criteria[0]: "G"})
        document = finalise(assessment=disputed, by=committee_member, exam_office_email="bureau@hier.test")
        criterion_result = document.result["core_tasks"][0]["work_processes"][0]["parts"][0]["criteria"][0]
        assert criterion_result["score"] == "G"
        assert criterion_result["correction"]["reason"] == REASON
        assert sorted(line["score"] for line in criterion_result["correction"]["given"]) == ["G", "V"]

    def test_decision_can_be_undone(self, disputed: Assessment, committee_member: User) -> None:
        criterion = first_part(disputed).criteria[0].pk
        decide(disputed, committee_member, scores={criterion: "V"})
        decide(disputed, committee_member, scores={criterion: ""})
        assert criterion in outcome(read_rubric(disputed)).disputed
        assert Correction.objects.count() == 2


class TestLapsing:
    def test_changed_answer_lapses_the_correction(
        self, disputed: Assessment, invitation: Invitation, examiner: Contact, committee_member: User
    ) -> None:
        criterion = first_part(disputed).criteria[0].pk
        decide(disputed, committee_member, scores={criterion: "V"})
        send_back_to(disputed, examiner, by=committee_member)
        invitation.refresh_from_db()
        disputed = steps.assess(invitation, "O")
        assert not first_part(disputed).decisions
        assert criterion in outcome(read_rubric(disputed)).disputed

    def test_unchanged_answer_keeps_the_correction(
        self, disputed: Assessment, invitation: Invitation, examiner: Contact, committee_member: User
    ) -> None:
        criterion = first_part(disputed).criteria[0].pk
        decide(disputed, committee_member, scores={criterion: "G"})
        send_back_to(disputed, examiner, by=committee_member)
        invitation.refresh_from_db()
        saving.complete(invitation=invitation)
        assert first_part(disputed).decisions[criterion].after == "G"

    def test_lapsed_correction_does_not_return(
        self, assessed: Assessment, part: PartSheet, invitation: Invitation, examiner: Contact, committee_member: User
    ) -> None:
        criterion, own = part.criteria[0].pk, part.columns[0].assignment.pk
        decide(assessed, committee_member, scores={criterion: "O"}, texts={own: "Te laat gemeld."})
        send_back_to(assessed, examiner, by=committee_member)
        invitation.refresh_from_db()
        assessed = steps.assess(invitation, "G")
        decide(assessed, committee_member, scores={criterion: "V"})
        send_back_to(assessed, examiner, by=committee_member)
        invitation.refresh_from_db()
        assessed = steps.assess(invitation, "V")
        assert not first_part(assessed).decisions

    def test_changed_text_lapses_its_correction(
        self, invitation: Invitation, examiner: Contact, committee_member: User
    ) -> None:
        assessed = steps.assess(invitation, "G")
        own = first_part(assessed).columns[0].assignment.pk
        decide(assessed, committee_member, texts={own: "Zonder schrijffout."})
        assert first_part(assessed).columns[0].effective_justification == "Zonder schrijffout."
        send_back_to(assessed, examiner, by=committee_member)
        invitation.refresh_from_db()
        steps.fill_in(invitation, "G", "Anders bij nader inzien.")
        saving.complete(invitation=invitation)
        assert first_part(assessed).columns[0].effective_justification == "Anders bij nader inzien."

    def test_added_examiner_lapses_the_correction(
        self,
        assessed: Assessment,
        part: PartSheet,
        examiner: Contact,
        second_examiner: Contact,
        committee_member: User,
    ) -> None:
        text = {part.columns[0].assignment.pk: "Te laat gemeld."}
        decide(assessed, committee_member, scores={part.criteria[0].pk: "O"}, texts=text)
        steps.choose(assessed, examiner, second_examiner)
        assert not first_part(assessed).decisions


class TestTwoMembers:
    def test_later_member_is_refused_without_saving(
        self, assessed: Assessment, part: PartSheet, committee_member: User
    ) -> None:
        seen = read_rubric(assessed).result_fingerprint
        own = part.columns[0].assignment.pk
        decide(assessed, committee_member, texts={own: "Van de eerste."}, seen=seen)
        with pytest.raises(corrections.ChangedMeanwhile):
            decide(assessed, committee_member, texts={own: "Van de tweede."}, seen=seen)
        assert Correction.objects.get().after == "Van de eerste."

    def test_correction_makes_the_finalising_page_stale(
        self, assessed: Assessment, part: PartSheet, committee_member: User
    ) -> None:
        read = Assessment.objects.get(pk=assessed.pk).version
        decide(assessed, committee_member, texts={part.columns[0].assignment.pk: "Goed."})
        with pytest.raises(lifecycle.DomainError, match="intussen gewijzigd"):
            finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test", version=read)


def test_only_assessed_assessments_can_be_corrected(
    assessed: Assessment, part: PartSheet, committee_member: User
) -> None:
    own = part.columns[0].assignment.pk
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    with pytest.raises(lifecycle.TransitionRefused, match="Definitief"):
        decide(assessed, committee_member, texts={own: "Te laat."})


def test_corrections_are_immutable(assessed: Assessment, part: PartSheet, committee_member: User) -> None:
    decide(assessed, committee_member, texts={part.columns[0].assignment.pk: "Goed."})
    correction = Correction.objects.get()
    with pytest.raises(PermissionDenied):
        correction.save()
    with pytest.raises(PermissionDenied):
        Correction.objects.update(after="Iets anders.")


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("decide"), st.integers(0, 1), st.sampled_from(["O", "V", "G", ""])),
        st.tuples(st.just("examiner"), st.sampled_from(["O", "V", "G"]), st.integers(0, 1)),
    ),
    max_size=8,
)


@given(done=STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_newest_current_decision_counts(done: list[Any], disputed: Assessment, committee_member: User) -> None:
    """Compare with a model: each decision stores the answers that it saw."""
    rubric = read_rubric(disputed)
    part = rubric.parts[0]
    Correction.objects.filter(assessment=disputed).delete()
    answers = {(column.assignment.pk, c.pk): column.scores[c.pk] for column in part.columns for c in part.criteria}
    decided: dict[int, tuple[str, list[str]]] = {}
    for kind, first, second in done:
        if kind == "decide":
            criterion = part.criteria[first].pk
            saw = [answers[column.assignment.pk, criterion] for column in part.columns]
            text = {part.columns[0].assignment.pk: f"Tekst {len(decided)} van {Correction.objects.count()}."}
            if decide(disputed, committee_member, scores={criterion: second}, texts=text) > 1:
                decided[criterion] = (second, saw)
        else:
            assignment = part.columns[second].assignment.pk
            for criterion in part.criteria:
                answers[assignment, criterion.pk] = first
            Score.objects.filter(assignment=assignment).update(value=first)
        now = first_part(disputed)
        for criterion in part.criteria:
            current_scores = [answers[column.assignment.pk, criterion.pk] for column in part.columns]
            expected, saw = decided.get(criterion.pk, ("", []))
            is_current = expected and saw == current_scores
            agreed = current_scores[0] if len(set(current_scores)) == 1 else ""
            assert now.effective_letter(criterion.pk) == (expected if is_current else agreed)


def test_o_with_a_lapsed_justification_is_not_finalised(
    invitation: Invitation, examiner: Contact, committee_member: User
) -> None:
    steps.fill_in(invitation, "V", "Goed gedaan.")
    saving.complete(invitation=invitation)
    assessment = invitation.assessment
    assessment.refresh_from_db()
    part = first_part(assessment)
    text = {part.columns[0].assignment.pk: "Bij nader inzien niet."}
    decide(assessment, committee_member, scores={part.criteria[0].pk: "O"}, texts=text)
    send_back_to(assessment, examiner, by=committee_member)
    invitation.refresh_from_db()
    steps.fill_in(invitation, "V", "")
    saving.complete(invitation=invitation)
    assessment.refresh_from_db()
    assert [part.part for part in corrections.unjustified(read_rubric(assessment))] == [first_part(assessment).part]
    assert not read(assessment).can_finalise
    with pytest.raises(lifecycle.DomainError, match="onderbouwing verplicht; die ontbreekt bij B1-K1-W1"):
        finalise(assessment=assessment, by=committee_member, exam_office_email="bureau@hier.test")
