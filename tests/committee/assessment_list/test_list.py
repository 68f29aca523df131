"""'Examen afnames': the default view, search, pagination and permissions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import TimeMachineFixture

from accounts.models import Membership, Role, School, User
from addressbook.models import Contact
from assessments.models import Assessment, Status
from committee.assessment_list.page import PAGE_SIZE
from exams.models import ExamUnit
from tests import steps
from tests.committee.conftest import AfnameMaker
from tests.factories import MembershipFactory, first_unit, make_exam
from tests.factories import member as make_member

LIST = reverse("committee:afnames")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def listed(member: Client, **search: object) -> list[str]:
    """Return the student numbers on the page, in order."""
    page = member.get(f"{LIST}?{urlencode(search)}").content.decode()
    return re.findall(r'data-label="Studentnummer">\s*([^<\s]*)', page)


def states(page: str) -> list[tuple[str, str, str]]:
    """Return the link, label and count of each status."""
    link = r'<a href="(\?[^"]*)"[^>]*>([^<]*?)\s*(?:<span class="state-count">([^<]*)</span>)?</a>'
    [choice] = re.findall(r'<nav class="state-choice" aria-label="Status kiezen">(.*?)</nav>', page, re.DOTALL)
    return [(unescape(address), label, count) for address, label, count in re.findall(link, choice)]


def numbered(school: School, number: str, **user: str) -> Membership:
    return MembershipFactory(school=school, student_number=number, **{f"user__{k}": v for k, v in user.items()})


def test_list_opens_on_assessed_oldest_first(member: Client, make_afname: AfnameMaker, school: School) -> None:
    make_afname(student=numbered(school, "2"), since=MONDAY)
    make_afname(student=numbered(school, "1"), since=MONDAY - timedelta(days=1))
    make_afname(Status.INVITED, student=numbered(school, "3"))
    make_afname(Status.FINAL, student=numbered(school, "4"))
    assert listed(member) == ["1", "2"]


def test_all_statuses_are_listed_newest_first(member: Client, make_afname: AfnameMaker, school: School) -> None:
    for number, status in enumerate(Status.values):
        make_afname(status, student=numbered(school, str(number)), since=MONDAY + timedelta(hours=number))
    page = member.get(LIST).content.decode()
    [address] = [address for address, label, _ in states(page) if label == "Alle statussen"]
    assert listed(member, status="ALLE") == ["5", "4", "3", "2", "1", "0"]
    assert "status=ALLE" in address


@pytest.mark.parametrize("status", Status.values)
def test_each_status_can_be_filtered_on(member: Client, make_afname: AfnameMaker, school: School, status: str) -> None:
    for number, each in enumerate(Status.values):
        make_afname(each, student=numbered(school, str(number)))
    assert listed(member, status=status) == [str(Status.values.index(status))]


@pytest.mark.parametrize("words", ["zoë", "ZOE kuip", "kuipers", "zk@hier", "0815", "815 zoe"])
def test_student_is_found_by_name_address_and_number(
    member: Client, make_afname: AfnameMaker, school: School, words: str
) -> None:
    zoe = numbered(school, "0815", first_name="Zoë", last_name="Kuipers", email="zk@hier.test")
    make_afname(student=zoe)
    make_afname(student=numbered(school, "7", email="ander@hier.test"))
    assert listed(member, student=words) == ["0815"]


def test_exam_choices_are_of_the_own_school(
    member: Client, make_afname: AfnameMaker, school: School, other_school: School
) -> None:
    other, elsewhere = make_exam(title="Kok"), make_exam(title="Elders alleen")
    make_afname()
    make_afname(student=numbered(school, "7"), unit=first_unit(other))
    make_afname(student=numbered(other_school, "8"), unit=first_unit(elsewhere))
    page = member.get(LIST).content.decode()
    assert "Kok (" in page
    assert "Elders alleen" not in page
    assert listed(member, examen=other.pk) == ["7"]


def test_examiner_and_initiator_are_found_by_name(
    member: Client, make_afname: AfnameMaker, invitation, school: School, colleague: User
) -> None:
    make_afname(Status.INVITED, student=numbered(school, "9"), initiator=colleague)
    assert listed(member, status="ALLE", examinator="erik") == ["123456"]
    assert listed(member, status="ALLE", initiator="collega cora") == ["9"]


@pytest.mark.parametrize(
    ("period", "numbers"),
    [
        ({"van": "2026-11-23"}, ["23", "24"]),
        ({"tot": "2026-11-23"}, ["22", "23"]),
        ({"van": "23-11-2026", "tot": "2026-11-23"}, ["23"]),
        ({"van": "2026-11-25"}, []),
    ],
)
def test_period_includes_its_last_day(
    member: Client, make_afname: AfnameMaker, school: School, period: dict[str, str], numbers: list[str]
) -> None:
    for day, hour in ((22, 22), (23, 22), (24, 22)):  # UTC; 23:00 local time
        make_afname(student=numbered(school, str(day)), since=datetime(2026, 11, day, hour, 59, tzinfo=UTC))
    assert listed(member, **period) == numbers


def test_each_status_shows_its_count_for_the_search(
    member: Client, make_afname: AfnameMaker, school: School, other_school: School
) -> None:
    emma = numbered(school, "5", first_name="Emma")
    make_afname(student=emma)
    make_afname(Status.FINAL, student=emma, attempt=2)
    make_afname(Status.FINAL)
    make_afname(Status.FINAL, student=MembershipFactory(school=other_school))

    def counts(**search: str) -> dict[str, str]:
        return {label: count for _, label, count in states(member.get(LIST, search).content.decode())}

    no_counts = dict.fromkeys(
        ["Nieuw", "Uitgenodigd", "Wordt beoordeeld", "Beoordeeld", "Definitief", "Ingetrokken"], "0"
    )
    assert counts() == {**no_counts, "Beoordeeld": "1", "Definitief": "2", "Alle statussen": "3"}
    assert counts(student="emma") == {**no_counts, "Beoordeeld": "1", "Definitief": "1", "Alle statussen": "2"}


def test_status_link_keeps_the_fields_and_resets_the_page(member: Client, assessed: Assessment) -> None:
    page = member.get(LIST, {"student": "hoff", "na": "1-1", "status": "FINAL"}).content.decode()
    assert "?student=hoff&status=ASSESSED" in [address for address, _, _ in states(page)]
    assert re.findall(r'aria-current="true">([^<]*?)\s*<', page) == ["Definitief"]


def test_counts_stop_at_a_thousand(member: Client, make_afname: AfnameMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("committee.assessment_list.page.COUNT_UP_TO", 2)
    for status in (Status.ASSESSED, Status.FINAL, Status.FINAL, Status.FINAL):
        make_afname(status)
    counts = {label: count for _, label, count in states(member.get(LIST).content.decode())}
    assert (counts["Beoordeeld"], counts["Definitief"], counts["Alle statussen"]) == ("1", "2+", "2+")


@pytest.mark.parametrize(
    ("status", "days", "message"),
    [
        (Status.ASSESSED, 0, "wacht sinds vandaag"),
        (Status.ASSESSED, 1, "wacht al 1 dag"),
        (Status.ASSESSED, 3, "wacht al 3 dagen"),
        (Status.INVITED, 3, "al 3 dagen"),
        (Status.FINAL, 3, ""),
    ],
)
def test_row_shows_the_waiting_time(
    member: Client, make_afname: AfnameMaker, time_machine: TimeMachineFixture, status: str, days: int, message: str
) -> None:
    time_machine.move_to(MONDAY, tick=False)
    make_afname(status, since=MONDAY - timedelta(days=days))
    page = member.get(LIST, {"status": "ALLE"}).content.decode()
    assert "".join(re.findall(r'<span class="age">([^<]*)<', page)) == message


def test_two_weeks_of_waiting_is_highlighted(
    member: Client, make_afname: AfnameMaker, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(MONDAY, tick=False)
    make_afname(since=MONDAY - timedelta(days=14))
    assert '<span class="age age-long">wacht al 14 dagen</span>' in member.get(LIST).content.decode()


def test_row_shows_unit_and_attempt(member: Client, make_afname: AfnameMaker) -> None:
    make_afname(attempt=2)
    page = member.get(LIST).content.decode()
    assert "B1 Eenheid 1" in page
    assert "poging 2" in page


def test_row_is_escaped(member: Client, make_afname: AfnameMaker, school: School) -> None:
    make_afname(student=numbered(school, "6", first_name="<b>", last_name="Boom"))
    assert "&lt;b&gt; Boom" in member.get(LIST).content.decode()


def test_htmx_gets_the_list_alone(member: Client, assessed: Assessment) -> None:
    typed = member.get(LIST, {"student": "hoff"}, headers={"HX-Request": "true"}).content.decode()
    assert "123456" in typed
    assert "<html" not in typed
    back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in member.get(LIST, {"student": "hoff"}, headers=back).content.decode()


def test_member_of_two_committees_sees_both_in_one_order(
    member: Client, committee_member: User, make_afname: AfnameMaker, school: School, other_school: School
) -> None:
    MembershipFactory(user=committee_member, school=other_school, role=Role.EXAMENCOMMISSIE)
    for number in range(PAGE_SIZE + 4):
        student = numbered(other_school if number % 3 else school, str(number))
        make_afname(student=student, since=MONDAY + timedelta(hours=number))
    page = member.get(LIST).content.decode()
    [following] = re.findall(r'rel="next"\s+href="([^"]*)"', page)
    second = member.get(LIST + unescape(following)).content.decode()
    numbers = [n for each in (page, second) for n in re.findall(r'data-label="Studentnummer">\s*([^<\s]*)', each)]
    assert numbers == [str(number) for number in range(PAGE_SIZE + 4)]
    assert [count for _, label, count in states(page) if label == "Beoordeeld"] == [str(PAGE_SIZE + 4)]


def test_search_stays_in_the_fields_and_the_links(member: Client, assessed: Assessment) -> None:
    page = member.get(f"{LIST}?status=ALLE&student=hoff").content.decode()
    assert 'value="hoff"' in page
    [opened] = [link for link in re.findall(r'href="([^"]*)"', page) if str(assessed.public_id) in link]
    detail = member.get(unescape(opened)).content.decode()
    [back] = re.findall(r'class="back" href="([^"]*)"', detail)
    assert unescape(back) == f"{LIST}?status=ALLE&student=hoff"


def test_pages_contain_every_row_once_in_order(member: Client, make_afname: AfnameMaker, school: School) -> None:
    # Equal timestamps: the key must distinguish the rows.
    for number in range(2 * PAGE_SIZE + 5):
        make_afname(student=numbered(school, str(number)), since=MONDAY + timedelta(hours=number // 40))
    seen, address = [], LIST
    while address:
        page = member.get(address).content.decode()
        seen.append(re.findall(r'data-label="Studentnummer">\s*([^<\s]*)', page))
        following = re.findall(r'rel="next"\s+href="([^"]*)"', page)
        address = LIST + unescape(following[0]) if following else ""
    assert [len(numbers) for numbers in seen] == [PAGE_SIZE, PAGE_SIZE, 5]
    assert [number for numbers in seen for number in numbers] == [str(number) for number in range(2 * PAGE_SIZE + 5)]

    [previous] = re.findall(r'rel="prev"\s+href="([^"]*)"', page)
    second = member.get(LIST + unescape(previous)).content.decode()
    assert re.findall(r'data-label="Studentnummer">\s*([^<\s]*)', second) == seen[1]


def test_page_is_stable_when_earlier_rows_leave(member: Client, make_afname: AfnameMaker, school: School) -> None:
    made = [
        make_afname(student=numbered(school, str(number)), since=MONDAY + timedelta(hours=number))
        for number in range(PAGE_SIZE + 3)
    ]
    page = member.get(LIST).content.decode()
    [following] = re.findall(r'rel="next"\s+href="([^"]*)"', page)
    Assessment.objects.filter(pk__in=[a.pk for a in made[:10]]).delete()
    second = member.get(LIST + unescape(following)).content.decode()
    numbers = re.findall(r'data-label="Studentnummer">\s*([^<\s]*)', second)
    assert numbers == [str(PAGE_SIZE + n) for n in range(3)]


@pytest.mark.parametrize(
    "address",
    ["na=niets", "na=1-", "voor=-1", "na=99999999999999999999-1", "na=1-99999999999999999999", "na=²-1", "pagina=x"],
)
def test_invalid_key_shows_the_first_page(member: Client, assessed: Assessment, address: str) -> None:
    assert "123456" in member.get(f"{LIST}?{address}").content.decode()


PERIODS = [
    {"van": "gisteren"},
    {"tot": "0001-01-01"},
    {"tot": "9999-12-31"},
    {"van": "2026-11-23", "tot": "2026-11-22"},
]


@pytest.mark.parametrize("search", [{"examen": "abc"}, {"examen": "0"}, {"status": "ZOMAAR"}, *PERIODS])
def test_invalid_search_shows_the_error_at_its_field(
    member: Client, assessed: Assessment, search: dict[str, str]
) -> None:
    response = member.get(LIST, search)
    assert response.status_code == 200
    assert "invalid-feedback" in response.content.decode()


def test_empty_list_explains_why(member: Client, assessed: Assessment) -> None:
    assert "geen afnames gevonden" in member.get(LIST, {"student": "nietbestaand"}).content.decode()
    assert "geen afnames met deze status" in member.get(LIST, {"status": "CANCELLED"}).content.decode()


def test_empty_list_of_assessed_is_good_news(member: Client, assessment: Assessment) -> None:
    assert "Er wacht niets op u" in member.get(LIST).content.decode()


def test_query_count_is_constant_for_rows(
    member: Client, unit: ExamUnit, docent: User, examiner: Contact, second_examiner: Contact, school: School
) -> None:
    def afname() -> None:
        assessment = steps.start_assessment(MembershipFactory(school=school), unit, docent)
        steps.choose(assessment, examiner, second_examiner)

    address = f"{LIST}?status=ALLE&examen={unit.exam_version.exam_id}"
    afname()
    member.get(address)
    with CaptureQueriesContext(
        connection,
    ) as one:
        member.get(address)
    for _ in range(20):
        afname()
    with CaptureQueriesContext(connection) as many:
        page = member.get(address).content.decode()
    assert page.count("data-row>") == 21
    # session, user, committees (2), own memberships, exams to choose from, counts, places in the list, rows, tabs,
    # batches, unsent mails; for the download: the profiles, the last export
    assert len(one) == len(many) == 14


def test_query_count_is_constant_for_results(
    member: Client, unit: ExamUnit, docent: User, examiner: Contact, second_examiner: Contact, school: School
) -> None:
    def assess(*scores: str) -> None:
        assessment = steps.start_assessment(MembershipFactory(school=school), unit, docent)
        examiners = (examiner, second_examiner)[: len(scores)]
        steps.choose(assessment, *examiners)
        for contact, score in zip(examiners, scores, strict=True):
            steps.assess(steps.send_invitation(assessment, contact), score)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            member.get(LIST)
        return len(queries)

    assess("V")
    count()
    one = count()
    for scores in (("V",), ("G",), ("O", "O"), ("V", "G")):
        assess(*scores)
    assert count() == one
    page = " ".join(member.get(LIST).content.decode().split())
    assert re.findall(r"<b>([OVG])</b>", page) == ["V", "V", "G", "O"]
    assert re.findall(r'class="number">([0-9,]*)</td>', page) == ["5,5", "5,5", "10,0", "1,0", ""]
    assert page.count("Geschil") == 1


def test_list_is_sorted_by_name_and_by_exam(member: Client, make_afname: AfnameMaker, school: School) -> None:
    for number, last in enumerate(("Zwart", "Boom", "de Vries")):
        student = numbered(school, str(number), first_name="Emma", last_name=last)
        make_afname(student=student, since=MONDAY + timedelta(hours=number))
    kok = make_exam(title="Aannemer")
    make_afname(student=numbered(school, "9", last_name="Yilmaz"), unit=first_unit(kok), since=MONDAY)
    assert listed(member, sorteer="student") == ["1", "2", "9", "0"]
    assert listed(member, sorteer="-student") == ["0", "9", "2", "1"]
    assert listed(member, sorteer="examen")[0] == "9"
    assert listed(member, sorteer="-sinds") == ["2", "1", "9", "0"]
    assert listed(member, sorteer="onzin") == listed(member)
    page = member.get(LIST, {"sorteer": "student", "student": "emma"}).content.decode()
    assert 'aria-sort="ascending"' in page
    assert "?sorteer=-student&amp;student=emma" in page


def test_final_results_are_sorted_by_grade(member: Client, make_afname: AfnameMaker, school: School) -> None:
    for number, grade in (("1", "6.5"), ("2", "9.0"), ("3", "5.5")):
        afname = make_afname(Status.FINAL, student=numbered(school, number))
        Assessment.objects.filter(pk=afname.pk).update(grade=Decimal(grade), ovg="V")
    assert listed(member, status="FINAL", sorteer="cijfer") == ["3", "1", "2"]
    assert listed(member, status="FINAL", sorteer="-cijfer") == ["2", "1", "3"]
    assert "sorteer=cijfer" in member.get(LIST, {"status": "FINAL"}).content.decode()


def test_queue_is_not_sorted_by_grade(member: Client, make_afname: AfnameMaker) -> None:
    make_afname()
    page = member.get(LIST, {"sorteer": "cijfer"}).content.decode()
    assert 'href="?sorteer=cijfer"' not in page
    assert 'aria-sort="ascending"' in page  # by date


def test_sorted_list_has_pages(member: Client, make_afname: AfnameMaker, school: School) -> None:
    for number in range(PAGE_SIZE + 3):
        make_afname(student=numbered(school, str(number), last_name=f"Boom{number:03}"))
    page = member.get(LIST, {"sorteer": "student"}).content.decode()
    [following] = re.findall(r'rel="next"\s+href="([^"]*)"', page)
    second = member.get(LIST + unescape(following)).content.decode()
    numbers = re.findall(r'data-label="Studentnummer">\s*([^<\s]*)', second)
    assert numbers == [str(number) for number in range(PAGE_SIZE, PAGE_SIZE + 3)]


def test_long_list_is_sorted_by_date_only(
    member: Client, make_afname: AfnameMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("committee.assessment_list.page.COUNT_UP_TO", 1)
    make_afname()
    assert "sorteer=student" in member.get(LIST).content.decode()
    make_afname()
    page = member.get(LIST).content.decode()
    assert "sorteer=student" not in page
    assert "sorteer=-sinds" in page


def test_other_schools_and_roles_see_nothing(
    client: Client, assessed: Assessment, stranger: User, docent: User, student: Membership, school: School
) -> None:
    client.force_login(stranger)
    assert listed(client, status="ALLE") == []
    for user in (docent, student.user, make_member(school, Role.SCHOOLBEHEER)):
        client.force_login(user)
        assert client.get(LIST).status_code == 404
        assert client.post(reverse("committee:start_export")).status_code == 404
