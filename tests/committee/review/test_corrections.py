"""'Bewerken' and 'Bekijk de bewerkhistorie': the pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from assessments import corrections
from assessments.corrections import Change, Changes
from assessments.coupling import couplings
from assessments.invitations.send_back import send_back
from assessments.models import Assessment, Correction, Invitation
from assessments.rubric import read_rubric
from committee.decisions.finalise import finalise
from committee.review.correction_form import ScoreField
from committee.review.correction_history import GONE, LEFT_OUT, SAME, WORTH, compare, shorten
from tests import steps

HIDDEN = re.compile(r'<input type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"')


def address(assessment: Assessment, name: str = "edit") -> str:
    return reverse(f"committee:{name}", args=[assessment.public_id])


def words(page: Any) -> str:
    return " ".join(page.content.decode().split())


def opened(member: Client, assessment: Assessment) -> dict[str, str]:
    """Return the post of an unchanged page, without the fields themselves."""
    return dict(HIDDEN.findall(member.get(address(assessment)).content.decode()))


def messages_of(page: Any) -> list[str]:
    return [str(message) for message in get_messages(page.wsgi_request)]


@pytest.fixture
def assessed(invitation: Invitation) -> Assessment:
    """With all G and a justification everywhere."""
    return steps.assess(invitation, "G")


@pytest.fixture
def fields(assessed: Assessment) -> dict[str, str]:
    """Return the names of the first criterion field and the first text field."""
    part = read_rubric(assessed).parts[0]
    return {"score": f"score-{part.criteria[0].pk}", "text": f"text-{part.columns[0].assignment.pk}"}


def test_change_is_saved_and_shown_with_its_reason(
    member: Client, assessed: Assessment, fields: dict[str, str]
) -> None:
    post = opened(member, assessed) | {fields["score"]: "V", f"reason-{fields['score']}": "Zie het procesverbaal."}
    page = member.post(address(assessed), post)
    assert page.status_code == 302
    assert messages_of(page) == ["1 wijziging opgeslagen."]
    shown = words(member.get(address(assessed, "afname")))
    assert "Examencommissie</th>" in shown
    assert "Zie het procesverbaal." in shown
    assert "Bekijk de bewerkhistorie" in shown
    assert "1 bewerking<" in shown


def test_history_icon_is_always_beside_the_slider(member: Client, assessed: Assessment) -> None:
    for page in ("afname", "edit"):
        assert "Bekijk de bewerkhistorie" in words(member.get(address(assessed, page)))


def test_unchanged_fields_are_no_corrections(member: Client, assessed: Assessment, fields: dict[str, str]) -> None:
    text = f"Onderbouwing van {assessed.invitations.get().contact}."
    post = opened(member, assessed) | {
        fields["score"]: "G",
        fields["text"]: text,
        f"reason-{fields['text']}": "Zomaar.",
    }
    assert messages_of(member.post(address(assessed), post)) == ["Er is niets gewijzigd."]
    assert not Correction.objects.exists()


def test_missing_reason_is_reported_and_input_is_kept(
    member: Client, assessed: Assessment, fields: dict[str, str]
) -> None:
    post = opened(member, assessed) | {fields["text"]: "Een <b>nieuwe</b>\r\ntekst.", fields["score"]: "O"}
    page = member.post(address(assessed), post)
    assert page.status_code == 200
    assert f'href="#reason-{fields["text"]}"' in words(page)
    assert f'href="#reason-{fields["score"]}"' in words(page)
    assert "Een &lt;b&gt;nieuwe&lt;/b&gt;\ntekst." in page.content.decode()
    assert re.search(rf'name="{fields["score"]}"\s+id="{fields["score"]}-O"\s+value="O"\s+checked', words(page))
    assert not Correction.objects.exists()


def test_errors_describe_their_fields(member: Client, assessed: Assessment, fields: dict[str, str]) -> None:
    reasons = {f"reason-{name}": "Besproken." for name in fields.values()}
    page = words(member.post(address(assessed), opened(member, assessed) | {fields["text"]: ""} | reasons))
    [field] = re.findall(rf'<textarea[^>]*id="{fields["text"]}"[^>]*>', page)
    assert f'aria-describedby="{fields["text"]}-problem"' in field
    assert re.search(rf'id="{fields["text"]}-problem">De onderbouwing is verplicht bij een O of een G\.<', page)
    page = words(member.post(address(assessed), opened(member, assessed) | {fields["score"]: "X"} | reasons))
    assert f'aria-describedby="{fields["score"]}-help {fields["score"]}-error"' in page
    assert re.search(rf'id="{fields["score"]}-error">Kies O, V of G\.<', page)


def test_second_member_sees_the_change_and_can_save(
    member: Client, assessed: Assessment, fields: dict[str, str], committee_member: User
) -> None:
    post = opened(member, assessed) | {fields["score"]: "V", f"reason-{fields['score']}": "Van de tweede."}
    rubric = read_rubric(assessed)
    first = {int(fields["text"].split("-")[1]): Change("Van de eerste.", "Schrijffout.")}
    corrections.correct(
        assessment=assessed, by=committee_member, changes=Changes({}, first), fingerprint=rubric.result_fingerprint
    )
    page = member.post(address(assessed), post)
    shown = words(page)
    assert "Intussen gewijzigd door Carla Commissie" in shown
    assert "Van de eerste.</textarea>" in shown
    assert 'value="Van de tweede."' in shown
    assert Correction.objects.count() == 1
    again = dict(HIDDEN.findall(page.content.decode()))
    member.post(address(assessed), post | again)
    assert set(Correction.objects.values_list("reason", flat=True)) == {"Schrijffout.", "Van de tweede."}


def test_repeated_post_is_saved_once(member: Client, assessed: Assessment, fields: dict[str, str]) -> None:
    post = opened(member, assessed) | {fields["score"]: "V", f"reason-{fields['score']}": "Eenmaal."}
    for _ in range(2):
        member.post(address(assessed), post)
    assert Correction.objects.count() == 1


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"fingerprint": "x", "score-99999999999999999999": "O"},
        {"score-1-2": "O", "text-": "x", "reason-score-1": "x"},
        {"score-999": "O", "reason-score-999": "Van een ander."},
    ],
)
def test_odd_posts_change_nothing(member: Client, assessed: Assessment, odd: dict[str, str]) -> None:
    assert member.post(address(assessed), odd).status_code in (200, 302)
    assert not Correction.objects.exists()


def test_final_result_is_not_edited(member: Client, assessed: Assessment, committee_member: User) -> None:
    finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
    for page in (member.get(address(assessed)), member.post(address(assessed), {})):
        assert messages_of(page)[-1] == "Deze beoordeling heeft de status ‘Definitief’ en kan nu niet worden bewerkt."
    assert "Bewerken" not in words(member.get(address(assessed, "afname")))


class TestHistory:
    def test_history_shows_who_changed_what_and_why(
        self, member: Client, assessed: Assessment, fields: dict[str, str]
    ) -> None:
        post = opened(member, assessed) | {
            fields["score"]: "V",
            f"reason-{fields['score']}": "Zie het procesverbaal.",
            fields["text"]: "Onderbouwing van de examinator.",
            f"reason-{fields['text']}": "Naam weg.",
        }
        member.post(address(assessed), post)
        shown = words(member.get(address(assessed, "correction_history")))
        assert shown.count("<strong>Carla Commissie</strong>") == 2
        for text in ("Zie het procesverbaal.", "Naam weg.", "B1-K1-W1 Werkproces 1"):
            assert text in shown
        assert '<del><span class="visually-hidden">weg: </span>Erik Examinator</del>' in shown
        assert '<ins><span class="visually-hidden">nieuw: </span>de examinator</ins>' in shown
        assert "geldt niet meer" not in shown

    def test_later_correction_replaces_the_earlier(
        self, member: Client, assessed: Assessment, fields: dict[str, str]
    ) -> None:
        for score in ("V", "O"):
            post = opened(member, assessed) | {fields["score"]: score, f"reason-{fields['score']}": f"Naar {score}."}
            if score == "O":
                post |= {fields["text"]: "Het was te weinig.", f"reason-{fields['text']}": "Bij de O."}
            member.post(address(assessed), post)
        assert words(member.get(address(assessed, "correction_history"))).count("geldt niet meer") == 1

    def test_empty_history_explains_itself(self, member: Client, assessed: Assessment) -> None:
        assert "Hier komt te staan" in words(member.get(address(assessed, "correction_history")))

    def test_removed_examiner_is_still_named(
        self, member: Client, assessed: Assessment, fields: dict[str, str], second_examiner: Any
    ) -> None:
        post = opened(member, assessed) | {fields["text"]: "Anders.", f"reason-{fields['text']}": "Schrijffout."}
        member.post(address(assessed), post)
        examiners = [invitation.contact for invitation in assessed.invitations.select_related("contact")]
        send_back(assessment=assessed, contacts=examiners, by=assessed.initiator, remark="Door een ander.")
        couplings.choose_examiners(
            assessment=assessed,
            target=couplings.Target(),
            contacts=[second_examiner],
            by=assessed.initiator,
            remove_begun=True,
        )
        shown = words(member.get(address(assessed, "correction_history")))
        assert "Onderbouwing van Erik Examinator" in shown
        assert "geldt niet meer" in shown


@given(st.text("ab ,\n", max_size=40), st.text("ab ,\n", max_size=40))
def test_comparing_keeps_all_text(before: str, after: str) -> None:
    pieces = list(compare(before, after))
    assert "".join(text for kind, text in pieces if kind != "new") == before
    assert "".join(text for kind, text in pieces if kind != "gone") == after


def test_very_long_texts_are_not_compared_word_by_word() -> None:
    assert next(compare("a " * 4000, "b " * 4000)) == (GONE, "a " * 4000)
    assert next(compare("een fout woord", "een goed woord")) == (SAME, "een ")


@given(
    st.lists(st.sampled_from(["a", "bb", " ", "\n", "woord " * 70, "w" * 400]), max_size=12), st.text("ab ", max_size=9)
)
def test_shortening_keeps_all_text(before: list[str], typed: str) -> None:
    pieces = list(compare("".join(before), "".join([*before[:4], typed, *before[5:]])))
    shorter = list(shorten(pieces))
    assert "".join(text for _, text in shorter) == "".join(text for _, text in pieces)
    changed = [(kind, text) for kind, text in pieces if kind != SAME]
    assert [(kind, text) for kind, text in shorter if kind not in (SAME, LEFT_OUT)] == changed
    assert all(len(text) <= WORTH for kind, text in shorter if kind == SAME)


def test_omitted_text_is_far_from_a_change() -> None:
    pieces = compare("begin " * 100 + "fout" + " einde" * 100, "begin " * 100 + "goed" + " einde" * 100)
    kinds, texts = zip(*shorten(list(pieces)), strict=True)
    assert kinds == (LEFT_OUT, SAME, GONE, "new", SAME, LEFT_OUT)
    assert texts[1].endswith("begin begin ")
    assert texts[4].startswith(" einde einde")


def test_long_text_is_shortened_and_available_in_full(
    member: Client, assessed: Assessment, committee_member: User
) -> None:
    for word in ("fout", "goed"):
        rubric = read_rubric(assessed)
        texts = {rubric.columns[0].assignment.pk: Change("Vooraf. " * 100 + word, "Schrijffout.")}
        corrections.correct(
            assessment=assessed,
            by=committee_member,
            changes=Changes({}, texts),
            fingerprint=rubric.result_fingerprint,
        )
    page = words(member.get(address(assessed, "correction_history")))
    assert "2 bewerkingen, de nieuwste bovenaan." in page
    newest = page.split("<li>")[-2].split('<p class="mb-1">')[1]
    short, whole = newest.split("<summary>De hele tekst</summary>")
    assert (short.count("Vooraf."), whole.count("Vooraf.")) == (14, 100)
    assert "fout</del>" in short


@pytest.mark.parametrize("name", ["edit", "correction_history", "afname"])
def test_query_count_is_constant_for_corrections(member: Client, assessed: Assessment, name: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert member.get(address(assessed, name)).status_code == 200
        return len(queries)

    for score in ("V", "G"):
        post = opened(member, assessed)
        for part in read_rubric(assessed).parts:
            for criterion in part.criteria:
                post |= {f"score-{criterion.pk}": score, f"reason-score-{criterion.pk}": "Daarom."}
        member.post(address(assessed), post)
        if score == "V":
            few = count()
    assert Correction.objects.count() == 16
    assert count() == few


def test_text_and_reason_are_cleaned(member: Client, assessed: Assessment, fields: dict[str, str]) -> None:
    typed = {fields["text"]: "Be\u202eter\u2028zo.", f"reason-{fields['text']}": "Ver\u202ekeerd\x85gelezen.\r\n"}
    member.post(address(assessed), opened(member, assessed) | typed)
    correction = Correction.objects.get()
    assert (correction.after, correction.reason) == ("Beter\nzo.", "Verkeerd\ngelezen.")


@pytest.mark.parametrize(
    ("by_examiner", "is_undecided"),
    [
        ([], True),  # the last examiner was removed
        ([("Erik", "")], True),
        ([("Erik", "V"), ("Tineke", "G")], True),
        ([("Erik", "V"), ("Tineke", "V")], False),
    ],
)
def test_decision_can_be_undone_where_no_score_counts(by_examiner: list[tuple[str, str]], is_undecided: bool) -> None:
    assert ScoreField(name="score-1", was="", value="", by_examiner=by_examiner).is_undecided is is_undecided
