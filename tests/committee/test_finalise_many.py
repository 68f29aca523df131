"""'Afronden' of several at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import School, User
from addressbook.models import Contact
from assessments.models import Assessment, Status
from exams.models import ExamUnit
from tests import steps
from tests.factories import MembershipFactory

OFFICE = "bureau@hier.test"
ADDRESS = "committee:finalise_many"


@pytest.fixture
def another(school: School, unit: ExamUnit, docent: User, examiner: Contact) -> Assessment:
    """Bart Boom's, with all V."""
    student = MembershipFactory(school=school, user__first_name="Bart", user__last_name="Boom")
    assessment = steps.start_assessment(student, unit, docent)
    steps.choose(assessment, examiner)
    return steps.assess(steps.send_invitation(assessment, examiner))


def tick(*assessments: Assessment) -> dict[str, Any]:
    return {"afname": [f"{a.public_id}:{a.version}:afronden" for a in assessments], "email": OFFICE}


def post(member: Client, data: dict[str, Any]) -> str:
    return " ".join(member.post(reverse(ADDRESS), data, follow=True).content.decode().split())


def final(*assessments: Assessment) -> list[bool]:
    return [Assessment.objects.get(pk=a.pk).status == Status.FINAL for a in assessments]


def test_each_stands_there_with_its_result(member: Client, assessed: Assessment, another: Assessment) -> None:
    page = " ".join(member.get(reverse(ADDRESS)).content.decode().split())
    assert "Bart Boom" in page
    assert page.count("5,5") == 2
    assert page.count("Eén examinator heeft alles beoordeeld") == 2


def test_what_is_ticked_becomes_final(member: Client, assessed: Assessment, another: Assessment) -> None:
    page = post(member, tick(assessed))
    assert "1 beoordeling is definitief." in page
    assert final(assessed, another) == [True, False]


def test_one_that_changed_since_holds_up_no_other(member: Client, assessed: Assessment, another: Assessment) -> None:
    data = tick(assessed, another)
    Assessment.objects.filter(pk=assessed.pk).update(version=99)
    page = post(member, data)
    assert "1 beoordeling is definitief." in page
    assert "Anouk van &#x27;t Hoff: Iemand anders heeft deze beoordeling intussen gewijzigd." in page
    assert final(assessed, another) == [False, True]


def test_a_double_click_makes_each_final_once(member: Client, assessed: Assessment, another: Assessment) -> None:
    data = tick(assessed, another)
    post(member, data)
    assert "al definitief" in post(member, data)
    assert [a.documents.count() for a in (assessed, another)] == [1, 1]


def test_one_in_dispute_can_not_be_ticked(member: Client, disputed: Assessment) -> None:
    page = member.get(reverse(ADDRESS)).content.decode()
    assert "Examinatoren zijn het niet eens." in page
    assert str(disputed.public_id) not in page.replace(f"/{disputed.public_id}/", "")
    assert "niet eens over 8 criteria" in post(member, tick(disputed))
    assert final(disputed) == [False]


def test_without_a_tick_or_an_address_it_asks(member: Client, assessed: Assessment) -> None:
    assert "Kies ten minste één beoordeling." in post(member, {"email": OFFICE})
    page = post(member, tick(assessed) | {"email": ""})
    assert "Kies een examenbureau" in page or "Vul het e-mailadres" in page
    assert " checked" in page
    assert final(assessed) == [False]


def test_another_schools_is_passed_over(client: Client, stranger: User, assessed: Assessment) -> None:
    client.force_login(stranger)
    assert "Kies ten minste één beoordeling." in post(client, tick(assessed))
    assert final(assessed) == [False]


@pytest.mark.parametrize(
    "odd", ["x", "1:2:afronden", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz:1:afronden", f"{'a' * 36}:1:afronden"]
)
def test_what_is_no_assessment_is_passed_over(member: Client, odd: str) -> None:
    assert "Kies ten minste één beoordeling." in post(member, {"afname": odd, "email": OFFICE})


def test_the_queries_an_assessment_are_few(member: Client, assessed: Assessment, another: Assessment) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            member.get(reverse(ADDRESS))
        return len(queries)

    count()
    both = count()
    Assessment.objects.filter(pk=another.pk).update(status=Status.CANCELLED, cancel_reason="Niet verschenen.")
    assert both - count() <= 6


def test_what_changed_while_an_error_was_mended_is_no_longer_ticked(
    member: Client, assessed: Assessment, another: Assessment
) -> None:
    data = tick(assessed, another) | {"email": "geen adres"}
    Assessment.objects.filter(pk=assessed.pk).update(version=99)
    page = post(member, data)
    assert "deels intussen gewijzigd" in page
    assert page.count(':afronden"') == 2
    assert page.count("checked>") == 1
    assert final(assessed, another) == [False, False]


def test_more_than_a_page_at_once_is_refused(
    member: Client, assessed: Assessment, another: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("committee.finalising.MAX_TOGETHER", 1)
    assert "Kies hooguit 1 beoordelingen tegelijk." in post(member, tick(assessed, another))
    assert final(assessed, another) == [False, False]
