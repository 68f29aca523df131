"""'Meer tegelijk afronden': select, confirm and outcome."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import School, User
from addressbook.models import Contact
from assessments import corrections
from assessments.corrections import Change, Changes
from assessments.models import Assessment, Document, Status
from assessments.rubric import read_rubric
from committee.decisions.finalise import propose
from committee.models import FinalBatch
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory
from tests.factories import member as make_member

from .batch_steps import confirm, post_selection, read_answer, sent_by
from .batch_steps import tick as tick_all

OFFICE = "bureau@hier.test"
LIST = reverse("committee:afnames")
CONFIRMED = reverse("committee:make_many_final")


@pytest.fixture
def another(school: School, unit: ExamUnit, docent: User, examiner: Contact) -> Assessment:
    """Bart Boom's assessment, with all V."""
    student = MembershipFactory(school=school, student_number="777", user__first_name="Bart", user__last_name="Boom")
    assessment = steps.start_assessment(student, unit, docent)
    steps.choose(assessment, examiner)
    return steps.assess(steps.send_invitation(assessment, examiner))


def tick(*assessments: Assessment) -> dict[str, Any]:
    return tick_all(assessments, office=OFFICE)


def go_through(member: Client, *assessments: Assessment) -> str:
    return read_answer(member, confirm(member, tick(*assessments)))


def final(*assessments: Assessment) -> list[bool]:
    return [Assessment.objects.get(pk=a.pk).status == Status.FINAL for a in assessments]


def correct_by(by: User, assessment: Assessment) -> None:
    """Correct a justification as another member."""
    rubric = read_rubric(assessment)
    texts = {rubric.columns[0].assignment.pk: Change("Toegelicht.", "Stond er niet.")}
    corrections.correct(assessment=assessment, by=by, changes=Changes({}, texts), fingerprint=rubric.result_fingerprint)


# --- Selection -----------------------------------------------------------------------------------
def test_list_offers_what_can_be_finalised_with_its_result(
    member: Client, assessed: Assessment, another: Assessment
) -> None:
    page = " ".join(member.get(LIST).content.decode().split())
    for assessment in (assessed, another):
        assert f'name="afname" value="{assessment.public_id}:{assessment.version}:afronden"' in page
    assert page.count('class="number">5,5<') == 2
    assert page.count("<b>V</b>") == 2


def test_disputed_assessment_has_no_checkbox(member: Client, disputed: Assessment) -> None:
    page = member.get(LIST).content.decode()
    assert "Geschil" in page
    assert 'name="afname"' not in page
    assert "Meer tegelijk afronden" not in page


def test_selection_is_required(member: Client, assessed: Assessment) -> None:
    assert "Kies ten minste één beoordeling." in post_selection(member, {"email": OFFICE})


def test_address_is_asked_for_on_the_confirmation(member: Client, assessed: Assessment) -> None:
    ticked = {"afname": tick(assessed)["afname"]}
    page = post_selection(member, ticked)
    assert "Dit moet nog worden aangepast" not in page
    assert ">1 beoordeling definitief maken</button>" in page
    again = " ".join(member.post(CONFIRMED, sent_by(page) | {"email": [""]}).content.decode().split())
    assert "Vul het e-mailadres van het examenbureau in." in again
    assert final(assessed) == [False]
    assert "1 beoordeling is definitief." in read_answer(
        member, member.post(CONFIRMED, sent_by(again) | {"email": [OFFICE]})
    )
    assert Document.objects.get().exam_office_email == OFFICE


def test_selection_of_two_schools_is_refused(
    member: Client, committee_member: User, assessed: Assessment, another: Assessment, other_school: School
) -> None:
    MembershipFactory(user=committee_member, school=other_school, role="EXAMENCOMMISSIE")
    Assessment.objects.filter(pk=another.pk).update(school=other_school, committee=other_school.default_committee)
    assert "Kies beoordelingen van één examencommissie tegelijk." in post_selection(member, tick(assessed, another))
    assert ">1 beoordeling definitief maken</button>" in post_selection(member, tick(another))


@pytest.mark.parametrize(
    "odd", ["x", "1:2:afronden", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz:1:afronden", f"{'a' * 36}:1:afronden"]
)
def test_invalid_selection_is_ignored(member: Client, odd: str) -> None:
    assert "Kies ten minste één beoordeling." in post_selection(member, {"afname": odd, "email": OFFICE})


def test_query_count_per_assessment_is_limited(member: Client, assessed: Assessment, another: Assessment) -> None:
    def count(*assessments: Assessment) -> int:
        with CaptureQueriesContext(connection) as queries:
            post_selection(member, tick(*assessments))
        return len(queries)

    count(assessed)
    assert count(assessed, another) - count(assessed) <= 6


def test_more_than_a_batch_is_refused(
    member: Client, assessed: Assessment, another: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("committee.decisions.batch_views.MAX_BATCH", 1)
    assert "Kies hooguit 1 beoordelingen tegelijk." in post_selection(member, tick(assessed, another))
    answer = member.post(CONFIRMED, tick(assessed, another), follow=True)
    assert "Kies hooguit 1 beoordelingen tegelijk." in answer.content.decode()
    assert final(assessed, another) == [False, False]


# --- Confirmation --------------------------------------------------------------------------------
def test_confirmation_lists_students_and_addresses(member: Client, assessed: Assessment, another: Assessment) -> None:
    page = post_selection(member, tick(assessed, another))
    assert re.search(r"<h1[^>]*> *2 beoordelingen definitief maken\? *</h1>", page)
    assert ">2 beoordelingen definitief maken</button>" in page
    assert f'wordt gemaild naar <strong class="address">{OFFICE}</strong>' in page
    rows = re.findall(r"<tr>(.*?)</tr>", page.split("<tbody>")[1])
    for row, student, number in zip(rows, ("Anouk van &#x27;t Hoff", "Bart Boom"), ("123456", "777"), strict=True):
        expected = [student, number, "Verzorgende IG", "B1 Eenheid 1", "5,5", "<b>V</b>"]
        assert [words for words in expected if words not in row] == []


def test_confirmation_changes_nothing(member: Client, assessed: Assessment) -> None:
    post_selection(member, tick(assessed))
    assert final(assessed) == [False]
    assert not FinalBatch.objects.exists()


def test_impossible_items_are_skipped_and_named(
    member: Client, assessed: Assessment, another: Assessment, committee_member: User
) -> None:
    data = tick(assessed, another)
    correct_by(committee_member, assessed)
    page = post_selection(member, data)
    assert ">1 beoordeling definitief maken</button>" in page
    assert [value.partition(":")[0] for value in sent_by(page)["afname"]] == [str(another.public_id)]
    left_out = page.split("Gaat niet door")[1]
    assert "Anouk van &#x27;t Hoff" in left_out
    assert "Iemand anders heeft deze beoordeling intussen gewijzigd." in left_out


def test_empty_confirmation_has_no_button(member: Client, disputed: Assessment) -> None:
    page = post_selection(member, tick(disputed))
    assert "Examinatoren zijn het niet eens." in page
    assert "definitief maken" not in page


# --- Outcome -------------------------------------------------------------------------------------
def test_confirmed_batch_is_finalised_and_listed(member: Client, assessed: Assessment, another: Assessment) -> None:
    page = go_through(member, assessed)
    assert "1 beoordeling is definitief." in page
    done = page.split("Wat er is gebeurd")[1]
    assert [words for words in ("Anouk van &#x27;t Hoff", "123456", "5,5", OFFICE) if words not in done] == []
    assert "Bart Boom" not in done
    assert final(assessed, another) == [True, False]


def test_changed_item_is_refused_without_stopping_the_others(
    member: Client, assessed: Assessment, another: Assessment, committee_member: User
) -> None:
    shown = sent_by(post_selection(member, tick(assessed, another)))
    correct_by(committee_member, assessed)
    page = read_answer(member, member.post(CONFIRMED, shown))
    assert "1 beoordeling is definitief." in page
    refused, _, done = page.partition("Wat er is gebeurd")
    assert "Anouk van &#x27;t Hoff" in refused.split("Niet gelukt")[1]
    assert "Iemand anders heeft deze beoordeling intussen gewijzigd." in refused
    assert "Bart Boom" in done
    assert final(assessed, another) == [False, True]


def test_double_click_finalises_once(member: Client, assessed: Assessment, another: Assessment) -> None:
    shown = sent_by(post_selection(member, tick(assessed, another)))
    first, second = (member.post(CONFIRMED, shown)["Location"] for _ in range(2))
    assert first == second
    assert "2 beoordelingen zijn definitief." in read_answer(member, member.post(CONFIRMED, shown))
    assert [a.documents.count() for a in (assessed, another)] == [1, 1]


def test_second_confirmation_of_the_same_items_is_refused(member: Client, assessed: Assessment) -> None:
    shown = sent_by(post_selection(member, tick(assessed)))
    member.post(CONFIRMED, shown)
    page = read_answer(member, member.post(CONFIRMED, shown | {"formulier": [str(uuid4())]}))
    assert "is al definitief: vastgesteld door Carla Commissie" in page
    assert assessed.documents.count() == 1


def test_confirmation_with_another_address_is_a_new_batch(member: Client, assessed: Assessment) -> None:
    shown = sent_by(post_selection(member, tick(assessed)))
    member.post(CONFIRMED, shown)
    page = read_answer(member, member.post(CONFIRMED, shown | {"email": ["anders@hier.test"]}))
    assert "is al definitief" in page
    assert Document.objects.get().exam_office_email == OFFICE


def test_disputed_item_is_not_finalised(member: Client, disputed: Assessment) -> None:
    page = read_answer(member, member.post(CONFIRMED, tick(disputed)))
    assert "niet eens over 8 criteria" in page
    assert final(disputed) == [False]


def test_assessment_of_another_school_is_ignored(client: Client, stranger: User, assessed: Assessment) -> None:
    client.force_login(stranger)
    for answer in (post_selection(client, tick(assessed)), client.post(CONFIRMED, tick(assessed), follow=True)):
        page = answer if isinstance(answer, str) else answer.content.decode()
        assert "Kies ten minste één beoordeling." in page
    assert final(assessed) == [False]


# --- Four eyes -----------------------------------------------------------------------------------
@pytest.fixture
def four_eyes(school: School) -> None:
    school.committees.update(four_eyes=True)


def test_button_counts_proposals_and_finalisations(
    member: Client, four_eyes: None, assessed: Assessment, another: Assessment, school: School
) -> None:
    assert ">1 beoordeling voordragen</button>" in post_selection(
        member, tick_all([another], office=OFFICE, step="voordragen")
    )
    other = make_member(school, "EXAMENCOMMISSIE")
    proposal = propose(assessment=assessed, by=other, exam_office_email="elders@hier.test")
    both = tick_all([assessed], office=OFFICE, step="afronden")["afname"][0] + f":{proposal.pk}"
    data = tick_all([another], office=OFFICE, step="voordragen")
    page = post_selection(member, data | {"afname": [both, *data["afname"]]})
    assert ">1 beoordeling definitief maken en 1 voordragen</button>" in page
    assert '<td data-label="Pdf naar" class="address">elders@hier.test</td>' in page
    assert f'<td data-label="Pdf naar" class="address">{OFFICE}</td>' in page
    assert page.count("Draagt u voor; een ander lid rondt die af") == 1
    done = read_answer(member, member.post(CONFIRMED, sent_by(page)))
    assert "1 voorgedragen. Een ander lid van de commissie rondt die af." in done
    assert '<td data-label="Pdf naar" class="address">elders@hier.test</td>' in done
    assert final(assessed, another) == [True, False]


def test_unseen_proposal_is_not_finalised(member: Client, assessed: Assessment, school: School) -> None:
    """Four eyes was enabled and a proposal made while the confirmation page was open."""
    shown = sent_by(post_selection(member, tick(assessed)))
    school.committees.update(four_eyes=True)
    propose(assessment=assessed, by=make_member(school, "EXAMENCOMMISSIE"), exam_office_email="elders@hier.test")
    page = read_answer(member, member.post(CONFIRMED, shown))
    assert "intussen opnieuw voorgedragen" in page
    assert final(assessed) == [False]
