"""What is drawn once shows nobody what is another's: `assessments.examiner.rendering`."""

import re

import pytest
from django.utils import translation

from assessments.examiner import rendering
from assessments.rubric import Column, read_uncorrected
from tests.steps import choose, fill_in, send_invitation


def first_column(invitation) -> Column:
    return read_uncorrected(invitation.assessment, contact=invitation.contact).columns[0]


def shown(column: Column) -> str:
    return rendering.draw_criteria(column) + rendering.draw_open_points(column)


def numbers(html: str) -> set[str]:
    """The assignments whose fields are in it."""
    return set(re.findall(r"score-([0-9]+)-", html))


@pytest.fixture
def both(assessment, examiner, second_examiner):
    choose(assessment, examiner, second_examiner)
    return send_invitation(assessment, examiner), send_invitation(assessment, second_examiner)


def test_two_examiners_of_a_part_each_see_the_own_fields_and_scores(both):
    fill_in(both[0], "G", "Sterk")
    first, second = (first_column(invitation) for invitation in both)
    for column, checked, hidden in ((first, 2, 2), (second, 0, 0), (first, 2, 2)):
        html = shown(column)
        assert numbers(html) == {str(column.assignment.pk)}
        assert (len(re.findall(r"\bchecked\b", html)), len(re.findall(r"\bhidden\b", html))) == (checked, hidden)


def test_each_score_stands_where_it_was_given(invitation):
    column = first_column(invitation)
    column.stored_scores = {column.criteria[0].pk: "O", column.criteria[1].pk: "V"}
    checked = re.findall(r'id="(score-[^"]*)"[^>]*\bchecked\b', rendering.draw_criteria(column))
    assert checked == [f"{column.score_field(column.criteria[0])}-O", f"{column.score_field(column.criteria[1])}-V"]


@pytest.mark.parametrize("text", ["text", "meaning_o", "meaning_v", "meaning_g"])
def test_another_text_under_the_same_number_is_drawn_anew(invitation, text):
    column = first_column(invitation)
    before = shown(column)
    setattr(column.criteria[1], text, "Een ander examen")
    assert "Een ander examen" not in before
    assert "Een ander examen" in shown(column)


def test_links_of_another_part_with_the_same_criteria_are_drawn_anew(invitation):
    column = first_column(invitation)
    before = rendering.draw_open_points(column)
    column.title = "B9-K9-W9 Productbeoordeling"
    assert "B9-K9-W9" not in before
    assert "B9-K9-W9" in rendering.draw_open_points(column)


def test_what_misses_a_score_is_marked_on_the_own_form_alone(both):
    first, second = (first_column(invitation) for invitation in both)
    wrong = {first.score_field(first.criteria[0])}
    assert rendering.draw_criteria(first, wrong=wrong).count("aria-invalid") == 1
    assert "aria-invalid" not in rendering.draw_criteria(second, wrong=wrong)
    assert "aria-invalid" not in rendering.draw_criteria(first)


def test_each_language_is_drawn_for_itself(invitation, monkeypatch):
    column = first_column(invitation)
    monkeypatch.setattr(rendering, "render_to_string", lambda *_: f"<p>{translation.get_language()}</p>")
    column.criteria[0].text = column.title = "Nergens anders getekend"
    rendering._drawn_words.cache_clear()
    try:
        for language in ("nl", "en", "nl"):
            with translation.override(language):
                drawings = (rendering.draw_criteria(column), rendering.draw_open_points(column), rendering.draw_words())
            assert drawings == (f"<p>{language}</p>",) * 3
    finally:
        rendering._drawn_words.cache_clear()


def test_texts_hold_no_marks_and_no_tags(invitation):
    column = first_column(invitation)
    criterion = column.criteria[0]
    criterion.text = f"<b>\ue000{criterion.pk}H\ue001</b>\ue000\ue001"
    column.title = f"<i>\ue000{criterion.pk}H\ue001\ue000\ue001</i>"
    column.stored_scores = {criterion.pk: "G"}
    html = shown(column)
    assert f"&lt;b&gt;{criterion.pk}H&lt;/b&gt;</p>" in html
    assert f"&lt;i&gt;{criterion.pk}H&lt;/i&gt;:" in html
    assert not re.search("[\ue000\ue001]|<[bi]>", html)
