"""The text that justifies the effective O or G of a part (source text, part B), also after a decision."""

from __future__ import annotations

import pytest

from accounts.models import User
from addressbook.models import Contact
from assessments import corrections
from assessments.corrections import Change, Changes
from assessments.examiner import saving
from assessments.lifecycle import DomainError
from assessments.models import Assessment, Correction, Invitation
from assessments.rubric import PartSheet
from committee.decisions.finalise import finalise
from committee.review.review import read, warnings
from tests import steps

OTHER = "De onderbouwing is verplicht bij een O of een G; wat er staat hoort bij een andere score. Pas de tekst aan."
TEXT = "Anouk vergat bij beide taken om te controleren."


def first(assessment: Assessment) -> PartSheet:
    return read(assessment).rubric.parts[0]


def save(
    assessment: Assessment, by: User, *, score: str = "", text: str | None = None, column: int = 0, criterion: int = 0
) -> None:
    """Save 'Bewerken' for the first part: one criterion, one examiner's text, or both."""
    rubric = read(assessment).rubric
    part = rubric.parts[0]
    scores = {part.criteria[criterion].pk: Change(score, "Besproken.")} if score else {}
    texts = {} if text is None else {part.columns[column].assignment.pk: Change(text, "Besproken.")}
    changes = Changes(scores=scores, texts=texts)
    corrections.correct(assessment=assessment, by=by, changes=changes, fingerprint=rubric.result_fingerprint)


def short(assessment: Assessment, by: User) -> list[str]:
    return [line for line in warnings(read(assessment), by=by) if "woord" in line]


def problem(refused: pytest.ExceptionInfo[corrections.Refused]) -> str:
    [problem_text] = refused.value.problems.values()
    return problem_text


def texts(assessment: Assessment) -> list[str]:
    """Return the texts of the first part by last name."""
    return [column.effective_justification for column in first(assessment).columns]


@pytest.fixture
def with_text(disputed: Assessment) -> Assessment:
    """V by Erik without a text, G by Tineke with hers: in dispute."""
    assert texts(disputed) == ["", "Onderbouwing van Tineke Tweede."]
    return disputed


# --- Decisions -----------------------------------------------------------------------------------
def test_text_of_a_g_does_not_justify_an_o(with_text: Assessment, committee_member: User) -> None:
    with pytest.raises(corrections.Refused) as refused:
        save(with_text, committee_member, score="O")
    assert problem(refused) == OTHER
    assert not Correction.objects.exists()


def test_text_changed_with_the_decision_justifies_it(with_text: Assessment, committee_member: User) -> None:
    save(with_text, committee_member, score="O", text=TEXT)
    assert not corrections.unjustified(read(with_text).rubric)
    save(with_text, committee_member, score="O", criterion=1)  # of the same part: the text is about its O's
    assert not corrections.unjustified(read(with_text).rubric)


def test_earlier_wording_does_not_justify_a_later_decision(with_text: Assessment, committee_member: User) -> None:
    save(with_text, committee_member, text="Zonder schrijffout.", column=1)
    with pytest.raises(corrections.Refused) as refused:
        save(with_text, committee_member, score="O")
    assert problem(refused) == OTHER


def test_g_is_justified_by_its_examiner(with_text: Assessment, committee_member: User) -> None:
    save(with_text, committee_member, score="G")
    assert first(with_text).effective(first(with_text).criteria[0].pk).score == "G"


def test_g_without_a_text_is_not_justified(with_text: Assessment, committee_member: User) -> None:
    with pytest.raises(corrections.Refused):
        save(with_text, committee_member, score="G", text="", column=1)


def test_undone_decision_needs_the_original_text(invitation: Invitation, committee_member: User) -> None:
    """The restored G needs its text, which was removed with the decision."""
    assessment = steps.assess(invitation, "G")
    for number in (0, 1):
        save(assessment, committee_member, score="V", criterion=number)
    save(assessment, committee_member, text="")
    part = first(assessment)
    rubric = read(assessment).rubric
    changes = Changes(scores={part.criteria[0].pk: Change("", "Toch niet.")}, texts={})
    with pytest.raises(corrections.Refused):
        corrections.correct(
            assessment=assessment, by=committee_member, changes=changes, fingerprint=rubric.result_fingerprint
        )


def test_decided_o_without_a_text_is_not_finalised(with_text: Assessment, committee_member: User) -> None:
    """A decision from before, when another examiner's text was enough."""
    for part in read(with_text).rubric.parts:
        for criterion in part.criteria:
            Correction.objects.create(
                assessment=with_text,
                criterion=criterion,
                after="O",
                covers=part.scores_of(criterion.pk),
                reason="Besproken.",
                by=committee_member,
                by_name=committee_member.full_name,
            )
    assert len(corrections.unjustified(read(with_text).rubric)) == 4
    with pytest.raises(DomainError, match="onderbouwing verplicht"):
        finalise(assessment=with_text, by=committee_member, exam_office_email="bureau@hier.test")


# --- Warnings --------------------------------------------------------------------------------------
def test_one_word_for_an_o_is_a_warning(assessed: Assessment, committee_member: User) -> None:
    save(assessed, committee_member, score="O", text="x")
    assert short(assessed, committee_member) == [
        "B1-K1-W1 Gedragsobservatie: de onderbouwing van Erik Examinator telt 1 woord."
    ]


def test_part_corrected_to_v_needs_no_text(invitation: Invitation, committee_member: User) -> None:
    steps.fill_in(invitation, "G", "Prima!")
    saving.complete(invitation=invitation)
    assessment = invitation.assessment
    assessment.refresh_from_db()
    assert len(short(assessment, committee_member)) == 4
    for number in (0, 1):
        save(assessment, committee_member, score="V", criterion=number)
    assert len(short(assessment, committee_member)) == 3


def test_only_required_texts_are_counted(
    assessment: Assessment, examiner: Contact, second_examiner: Contact, committee_member: User
) -> None:
    """The text at a V is optional."""
    steps.choose(assessment, examiner, second_examiner)
    for contact, score, text in ((examiner, "V", "Prima!"), (second_examiner, "G", TEXT)):
        invitation = steps.send_invitation(assessment, contact)
        steps.fill_in(invitation, score, text)
        saving.complete(invitation=invitation)
    assessment.refresh_from_db()
    save(assessment, committee_member, score="G")
    assert short(assessment, committee_member) == []
    save(assessment, committee_member, score="O", text="x")  # and now it is
    assert len(short(assessment, committee_member)) == 1
