"""The criteria on the examiner's form: own fields and scores, and links to missing ones."""

import re

import pytest
from django.template.loader import render_to_string

from assessments.rubric import Column, read_uncorrected
from tests.steps import choose, fill_in, send_invitation


def first_column(invitation) -> Column:
    return read_uncorrected(invitation.assessment, contact=invitation.contact).columns[0]


def criteria(column: Column, **context: object) -> str:
    return render_to_string("assessments/examiner/_form_criteria.html", {"lines": column.lines, **context})


def points(column: Column) -> str:
    return render_to_string("assessments/examiner/_form_points.html", {"lines": column.lines, "part": column.title})


def test_each_examiner_sees_own_fields_and_scores(assessment, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    both = send_invitation(assessment, examiner), send_invitation(assessment, second_examiner)
    fill_in(both[0], "G", "Sterk")
    for invitation, checked, hidden in ((both[0], 2, 2), (both[1], 0, 0)):
        column = first_column(invitation)
        html = criteria(column) + points(column)
        assert set(re.findall(r"score-([0-9]+)-", html)) == {str(column.assignment.pk)}
        assert (len(re.findall(r"\bchecked\b", html)), len(re.findall(r"(?<!-)\bhidden\b", html))) == (checked, hidden)


def test_scores_are_shown_at_their_criteria(invitation):
    column = first_column(invitation)
    column.stored_scores = {column.criteria[0].pk: "O", column.criteria[1].pk: "V"}
    checked = re.findall(r'id="(score-[^"]*)"[^>]*\bchecked\b', criteria(column))
    assert checked == [f"{column.score_field(column.criteria[0])}-O", f"{column.score_field(column.criteria[1])}-V"]


def test_missing_score_is_marked(invitation):
    column = first_column(invitation)
    wrong = {column.score_field(column.criteria[0]): "Kies"}
    assert criteria(column, wrong=wrong).count("aria-invalid") == 1
    assert "aria-invalid" not in criteria(column)


@pytest.mark.parametrize("text", ["text", "meaning_o", "meaning_v", "meaning_g"])
def test_criterion_texts_are_escaped(invitation, text):
    column = first_column(invitation)
    setattr(column.criteria[0], text, "<b>Anders</b>")
    assert "&lt;b&gt;Anders&lt;/b&gt;" in criteria(column)
