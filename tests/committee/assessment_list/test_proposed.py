"""'Voorgedragen' in 'Examen afnames'."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accounts.models import ExamCommittee, Role, School, User
from assessments.invitations import send_back
from assessments.models import Assessment, Status
from committee.decisions.finalise import finalise, propose
from committee.decisions.withdraw_final import withdraw_final
from committee.search import PROPOSED
from tests.committee.conftest import AfnameMaker, search_of
from tests.factories import member as make_member

OFFICE = "bureau@hier.test"
LIST = reverse("committee:afnames")


@pytest.fixture(autouse=True)
def four_eyes(school: School) -> None:
    school.committees.update(four_eyes=True)


@pytest.fixture
def second(school: School) -> User:
    return make_member(school, Role.EXAMENCOMMISSIE, first_name="Tom", last_name="Toetser", email="tom@hier.test")


@pytest.fixture
def proposed(assessed: Assessment, committee_member: User) -> Assessment:
    propose(assessment=assessed, by=committee_member, exam_office_email=OFFICE)
    assessed.refresh_from_db()
    return assessed


def read(browser: Client, **search: str) -> str:
    return " ".join(browser.get(LIST, search).content.decode().split())


def agrees(assessment: Assessment, by: User) -> bool:
    """Return whether the list has it, which must equal the validity of its proposal."""
    assessment.refresh_from_db()
    listed = list(search_of(by).find(PROPOSED, committee=assessment.committee)) == [assessment]
    assert listed == (assessment.valid_proposal() is not None)
    return listed


def test_proposal_is_listed_and_counted(member: Client, proposed: Assessment, make_afname: AfnameMaker) -> None:
    other = make_afname()
    page = read(member, status=PROPOSED)
    assert 'aria-current="true">Voorgedragen <span class="state-count">1</span>' in page
    assert str(proposed.public_id) in page
    assert str(other.public_id) not in page
    assert 'Beoordeeld <span class="state-count">2</span>' in page
    assert 'Alle statussen <span class="state-count">2</span>' in page


@pytest.mark.parametrize(
    ("named", "is_found"),
    [
        ({"student": "hoff"}, True),
        ({"student": "niemand"}, False),
        ({"examinator": "erik", "initiator": "dirk"}, True),
        ({"examinator": "niemand"}, False),
    ],
)
def test_proposal_is_found_by_names(
    member: Client, proposed: Assessment, named: dict[str, str], is_found: bool
) -> None:
    page = read(member, status=PROPOSED, **named)
    assert (str(proposed.public_id) in page) == is_found
    assert f'Voorgedragen <span class="state-count">{int(is_found)}</span>' in page


def test_finalised_proposal_leaves_the_list_for_good(proposed: Assessment, school: School) -> None:
    other = make_member(school, Role.EXAMENCOMMISSIE)
    assert agrees(proposed, other)
    finalise(assessment=proposed, by=other, exam_office_email=OFFICE)
    assert not agrees(proposed, other)
    withdraw_final(assessment=proposed, by=other, reason="Verwisseld.")
    assert not agrees(proposed, other)


def test_sent_back_proposal_leaves_the_list(proposed: Assessment, committee_member: User) -> None:
    contact = proposed.live_assignments.first().contact
    send_back.send_back(assessment=proposed, contacts=[contact], by=committee_member, remark="Kijk nog eens.")
    assert not agrees(proposed, committee_member)


def test_without_four_eyes_the_status_does_not_exist(member: Client, proposed: Assessment, school: School) -> None:
    school.committees.update(four_eyes=False)
    page = read(member)
    assert "Voorgedragen" not in page


def test_proposals_of_other_schools_are_not_listed(client: Client, stranger: User, proposed: Assessment) -> None:
    ExamCommittee.objects.update(four_eyes=True)
    client.force_login(stranger)
    page = read(client, status=PROPOSED)
    assert 'Voorgedragen <span class="state-count">0</span>' in page
    assert str(proposed.public_id) not in page


@pytest.mark.servers
def test_list_of_proposals_uses_an_index(school: School, committee_member: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    listed = (
        search_of(committee_member)
        .find(PROPOSED, committee=school.default_committee)
        .order_by("status_since", "pk")[:31]
    )
    assert "afnames_proposed_by_date" in listed.values_list("status_since", "pk").explain()
    assert Status.ASSESSED.value in str(listed.query)


def test_own_proposal_is_marked_and_not_offered(
    client: Client, proposed: Assessment, committee_member: User, second: User
) -> None:
    client.force_login(committee_member)
    page = read(client, status=PROPOSED)
    assert "door u voorgedragen" in page
    assert 'name="afname"' not in page
    client.force_login(second)
    page = read(client, status=PROPOSED)
    assert "voorgedragen, wacht op u" in page
    assert f':afronden:{proposed.final_proposals.get().pk}"' in page


def test_later_proposal_by_a_colleague_is_offered(
    member: Client, proposed: Assessment, committee_member: User, second: User
) -> None:
    newest = proposed.final_proposals.create(by=second, version=proposed.version, exam_office_email=OFFICE)
    assert f':afronden:{newest.pk}"' in read(member, status=PROPOSED)


def test_lapsed_proposal_is_offered_again(member: Client, proposed: Assessment) -> None:
    Assessment.objects.filter(pk=proposed.pk).update(version=F("version") + 1)
    page = read(member)
    assert ':voordragen"' in page
    assert "voorgedragen" not in page.partition("<tbody")[2].partition("</tbody>")[0].replace(":voordragen", "")


def test_without_four_eyes_a_proposal_is_no_matter(member: Client, proposed: Assessment, school: School) -> None:
    school.committees.update(four_eyes=False)
    page = read(member)
    assert ':afronden"' in page
    assert "voorgedragen" not in page


def test_list_marks_proposed_assessments(member: Client, proposed: Assessment, make_afname: AfnameMaker) -> None:
    make_afname()
    assert read(member).count("door u voorgedragen") == 1
